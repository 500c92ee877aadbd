"""Exact intervals of shares."""

from __future__ import annotations

import pytest

from workbench.ops.shares import highest, interval, lowest, needed
from workbench.ops.significance import at_least


def test_the_ends_are_the_shares_under_which_the_sample_would_be_rare() -> None:
    low, high = interval(7, 50)
    assert at_least(7, 50, low) == pytest.approx(0.025)
    assert 1 - at_least(8, 50, high) == pytest.approx(0.025)


def test_no_hit_and_only_hits_have_an_open_end() -> None:
    assert lowest(0, 10) == 0
    assert highest(10, 10) == 1
    assert highest(0, 10) == pytest.approx(1 - 0.05 ** (1 / 10))


def test_the_rule_of_three_is_about_right() -> None:
    assert needed(0.01) == 299
    assert highest(0, needed(0.02)) <= 0.02 < highest(0, needed(0.02) - 1)
