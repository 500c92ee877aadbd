"""Which vectors are nearly the same: groups of them, and of each group the one that stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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

    Each row that stays takes those that are like it and that it reaches, from neighbour to neighbour, through such rows:
    so a long chain of small steps is not one item, and nothing grows with the square of a group. *closer* decides where
    a cosine alone would be too kind.
    """
    starts, others = _edges(len(vectors), near, cosines, least)
    left = np.diff(starts) > 0
    found = []
    for first in sorted(np.flatnonzero(left).tolist(), key=rank.__getitem__):
        if not left[first]:
            continue
        left[first] = False
        for place, likeness in _reached(first, starts, others, left=left, vectors=vectors, least=least):
            told = likeness if closer is None else closer(first, place)
            if closer is None or told >= least_closer:
                left[place] = False
                found.append(Twin(place, first, told))
    return found


def _edges(n: int, near: Places, cosines: Vectors, least: float) -> tuple[Places, Places]:
    """Return the near pairs, both ways round: those of row i are `others[starts[i]:starts[i + 1]]`."""
    rows, columns = np.nonzero(cosines >= least)
    tips = near[rows, columns]
    begin, end = np.concatenate([rows, tips]), np.concatenate([tips, rows])
    order = np.argsort(begin, kind="stable")
    return np.searchsorted(begin[order], np.arange(n + 1)), end[order]


def _reached(
    first: int, starts: Places, others: Places, *, left: NDArray[np.bool_], vectors: Vectors, least: float
) -> list[tuple[int, float]]:
    """Return the rows that are left, like *first*, and reached from it through such rows, with their cosines."""
    found: list[tuple[int, float]] = []
    seen, front = {first}, [first]
    while front:
        tips = {int(tip) for place in front for tip in others[starts[place] : starts[place + 1]] if left[tip]} - seen
        if not tips:
            break
        seen |= tips
        rows = np.array(sorted(tips), np.int64)
        like = vectors[rows] @ vectors[first]
        front = rows[like >= least].tolist()
        found += zip(front, like[like >= least].tolist(), strict=True)
    return found
