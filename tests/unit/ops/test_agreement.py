"""Agreement beyond luck."""

from __future__ import annotations

import random

import pytest
from sklearn.metrics import cohen_kappa_score

from workbench.ops.agreement import alpha, kappa


def test_kappa_is_what_scikit_learn_computes() -> None:
    draw = random.Random(0)
    one, other = ([draw.choice("abc") for _ in range(200)] for _ in range(2))
    other = [a if draw.random() < 0.6 else b for a, b in zip(one, other, strict=True)]
    assert kappa(one, other) == pytest.approx(cohen_kappa_score(one, other))


def test_alpha_is_that_of_krippendorffs_own_example() -> None:
    """The nominal example of "Computing Krippendorff's Alpha-Reliability" (2011), with missing answers: 0.743."""
    rows = ["1  2 3 3 2 1 4 1 2 . . .", "1  2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1  2 3 3 2 4 4 1 2 5 1 ."]
    units = [[said for said in column if said != "."] for column in zip(*(row.split() for row in rows), strict=True)]
    assert alpha(units) == pytest.approx(0.743, abs=5e-4)


def test_labels_of_degree_are_compared_by_degree() -> None:
    def near(one: str, other: str) -> float:
        return max(0.0, 1 - abs(float(one) - float(other)) / 10)

    units = [["1", "2"], ["9", "8"], ["5", "5"]]
    strict, mild = alpha(units), alpha(units, near)
    assert strict is not None
    assert mild is not None
    assert mild > 0.8 > strict


def test_nothing_can_disagree_where_everybody_says_the_same_or_is_alone() -> None:
    assert kappa(["a", "a"], ["a", "a"]) is None
    assert alpha([["a", "a"], ["a", "a"]]) is None
    assert alpha([["a"], ["b"]]) is None


def test_many_labels_are_judged_by_a_sample_of_their_pairs() -> None:
    draw = random.Random(1)
    units = [[label, label if draw.random() < 0.7 else draw.choice("abcd")] for label in draw.choices("abcd", k=2000)]
    exact, drawn = alpha(units), alpha(units, lambda a, b: float(a == b))
    assert drawn == pytest.approx(exact, abs=0.02)
