"""A user's own function as a step: its source is kept by its hash and must stand alone."""

from __future__ import annotations

import importlib
import linecache
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.transforms import custom, preparation
from workbench.transforms.sample import Sample

FILE = """
import numpy as np
BY = 3

def darker(pixels):
    return np.asarray(pixels) // BY
"""

CELL = """
import math
K = 2

def rooted(row):
    return {k: math.sqrt(v) for k, v in row.items()}

def scaled(row):
    return {k: v * K for k, v in row.items()}
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = "own_steps_for_a_test"
    (tmp_path / f"{name}.py").write_text(FILE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield name
    sys.modules.pop(name, None)


def test_a_function_of_a_file_runs_from_its_kept_source_after_the_file_has_changed(module: str, tmp_path: Path) -> None:
    step = custom.keep(importlib.import_module(module).darker, tmp_path / "kept")
    (tmp_path / f"{module}.py").write_text("def darker(pixels): raise SystemError\n")
    made = preparation.fit("image", [step], [Sample(np.full((2, 2, 3), 90, np.uint8))], code=tmp_path / "kept")
    assert made.contents([np.full((1, 1, 3), 30, np.uint8)])[0].max() == 10
    again = preparation.from_json(made.to_json(), code=tmp_path / "kept")
    assert again.contents([np.full((1, 1, 3), 30, np.uint8)])[0].max() == 10


def test_a_function_of_a_notebook_brings_its_imports_and_nothing_else(tmp_path: Path) -> None:
    linecache.cache["<cell>"] = (len(CELL), None, CELL.splitlines(keepends=True), "<cell>")
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(CELL, "<cell>", "exec"), space)
    step = custom.keep(space["rooted"], tmp_path)
    assert custom.load(step, tmp_path)({"a": 9.0}) == {"a": 3.0}
    with pytest.raises(InputError, match="'K'"):
        custom.keep(space["scaled"], tmp_path)
    with pytest.raises(InputError, match="lambda"):
        custom.keep(lambda row: row, tmp_path)


def test_changed_or_missing_source_is_refused(module: str, tmp_path: Path) -> None:
    step = custom.keep(importlib.import_module(module).darker, tmp_path)
    with pytest.raises(NotFoundError, match=r"wb\.transform"):
        custom.load(step, tmp_path / "elsewhere")
    next(tmp_path.glob("darker@*.py")).write_text("def darker(pixels): return pixels\n")
    with pytest.raises(ConflictError, match="changed"):
        custom.load(step, tmp_path)


@pytest.mark.parametrize("name", ["user:../../etc@0123456789abcdef", "os:system", "user:a@12"])
def test_a_name_that_leads_elsewhere_is_no_step(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no step"):
        custom.load(name, tmp_path)
