"""The counts that are kept are those that counting anew finds, whoever wrote at once and whatever was there before."""

from __future__ import annotations

import random
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from workbench.core.ports import Answer
from workbench.store.assignments import SqliteAssignments
from workbench.store.journal import SqliteJournal
from workbench.testing.clock import FakeClock

ITEMS = [f"i{n}" for n in range(12)]


def live(path: Path, seed: int) -> None:
    """Label as somebody does, with second thoughts, while somebody else asks for more of it."""
    clock, dice = FakeClock(), random.Random(seed)
    journal, queue = SqliteJournal(path, clock=clock), SqliteAssignments(path, clock=clock)
    for _ in range(60):
        clock.forward(1)
        state = dice.choice(("given", "given", "skipped", "withdrawn"))
        said = Answer(dice.choice(ITEMS), f"p{dice.randrange(3)}", clock().isoformat(), [], state=state)
        journal.write("caps", [said])
        queue.claim("caps", f"p{seed}", dice.randrange(3))
        queue.enqueue("caps", dice.sample(ITEMS, 3), overlap=dice.randrange(1, 4))


def test_counts_are_right_when_people_write_at_once(tmp_path: Path) -> None:
    path, queue = tmp_path / "labels.db", SqliteAssignments(tmp_path / "labels.db")
    queue.enqueue("caps", ITEMS[:6])
    assert queue.progress("caps")["items"] == 6, "from here on counts are kept"
    with ThreadPoolExecutor(2) as people:
        list(people.map(lambda seed: live(path, seed), (1, 2)))
    kept = queue.progress("caps")
    with sqlite3.connect(path) as db:
        db.executescript("DELETE FROM tally; DELETE FROM person")
    assert queue.progress("caps") == kept
    assert (kept["items"], kept["people"]) == (12, 3)
    assert kept["answers"] > 0


def test_a_file_from_before_counts_were_kept_is_counted_once(tmp_path: Path) -> None:
    path = tmp_path / "labels.db"
    queue, journal = SqliteAssignments(path), SqliteJournal(path)
    queue.enqueue("caps", ["a", "b"])
    with sqlite3.connect(path) as db:
        triggers = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        db.executescript("DROP TABLE tally; DROP TABLE person;" + "".join(f"DROP TRIGGER {name};" for name in triggers))
        journal.write("caps", [Answer("a", "ann", "2026-01-01T00:00:00+00:00", [])])
    later = SqliteAssignments(path)
    assert later.progress("caps") == {"items": 2, "answers": 1, "done": 1, "held": 0, "people": 1}
    SqliteJournal(path).write("caps", [Answer("b", "bob", "2026-01-01T00:00:00+00:00", [])])
    assert later.progress("caps") == {"items": 2, "answers": 2, "done": 2, "held": 0, "people": 2}
