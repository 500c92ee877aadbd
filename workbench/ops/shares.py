"""How far the share that a sample shows can be from the true one: exact intervals, by the binomial distribution."""

from __future__ import annotations

from collections.abc import Callable

from workbench.ops.significance import at_least

_STEPS = 60


def interval(hits: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval in which the true share lies with *confidence* (Clopper and Pearson, 1934).

    >>> tuple(round(end, 3) for end in interval(0, 20))
    (0.0, 0.168)
    """
    tail = (1 - confidence) / 2
    return lowest(hits, n, confidence=1 - tail), highest(hits, n, confidence=1 - tail)


def highest(hits: int, n: int, *, confidence: float = 0.95) -> float:
    """Return what the true share is at most, with *confidence*.

    >>> round(highest(0, 59), 2)
    0.05
    """
    return 1.0 if hits >= n else _solve(lambda share: 1 - at_least(hits + 1, n, share) > 1 - confidence)


def lowest(hits: int, n: int, *, confidence: float = 0.95) -> float:
    """Return what the true share is at least, with *confidence*."""
    return 0.0 if hits <= 0 else _solve(lambda share: at_least(hits, n, share) < 1 - confidence)


def needed(limit: float, *, hits: int = 0, confidence: float = 0.95) -> int:
    """Return how many samples with no more than *hits* among them show that the share is at most *limit*.

    >>> needed(0.05), needed(0.05, hits=2)
    (59, 124)
    """
    n = hits + 1
    while 1 - at_least(hits + 1, n, limit) > 1 - confidence:
        n += 1
    return n


def _solve(is_below: Callable[[float], bool]) -> float:
    """Return where a claim that holds for small shares ceases to hold."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return (low + high) / 2
