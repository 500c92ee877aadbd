"""How much two labels of an item agree, 0 to 1: sets, texts, orders, and regions matched to each other."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Any

#: How far a point may be off before its likeness falls to 0.6, as a share of the extent of all points.
_SLACK = 0.1


def jaccard(one: Collection[str], other: Collection[str]) -> float:
    """Return the share of names that both have; of two empty sets, 1.

    >>> jaccard(["a", "b"], ["b", "c"]) == 1 / 3
    True
    """
    union = set(one) | set(other)
    return len(set(one) & set(other)) / len(union) if union else 1.0


def edits(one: Sequence[Any], other: Sequence[Any]) -> int:
    """Return how many members must be changed, added or taken out to make one the other (Levenshtein, 1966).

    A column at a time, as bits of a number (Myers, 1999; Hyyrö, 2003).

    >>> edits("kitten", "sitting")
    3
    """
    if not one:
        return len(other)
    at: dict[Any, int] = {}
    for place, member in enumerate(one):
        at[member] = at.get(member, 0) | 1 << place
    # A column of the table is two numbers: a bit where it grows by one from cell to cell, and where it shrinks.
    whole, end = (1 << len(one)) - 1, 1 << (len(one) - 1)
    up, down, total = whole, 0, len(one)
    for member in other:
        same = at.get(member, 0)
        across = (((same & up) + up) ^ up) | same
        rise, fall = down | ~(across | up) & whole, up & across
        total += bool(rise & end) - bool(fall & end)
        rise = (rise << 1 | 1) & whole
        up, down = (fall << 1) & whole | ~(same | down | rise) & whole, rise & (same | down)
    return total


@lru_cache(maxsize=32_768)
def writing(one: str, other: str) -> float:
    """Return 1 less the share of characters that must be edited, spaces counted as one each."""
    first, second = " ".join(one.split()), " ".join(other.split())
    longest = max(len(first), len(second))
    return 1 - edits(first, second) / longest if longest else 1.0


def concordance(one: Sequence[str], other: Sequence[str]) -> float:
    """Return the share of pairs that stand in the same order in both (Kendall, 1938, scaled to 0 to 1).

    >>> concordance(["a", "b", "c"], ["b", "a", "c"]) == 2 / 3
    True
    """
    place = {name: i for i, name in enumerate(other)}
    shared = [place[name] for name in one if name in place]
    n_all = len(set(one) | set(other))
    pairs = n_all * (n_all - 1) // 2
    if not pairs:
        return float(list(one) == list(other))
    return sum(a < b for i, a in enumerate(shared) for b in shared[i + 1 :]) / pairs


def nearness(one: Sequence[float], other: Sequence[float], extent: float) -> float:
    """Return 1 for the same point, falling with the square of the distance, on the scale of *extent* (all points)."""
    return math.exp(-(math.dist(one, other) ** 2) / (2 * (_SLACK * max(extent, 1.0)) ** 2))


def matched(one: Sequence[Any], other: Sequence[Any], alike: Callable[[Any, Any], float]) -> float:
    """Return the likeness of two sets of regions: that of the best pairs, summed, over the mean size of the sets.

    Each region is paired once, the most alike first; one without a partner counts 0. With likeness 0 or 1 this is F1;
    of two empty sets, 1.
    """
    if not one and not other:
        return 1.0
    pairs = [(alike(a, b), i, j) for i, a in enumerate(one) for j, b in enumerate(other)]
    total, used = 0.0, (set[int](), set[int]())
    for score, i, j in sorted(pairs, key=lambda pair: (-pair[0], *pair[1:])):
        if score > 0 and i not in used[0] and j not in used[1]:
            used[0].add(i)
            used[1].add(j)
            total += score
    return 2 * total / (len(one) + len(other))
