"""Steps on columns of numbers learn from the training rows only."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.transforms import preparation
from workbench.transforms.sample import Sample

TRAIN: list[dict[str, Any]] = [{"a": float(i), "b": 10.0 * i, "name": "x"} for i in range(5)]


def prepared(steps: list[str], rows: list[dict[str, Any]], train: list[dict[str, Any]] = TRAIN) -> list[dict[str, Any]]:
    made = preparation.fit("table", steps, [Sample(row) for row in train])
    assert preparation.from_json(made.to_json()) == made
    return made.contents(rows)


def test_normalized_training_columns_lie_between_0_and_1_and_others_use_the_same_numbers() -> None:
    values = [row["b"] for row in prepared(["normalize"], TRAIN)]
    assert (min(values), max(values)) == (0, 1)
    assert prepared(["normalize"], [{"a": 8.0, "b": 0.0, "name": "y"}]) == [{"a": 2.0, "b": 0.0, "name": "y"}]


def test_standardized_training_columns_have_mean_0_and_deviation_1() -> None:
    values = np.array([row["a"] for row in prepared(["standardize?columns=a"], TRAIN)])
    assert abs(values.mean()) < 1e-6
    assert abs(values.std() - 1) < 1e-6
    assert prepared(["standardize?columns=a"], TRAIN)[1]["b"] == 10.0


@pytest.mark.parametrize(("by", "expected"), [("mean", 25.0), ("median", 20.0), ("mode", 10.0)])
def test_missing_values_are_filled_by_what_the_training_rows_say(by: str, expected: float) -> None:
    train = [{"v": v} for v in (10.0, 10.0, 20.0, 25.0, 60.0)]
    filled = prepared([f"impute?by={by}&flag=true"], [{"v": None}, {"v": math.nan}, {"v": 1.0}], train)
    assert [row["v"] for row in filled] == [expected, expected, 1.0]
    assert [row["v_missing"] for row in filled] == [True, True, False]


def test_neighbors_fill_in_what_rows_like_it_have() -> None:
    train = [{"a": float(i), "b": 10.0 * i} for i in range(20)]
    assert prepared(["impute?by=neighbors&k=3"], [{"a": 7.1, "b": None}], train)[0]["b"] == pytest.approx(70, abs=5)


def test_forward_takes_the_last_value_before() -> None:
    train = [{"t": 1, "v": 5.0}, {"t": 2, "v": None}, {"t": 3, "v": 7.0}]
    rows = prepared(["impute?by=forward&time=t"], [{"t": 2, "v": None}, {"t": 9, "v": None}, {"t": 0, "v": None}], train)
    assert [row["v"] for row in rows] == [5.0, 7.0, 6.0]


def test_a_column_without_numbers_is_named() -> None:
    with pytest.raises(InputError, match="'name'"):
        prepared(["normalize?columns=name"], TRAIN)
