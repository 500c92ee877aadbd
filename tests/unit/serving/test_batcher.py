"""Batches: what waits is taken at once, nobody waits for company, and nothing is lost."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any

import pytest

from workbench.core.errors import ConflictError
from workbench.serving.batcher import Batcher


def settle(tickets: Any, results: Any) -> None:
    for ticket, result in zip(tickets, results, strict=True):
        ticket.set_result(result)


class Gate:
    """Work that stands still until it is opened, and remembers its batches."""

    def __init__(self) -> None:
        self.open, self.entered, self.batches = threading.Event(), threading.Event(), []

    def __call__(self, key: str, items: list[int]) -> list[int]:
        self.batches.append((key, items))
        self.entered.set()
        assert self.open.wait(10)
        return [item * 10 for item in items]


def submit(batcher: Batcher[str], key: str, *items: int) -> list[Future[Any]]:
    tickets: list[Future[Any]] = [Future() for _ in items]
    batcher.submit(key, list(zip(items, tickets, strict=True)))
    return tickets


def make(work: Any, **limits: int) -> Batcher[str]:
    return Batcher(work, settle, **{"threads": 1, "max_batch": 4, "max_waiting": 100, **limits})


def test_a_lone_item_is_taken_at_once() -> None:
    gate = Gate()
    gate.open.set()
    batcher = make(gate)
    [ticket] = submit(batcher, "a", 7)
    assert ticket.result(10) == 70
    batcher.close()


def test_what_waited_goes_together_up_to_the_limit() -> None:
    gate = Gate()
    batcher = make(gate)
    tickets = submit(batcher, "a", 0)
    assert gate.entered.wait(10)
    tickets += [ticket for i in range(1, 7) for ticket in submit(batcher, "a", i)]
    gate.open.set()
    assert [ticket.result(10) for ticket in tickets] == [0, 10, 20, 30, 40, 50, 60]
    assert gate.batches == [("a", [0]), ("a", [1, 2, 3, 4]), ("a", [5, 6])]
    batcher.close()


def test_a_batch_holds_one_key_and_keys_take_turns() -> None:
    gate = Gate()
    batcher = make(gate)
    submit(batcher, "a", 0)
    assert gate.entered.wait(10)
    submit(batcher, "a", 1, 2, 3, 4, 5)
    submit(batcher, "b", 6)
    gate.open.set()
    batcher.close()
    assert gate.batches == [("a", [0]), ("a", [1, 2, 3, 4]), ("b", [6]), ("a", [5])]


def test_a_full_queue_refuses_and_says_how_many_wait() -> None:
    gate = Gate()
    batcher = make(gate, max_waiting=2)
    submit(batcher, "a", 0)
    assert gate.entered.wait(10)
    submit(batcher, "a", 1, 2)
    with pytest.raises(ConflictError, match="2 items are waiting already"):
        submit(batcher, "a", 3)
    gate.open.set()
    batcher.close()


def test_closing_answers_what_waits_and_refuses_the_rest() -> None:
    gate = Gate()
    batcher = make(gate)
    tickets = submit(batcher, "a", 1) + submit(batcher, "a", 2)
    gate.open.set()
    batcher.close()
    assert [ticket.result(0) for ticket in tickets] == [10, 20]
    with pytest.raises(ConflictError, match="stopping"):
        submit(batcher, "a", 3)


def test_a_bug_reaches_its_callers_and_the_thread_lives_on(caplog: pytest.LogCaptureFixture) -> None:
    def work(key: str, items: list[int]) -> list[int]:
        return [10 // item for item in items]

    batcher = make(work)
    [broken] = submit(batcher, "a", 0)
    assert isinstance(broken.result(10), ZeroDivisionError)
    [fine] = submit(batcher, "a", 5)
    assert fine.result(10) == 2
    batcher.close()
