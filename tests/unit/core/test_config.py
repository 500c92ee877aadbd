"""Settings are decoded strictly, all problems at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from workbench.core.config import convert, decode
from workbench.core.errors import InputError


@dataclass(frozen=True)
class Plan:
    name: str
    epochs: int = 1
    rate: float = 0.1
    warm: bool = False
    by: Literal["a", "b"] = "a"


def test_text_is_read_as_the_type_of_the_setting() -> None:
    assert decode(Plan, {"name": "x", "epochs": "3", "rate": "1e-3", "warm": "yes"}, where="p") == Plan("x", 3, 1e-3, True)


def test_every_problem_is_told_at_once_in_order() -> None:
    with pytest.raises(InputError) as told:
        decode(Plan, {"epochs": "many", "rats": 1, "by": "c"}, where="plan.toml")
    assert told.value.message == (
        "plan.toml: unknown key 'rats'; `by` must be one of 'a', 'b', got 'c'; `epochs` must be a whole number, got 'many'."
    )
    assert told.value.hint == "Known keys: by, epochs, name, rate, warm."


@pytest.mark.parametrize(
    ("value", "hint", "made"),
    [
        ("1,2", Sequence[int], [1, 2]),
        (["a"], tuple[str, ...], ("a",)),
        ({"a": 1}, Mapping[str, Any], {"a": 1}),
        ("x", str | None, "x"),
        (None, str | None, None),
        ("p", Path, Path("p")),
        (3, float, 3.0),
    ],
)
def test_values_become_what_the_hint_says(value: Any, hint: Any, made: Any) -> None:
    assert convert(value, hint, where="v") == made


@pytest.mark.parametrize(
    ("value", "hint"),
    [(1.5, int), (True, int), ("x", float), (3, str), ("no idea", bool), (3, list[int]), ("x", dict[str, int])],
)
def test_a_value_of_another_type_is_refused(value: Any, hint: Any) -> None:
    with pytest.raises(InputError, match="`v` must be"):
        convert(value, hint, where="v")
