"""Timing candidates against each other, on a clock of the test's own."""

from __future__ import annotations

import pytest

from workbench.optimization.timing import interleaved


class Clock:
    """Time that passes only when somebody works."""

    def __init__(self) -> None:
        self.now = 0.0
        self.order: list[str] = []

    def worker(self, name: str, seconds: float) -> object:
        def work() -> None:
            self.now += seconds
            self.order.append(name)

        return work


def test_each_gets_its_own_seconds() -> None:
    clock = Clock()
    calls = {"slow": clock.worker("slow", 0.05), "fast": clock.worker("fast", 0.002)}
    assert interleaved(calls, clock=lambda: clock.now) == pytest.approx({"slow": 0.05, "fast": 0.002})


def test_rounds_alternate_and_short_calls_are_repeated() -> None:
    clock = Clock()
    calls = {"a": clock.worker("a", 0.02), "b": clock.worker("b", 0.005)}
    interleaved(calls, n_rounds=2, least_s=0.01, clock=lambda: clock.now)
    assert clock.order[8:] == ["b", "b", "a", "a", "b", "b"]  # eight calls warm up and find the number of repeats
