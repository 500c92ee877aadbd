"""Groups of rows that are nearly the same, and the one of each that stays."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.ops.twins import Twin, twins
from workbench.ops.vectors import Vectors, neighbours, unit


def _found(rows: Vectors, *, rank: list[int], k: int = 3, **more: Any) -> list[tuple[int, int]]:
    near, cosines = neighbours(rows, k)
    return sorted((t.place, t.of) for t in twins(near, cosines, rows, least=0.99, rank=rank, **more))


def _at(*degrees: float) -> Vectors:
    return unit(np.array([[np.cos(np.radians(d)), np.sin(np.radians(d))] for d in degrees], np.float32))


def test_the_first_of_a_group_by_rank_stays() -> None:
    rows = _at(0, 1, 2, 90)
    assert _found(rows, rank=[0, 1, 2, 3]) == [(1, 0), (2, 0)]
    assert _found(rows, rank=[2, 1, 0, 3]) == [(0, 2), (1, 2)]


def test_a_long_chain_of_small_steps_is_not_one_item() -> None:
    rows = _at(*range(0, 30, 5))  # 5 degrees are near enough, 10 are not
    assert _found(rows, rank=list(range(6))) == [(1, 0), (3, 2), (5, 4)]


def test_a_group_larger_than_the_neighbours_looked_at_is_one_group() -> None:
    assert len(_found(_at(*[7.0] * 40), rank=list(range(40)), k=3)) == 39


def test_a_film_of_many_frames_takes_time_by_the_frame() -> None:
    rows = _at(*np.linspace(0, 300, 3000))  # each frame like the 80 before and after it
    found = _found(rows, rank=list(range(3000)), k=10)
    assert 2900 < len(found) < 2970
    assert all(float(rows[place] @ rows[of]) >= 0.99 for place, of in found)


def test_a_closer_look_decides() -> None:
    rows = _at(0, 1, 2)
    assert _found(rows, rank=[0, 1, 2], closer=lambda a, b: float({a, b} == {0, 2}), least_closer=0.5) == [(2, 0)]
    assert twins(*neighbours(rows, 2), rows, least=0.99, rank=[0, 1, 2], closer=lambda a, b: 0.75, least_closer=0.5)[0] == Twin(
        1, 0, 0.75
    )
