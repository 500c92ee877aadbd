"""Vectors on a plane."""

from __future__ import annotations

import numpy as np

from workbench.ops.projection import spread


def test_the_main_directions_are_found_part_by_part_and_the_same_every_time() -> None:
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(400, 8)) * [9, 5, 1, 1, 1, 1, 1, 1]
    whole = spread(rows, [rows])
    assert np.allclose(whole, spread(rows[::2], iter(np.array_split(rows, 7))), atol=0.05)
    assert abs(np.corrcoef(whole[:, 0], rows[:, 0])[0, 1]) > 0.99
    assert (whole.min(), whole.max()) >= (0, 0.9)


def test_one_far_off_row_does_not_press_the_others_together() -> None:
    rows = np.vstack([np.random.default_rng(5).normal(size=(3000, 4)), np.full((1, 4), 1e4)])
    placed = spread(rows, [rows])
    assert np.ptp(placed[:3000], axis=0).max() > 0.5
    assert placed.min() >= 0
    assert placed.max() <= 1


def test_rows_without_a_vector_and_vectors_of_one_number_have_their_place() -> None:
    rows = np.array([[1.0], [np.nan], [3.0]])
    placed = spread(rows, [rows])
    assert np.isnan(placed[1]).all()
    assert placed[[0, 2], 0].tolist() == [0, 1]
    assert np.isnan(spread(rows[1:2], [rows[1:2]])).all()
    assert spread(rows[:0], []).shape == (0, 2)
