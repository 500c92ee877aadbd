"""How much people agree beyond what luck would give: Cohen's kappa and Krippendorff's alpha."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations

#: So many pairs of labels tell what two labels of different items have in common; all pairs of many would take forever.
_PAIRS = 20_000


def kappa(one: Sequence[str], other: Sequence[str]) -> float | None:
    """Return Cohen's kappa of two people who labeled the same items; None when both always say the same one label.

    >>> kappa(["a", "a", "b", "b"], ["a", "a", "b", "a"])
    0.5
    """
    n = len(one)
    seen = sum(a == b for a, b in zip(one, other, strict=True)) / n
    here, there = Counter(one), Counter(other)
    luck = sum(here[label] * there[label] for label in here) / n**2
    return None if luck == 1 else (seen - luck) / (1 - luck)


def alpha(
    units: Sequence[Sequence[str]], likeness: Callable[[str, str], float] | None = None, *, seed: int = 0
) -> float | None:
    """Return Krippendorff's alpha of the labels that each unit got; None when nothing could disagree.

    Without *likeness* labels are equal or not, and the value is exact. With it, 1 minus the likeness is their distance, and
    what luck gives is estimated from pairs drawn at random.

    >>> alpha([["a", "a"], ["b", "b"], ["a", "b"]])
    0.4444444444444444
    """
    rated = [unit for unit in units if len(unit) > 1]
    n = sum(len(unit) for unit in rated)
    if not rated:
        return None
    alike = likeness or _equal
    seen = sum(2 * sum(1 - alike(a, b) for a, b in combinations(unit, 2)) / (len(unit) - 1) for unit in rated) / n
    labels = [label for unit in rated for label in unit]
    luck = _luck(labels) if likeness is None else _drawn(labels, alike, seed)
    return None if luck == 0 else 1 - seen / luck


def _equal(one: str, other: str) -> float:
    return float(one == other)


def _luck(labels: Sequence[str]) -> float:
    n = len(labels)
    return 1 - sum(k * (k - 1) for k in Counter(labels).values()) / (n * (n - 1))


def _drawn(labels: Sequence[str], likeness: Callable[[str, str], float], seed: int) -> float:
    n = len(labels)
    if n * (n - 1) // 2 <= _PAIRS:
        pairs = list(combinations(labels, 2))
    else:
        draw = random.Random(seed)  # noqa: S311  # a reproducible draw
        pairs = [(labels[i], labels[j]) for i, j in (draw.sample(range(n), 2) for _ in range(_PAIRS))]
    return sum(1 - likeness(a, b) for a, b in pairs) / len(pairs)
