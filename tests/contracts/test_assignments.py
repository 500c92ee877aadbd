"""What every queue of items does: each goes to as many people as are wanted, and to nobody twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from workbench.core.errors import InputError
from workbench.core.ports import Answer, Assignments, Journal
from workbench.store.assignments import SqliteAssignments
from workbench.store.journal import SqliteJournal
from workbench.testing.clock import FakeClock
from workbench.testing.journal import FakeAssignments, FakeJournal


@dataclass
class Desk:
    """A queue with its journal and the clock that both see."""

    queue: Assignments
    journal: Journal
    clock: FakeClock = field(default_factory=FakeClock)

    def answer(self, id: str, annotator: str, state: Literal["given", "skipped", "withdrawn"] = "given") -> None:
        self.clock.forward(1)
        self.journal.write("caps", [Answer(id, annotator, self.clock().isoformat(), [], state=state, source="cell")])


@pytest.fixture(params=["fake", "sqlite"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    clock = FakeClock()
    if request.param == "fake":
        kept = FakeJournal()
        return Desk(FakeAssignments(kept, clock=clock), kept, clock)
    path = tmp_path / "labels.db"
    return Desk(SqliteAssignments(path, clock=clock), SqliteJournal(path, clock=clock), clock)


def test_items_are_claimed_in_their_order_and_by_one_person_each(desk: Desk) -> None:
    assert desk.queue.enqueue("caps", ["c", "a", "b"]) == 3
    assert desk.queue.claim("caps", "ann", 2) == ["c", "a"]
    assert desk.queue.claim("caps", "bob", 2) == ["b"]
    assert desk.queue.claim("caps", "eve", 2) == []


def test_what_a_person_holds_comes_first_again(desk: Desk) -> None:
    desk.queue.enqueue("caps", ["a", "b", "c"])
    desk.queue.claim("caps", "bob", 1)
    assert desk.queue.claim("caps", "ann", 1) == ["b"]
    assert desk.queue.claim("caps", "ann", 2) == ["b", "c"]
    desk.queue.release("caps", "bob", ["a"])
    assert desk.queue.claim("caps", "ann", 3) == ["b", "c", "a"]


def test_two_windows_of_one_person_never_show_the_same_item(desk: Desk) -> None:
    desk.queue.enqueue("caps", ["a", "b"])
    assert desk.queue.claim("caps", "ann", 1, session="left") == ["a"]
    assert desk.queue.claim("caps", "ann", 2, session="right") == ["b"]
    assert desk.queue.claim("caps", "ann", 2, session="left") == ["a"]


def test_a_lease_that_ran_out_is_given_away(desk: Desk) -> None:
    desk.queue.enqueue("caps", ["a", "b"])
    desk.queue.claim("caps", "ann", 2, lease_s=60)
    desk.clock.forward(59)
    assert desk.queue.claim("caps", "ann", 1, lease_s=60) == ["a"]
    desk.clock.forward(2)
    assert desk.queue.claim("caps", "bob", 2) == ["b"]


def test_overlap_asks_that_many_people_and_nobody_twice(desk: Desk) -> None:
    desk.queue.enqueue("caps", ["a"], overlap=2)
    assert desk.queue.claim("caps", "ann", 1) == desk.queue.claim("caps", "bob", 1) == ["a"]
    assert desk.queue.claim("caps", "eve", 1) == []
    desk.answer("a", "ann")
    assert desk.queue.claim("caps", "ann", 1) == desk.queue.claim("caps", "eve", 1) == []
    desk.queue.release("caps", "bob", ["a"])
    assert desk.queue.claim("caps", "ann", 1) == []
    assert desk.queue.claim("caps", "eve", 1) == ["a"]


def test_a_larger_overlap_opens_an_item_for_another_person(desk: Desk) -> None:
    desk.queue.enqueue("caps", ["a", "b"])
    desk.answer("a", "ann")
    assert desk.queue.enqueue("caps", ["b", "a", "c"], overlap=2) == 1
    assert desk.queue.enqueue("caps", ["a"], overlap=1) == 0
    assert desk.queue.claim("caps", "bob", 5) == ["a", "b", "c"]


def test_a_skipped_item_is_left_to_others(desk: Desk) -> None:
    desk.queue.enqueue("caps", ["a"])
    desk.answer("a", "ann", "skipped")
    assert desk.queue.claim("caps", "ann", 1) == []
    assert desk.queue.claim("caps", "bob", 1) == ["a"]
    assert desk.queue.progress("caps")["done"] == 0


def test_an_item_whose_answer_was_taken_back_is_open_again(desk: Desk) -> None:
    desk.queue.enqueue("caps", ["a", "b"])
    desk.answer("a", "ann")
    desk.answer("a", "ann", "withdrawn")
    assert desk.queue.claim("caps", "ann", 2) == ["a", "b"]


def test_an_answer_that_is_older_than_the_queue_counts(desk: Desk) -> None:
    desk.answer("a", "ann")
    desk.queue.enqueue("caps", ["a", "b"])
    assert desk.queue.claim("caps", "bob", 2) == ["b"]


def test_progress_counts_items_answers_and_people(desk: Desk) -> None:
    assert desk.queue.progress("caps") == {"items": 0, "answers": 0, "done": 0, "held": 0, "people": 0}
    desk.queue.enqueue("caps", ["a", "b", "c"], overlap=2)
    for person in ("ann", "bob"):
        desk.queue.claim("caps", person, 2)
        desk.answer("a", person)
    assert desk.queue.progress("caps") == {"items": 3, "answers": 2, "done": 1, "held": 2, "people": 2}
    desk.clock.forward(601)
    assert desk.queue.progress("caps")["held"] == 0


def test_nobody_is_asked_with_an_overlap_of_nothing(desk: Desk) -> None:
    with pytest.raises(InputError, match="`overlap` must be at least 1, got 0"):
        desk.queue.enqueue("caps", ["a"], overlap=0)


def test_many_people_at_once_never_get_the_same_item(tmp_path: Path) -> None:
    items = [f"{n:03d}" for n in range(60)]
    SqliteAssignments(tmp_path / "labels.db").enqueue("caps", items)

    def work(person: int) -> list[str]:
        queue = SqliteAssignments(tmp_path / "labels.db")
        journal = SqliteJournal(tmp_path / "labels.db")
        mine: list[str] = []
        while held := queue.claim("caps", f"p{person}", 3):
            journal.write("caps", [Answer(held[0], f"p{person}", "2026-03-01T12:00:00Z", [])])
            mine.append(held[0])
        return mine

    with ThreadPoolExecutor(4) as pool:
        done = [item for mine in pool.map(work, range(4)) for item in mine]
    assert sorted(done) == items
