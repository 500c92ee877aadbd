"""Orders over vectors: the lazy greedy choice is the greedy one, weights pull it, and what is labeled counts."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.ops import sampling
from workbench.ops.vectors import unit


@pytest.fixture
def points() -> sampling.Vectors:
    return unit(np.random.default_rng(3).normal(size=(120, 8)).astype(np.float32))


def greedy(points: sampling.Vectors, n: int, taken: sampling.Vectors, weights: sampling.Floats) -> list[int]:
    """Return the choice by computing what every row betters, every time."""
    likeness, chosen = points @ points.T, list[int]()
    best = np.maximum((points @ taken.T).max(axis=1), 0)
    while len(chosen) < n:
        gain = np.maximum(likeness - best, 0) @ weights
        gain[chosen] = -1
        chosen.append(int(gain.argmax()))
        best = np.maximum(best, likeness[chosen[-1]])
    return chosen


def test_the_lazy_choice_is_the_greedy_one(points: sampling.Vectors) -> None:
    weights = np.random.default_rng(4).random(120)
    pool, taken = points[10:], points[:10]
    found = sampling.representatives(pool, 25, seed=0, taken=taken, weights=weights[10:])
    assert found == greedy(pool, 25, taken, weights[10:])


def test_what_has_no_weight_needs_nobody_to_stand_for_it(points: sampling.Vectors) -> None:
    weights = np.where(points[:, 0] > 0, 1.0, 0.0)
    assert (points[sampling.representatives(points, 5, seed=0, weights=weights), 0] > 0).all()
    assert len(set(sampling.representatives(points, 120, seed=0, weights=weights))) == 120


def test_many_points_are_chosen_from_the_heaviest(monkeypatch: pytest.MonkeyPatch, points: sampling.Vectors) -> None:
    monkeypatch.setattr(sampling, "_FEW", 10)
    weights = np.arange(120.0)
    assert min(sampling.representatives(points, 5, seed=0, weights=weights)) >= 110
    assert len(set(sampling.representatives(points, 20, seed=0, weights=weights))) == 20


def test_what_is_far_is_far_from_what_is_labeled_too() -> None:
    line = np.array([[0.0], [1.0], [5.0], [9.0]], np.float32)
    assert sampling.farthest_points(line, 1, seed=0, taken=np.array([[9.0]], np.float32)) == [0]
    assert sampling.farthest_points(line, 4, seed=0, taken=np.array([[9.0]], np.float32)) == [0, 2, 1, 3]
