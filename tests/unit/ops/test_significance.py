"""The exact tests agree with scipy's."""

from __future__ import annotations

import pytest

from workbench.ops.significance import at_least, mcnemar


@pytest.mark.parametrize(("hits", "n", "share"), [(0, 5, 0.5), (3, 5, 0.2), (60, 100, 0.5), (5200, 10_000, 0.5), (7, 7, 0.9)])
def test_the_tail_of_the_binomial_distribution_is_scipys(hits: int, n: int, share: float) -> None:
    from scipy.stats import binomtest

    assert at_least(hits, n, share) == pytest.approx(binomtest(hits, n, share, alternative="greater").pvalue, rel=1e-6)


@pytest.mark.parametrize(("one", "other"), [(0, 0), (1, 0), (9, 2), (2, 9), (40, 60), (5, 5)])
def test_mcnemars_test_is_the_two_sided_binomial_one(one: int, other: int) -> None:
    from scipy.stats import binomtest

    expected = binomtest(one, one + other, 0.5).pvalue if one + other else 1.0
    assert mcnemar(one, other) == pytest.approx(expected, rel=1e-6)
