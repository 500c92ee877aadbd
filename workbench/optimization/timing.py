"""Timing candidates against each other: interleaved, in CPU seconds, so that a busy machine slows all of them alike."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping


def interleaved(
    calls: Mapping[str, Callable[[], object]],
    *,
    n_rounds: int = 9,
    least_s: float = 0.01,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, float]:
    """Return the median seconds of one call of each; in every round each candidate is called for *least_s* or longer.

    CPU seconds count the work of every thread, and not the time in which other processes had the core.
    """
    repeats = {name: _repeats(call, least_s, clock) for name, call in calls.items()}
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(n_rounds):
        # Back and forth, so that nobody always runs right after the same neighbour has filled the caches.
        for name in list(calls)[:: 1 if number % 2 else -1]:
            call, n = calls[name], repeats[name]
            began = clock()
            for _ in range(n):
                call()
            taken[name].append((clock() - began) / n)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def _repeats(call: Callable[[], object], least_s: float, clock: Callable[[], float]) -> int:
    for _ in range(3):
        call()  # the first calls allocate and compile
    began = clock()
    call()
    return min(1000, math.ceil(least_s / max(clock() - began, 1e-6)))
