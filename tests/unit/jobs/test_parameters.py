"""What a notebook declares, and the values that fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.errors import InputError
from workbench.jobs.reading.notebook import Cell
from workbench.jobs.reading.parameters import Declared, check, declared

KNOWN = [Declared("epochs", 8, "int"), Declared("lr", 0.1, "float"), Declared("data", None), Declared("sizes", [1], "list")]


def of(source: str) -> list[Declared] | None:
    return declared([Cell(1, "code", source, ("parameters",))])


def test_types_come_from_the_annotation_or_the_default() -> None:
    found = of("epochs: int = 8\nlr = 0.1\nname = 'a'\nflip = True\nsizes: list[int] = [1]\nrate: float = 1\ndata = None")
    assert [(p.name, p.type) for p in found or ()] == [
        ("epochs", "int"),
        ("lr", "float"),
        ("name", "str"),
        ("flip", "bool"),
        ("sizes", "list"),
        ("rate", "float"),
        ("data", ""),
    ]


def test_what_is_computed_is_no_parameter() -> None:
    assert of("import os\nhome = os.getcwd()\nn = 3") == [Declared("n", 3, "int")]


def test_a_notebook_without_the_tag_declares_nothing() -> None:
    assert declared([Cell(1, "code", "a = 1")]) is None


def test_text_is_read_as_the_type() -> None:
    assert check(KNOWN, {"epochs": "4", "lr": 1}, where="a.ipynb") == {"epochs": 4, "lr": 1.0}


def test_every_problem_is_named_at_once_with_the_known_ones() -> None:
    with pytest.raises(InputError) as caught:
        check(KNOWN[:2], {"epoch": 3, "epochs": "many", "lr": []}, where="a.ipynb")
    assert str(caught.value) == (
        "a.ipynb: unknown parameter 'epoch'; `epochs` must be a whole number, got 'many'; `lr` must be a number, got []. "
        "Parameters: epochs (int, 8), lr (float, 0.1)."
    )


def test_values_for_a_notebook_that_declares_none_say_how_to_tag_a_cell() -> None:
    with pytest.raises(InputError, match=r"a\.ipynb declares no parameters, got 'epochs'\. .* tag it 'parameters'"):
        check(None, {"epochs": 3}, where="a.ipynb")


def test_a_noun_goes_by_its_reference_and_a_path_as_text() -> None:
    class Noun:
        ref = "dataset:caps@2"

    assert check(KNOWN, {"data": Noun()}, where="a")["data"] == "dataset:caps@2"
    assert check(KNOWN, {"data": Path("/a")}, where="a")["data"] == "/a"


def test_a_value_that_json_cannot_hold_is_refused() -> None:
    with pytest.raises(InputError, match="`data` must be a value that JSON can hold"):
        check(KNOWN, {"data": object()}, where="a")
