"""How much two labels agree."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.ops import likeness


def slow_edits(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for i, a in enumerate(one):
        before, row = row, [i + 1]
        for j, b in enumerate(other):
            row.append(min(before[j + 1] + 1, row[j] + 1, before[j] + (a != b)))
    return row[-1]


def test_edits_are_counted_as_the_textbook_counts_them() -> None:
    random = np.random.default_rng(0)
    for _ in range(200):
        one, other = ("".join(random.choice(list("abc"), random.integers(0, 9))) for _ in range(2))
        assert likeness.edits(one, other) == slow_edits(one, other)


def test_texts_are_alike_by_their_characters_and_not_by_their_blanks() -> None:
    assert likeness.writing("a  cat\n", "a cat") == 1
    assert likeness.writing("a cat", "a car") == pytest.approx(0.8)
    assert likeness.writing("", "") == 1
    assert likeness.writing("abc", "") == 0


def test_orders_are_alike_by_the_pairs_that_they_share() -> None:
    assert likeness.concordance("abcd", "dcba") == 0
    assert likeness.concordance("abcd", "abdc") == pytest.approx(5 / 6)
    assert likeness.concordance(["a"], ["a"]) == 1


def test_regions_are_paired_best_first_and_each_once() -> None:
    def alike(a: float, b: float) -> float:
        return max(0.0, 1 - abs(a - b))

    assert likeness.matched([0.0, 0.5], [0.5], alike) == pytest.approx(2 / 3)
    assert likeness.matched([], [], alike) == 1
    assert likeness.matched([1.0], [], alike) == 0


def test_a_point_is_near_on_the_scale_of_all_points() -> None:
    assert likeness.nearness([3, 4], [3, 4], 100) == 1
    assert likeness.nearness([0, 0], [10, 0], 100) == pytest.approx(0.61, abs=0.01)
    assert likeness.nearness([0, 0], [10, 0], 10) < 0.001
