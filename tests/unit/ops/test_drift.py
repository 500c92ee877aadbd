"""Distances between distributions."""

from __future__ import annotations

import random

import pytest

from workbench.ops import drift


def test_equal_shares_have_no_distance() -> None:
    assert drift.psi({"a": 30, "b": 70}, {"a": 30, "b": 70}) == 0
    assert drift.total_variation({"a": 3, "b": 7}, {"a": 30, "b": 70}) == pytest.approx(0)


def test_a_label_that_is_new_is_a_large_but_finite_shift() -> None:
    assert 0.25 < drift.psi({"a": 100}, {"b": 100}) < 100


def test_total_variation_is_the_share_that_would_have_to_move() -> None:
    assert drift.total_variation({"a": 90, "b": 10}, {"a": 50, "b": 50}) == pytest.approx(0.4)


def test_ks_is_silent_on_one_distribution_and_speaks_on_two() -> None:
    rng = random.Random(1)
    one, same = ([rng.gauss(0, 1) for _ in range(2000)] for _ in range(2))
    other = [rng.gauss(0.5, 1) for _ in range(2000)]
    assert drift.ks(one, same)[1] > 0.01
    distance, p_value = drift.ks(one, other)
    assert distance == pytest.approx(0.197, abs=0.05)  # of two normals half a deviation apart
    assert p_value < 1e-9
