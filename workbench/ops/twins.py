"""Which vectors are nearly the same: groups of them, and of each group the one that stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.ops.vectors import Places, Vectors


@dataclass(frozen=True)
class Twin:
    """The row at `place` is nearly the row at `of`; `likeness` is their cosine, or what a closer look made of it."""

    place: int
    of: int
    likeness: float


def twins(
    near: Places,
    cosines: Vectors,
    vectors: Vectors,
    *,
    least: float,
    rank: Sequence[int],
    closer: Callable[[int, int], float] | None = None,
    least_closer: float = 0.0,
) -> list[Twin]:
    """Return the rows that repeat another, each with the one that stays: the first of its group by *rank*.

    Rows whose cosine is at least *least* are joined; within a group each row is compared with those that stay, so that
    a long chain of small steps is not one item. *closer* decides where a cosine alone would be too kind.
    """
    found = []
    for group in _groups(len(vectors), near, cosines, least):
        rest = np.array(sorted(group, key=lambda place: rank[place]), np.int64)
        while len(rest) > 1:
            first, rest = int(rest[0]), rest[1:]
            like = vectors[rest] @ vectors[first]
            same = like >= least
            if closer is not None:
                for at in np.flatnonzero(same):
                    like[at] = closer(first, int(rest[at]))
                same &= like >= least_closer
            found += [Twin(int(place), first, float(value)) for place, value in zip(rest[same], like[same], strict=True)]
            rest = rest[~same]
    return found


def _groups(n: int, near: Places, cosines: Vectors, least: float) -> list[list[int]]:
    """Return the groups of rows that a chain of near pairs joins."""
    parent = list(range(n))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    rows, columns = np.nonzero(cosines >= least)
    for one, other in zip(rows.tolist(), near[rows, columns].tolist(), strict=True):
        a, b = root(one), root(other)
        parent[max(a, b)] = min(a, b)
    groups: dict[int, list[int]] = defaultdict(list)
    for place in set(rows.tolist()) | set(near[rows, columns].tolist()):
        groups[root(place)].append(place)
    return [group for group in groups.values() if len(group) > 1]
