"""Reading a notebook as a promotion sees it: its cells and tags, without outputs; standard library only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, not_found

#: A notebook is a text that a person wrote. More code than this is data that went into a cell by mistake.
MAX_SOURCE = 2_000_000
#: Outputs are left out, but the whole file has to be read to do so.
MAX_FILE = 512_000_000


@dataclass(frozen=True)
class Cell:
    """One cell; `number` counts the code cells of the source notebook from 1, and is 0 for text."""

    number: int
    kind: str
    source: str
    tags: tuple[str, ...] = ()
    id: str = ""
    #: As which it ran last, 0 when it has not, and the error that it ended in.
    count: int = 0
    error: str = ""


@dataclass(frozen=True)
class Notebook:
    """A notebook's cells in order, and the kernel that it was written for."""

    path: Path
    cells: Sequence[Cell]
    kernel: str = "python3"

    @property
    def code(self) -> list[Cell]:
        """Return the code cells, in order."""
        return [cell for cell in self.cells if cell.kind == "code"]

    @property
    def tags(self) -> list[str]:
        """Return every tag of a code cell, sorted."""
        return sorted({tag for cell in self.code for tag in cell.tags})

    @property
    def digest(self) -> str:
        """Return a hash of the cells alone: running the notebook again does not change it."""
        told = [[cell.kind, cell.source, list(cell.tags)] for cell in self.cells]
        return hashlib.sha256(json.dumps([self.kernel, told]).encode()).hexdigest()

    def to_json(self, chosen: Sequence[Cell]) -> dict[str, Any]:
        """Return a notebook of the *chosen* cells in nbformat 4.5; each code cell remembers its number."""
        return {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {
                "kernelspec": {"name": self.kernel, "display_name": self.kernel, "language": "python"},
                "language_info": {"name": "python"},
            },
            "cells": [_cell_json(cell, index) for index, cell in enumerate(chosen)],
        }


def read(path: Path) -> Notebook:
    """Return the notebook in *path*; raise `NotFoundError` with its neighbours, `InputError` when it is not one."""
    path = Path(path).expanduser()
    if not path.is_file():
        folder = path.parent if path.parent.is_dir() else Path.cwd()
        raise not_found("notebook", str(path), [str(p) for p in folder.glob("*.ipynb")])
    path = path.resolve()
    if path.stat().st_size > MAX_FILE:
        raise InputError(
            f"{path} has {path.stat().st_size / 1e6:.0f} MB.", hint="Clear its outputs: Edit, Clear Outputs of All Cells."
        )
    told = path.stat()
    return _read(path, told.st_mtime_ns, told.st_size)


@lru_cache(maxsize=8)
def _read(path: Path, _changed: int, _size: int) -> Notebook:
    """Return the notebook; a form that asks again with every key does not read 50 MB of outputs again."""
    document = _document(path)
    cells = _cells(document["cells"])
    notebook = Notebook(path, tuple(cells), _kernel(path, document))
    size = sum(len(cell.source) for cell in cells)
    if not any(cell.source.strip() for cell in notebook.code):
        raise InputError(f"{path} has no code to run.", hint="Promote a notebook with at least one code cell.")
    if size > MAX_SOURCE:
        raise InputError(
            f"The cells of {path} hold {size / 1e6:.1f} MB of text, more than {MAX_SOURCE / 1e6:g} MB.",
            hint="Keep data in a dataset or a file, not in a cell.",
        )
    return notebook


def _document(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as exc:
        raise InputError(f"{path} is not a notebook: it is not JSON ({exc}).", hint="Give the path of an .ipynb file.") from exc
    shaped = isinstance(document, dict) and isinstance(document.get("nbformat"), int)
    if not shaped or not isinstance(document.get("metadata", {}), dict):
        raise InputError(f"{path} is not a notebook: it is JSON of another kind.", hint="Give the path of an .ipynb file.")
    if document["nbformat"] != 4 or not isinstance(document.get("cells"), list):
        raise InputError(
            f"{path} has notebook format {document['nbformat']}, expected 4.", hint="Open it in JupyterLab and save it."
        )
    return document


def _cells(raw: Sequence[Any]) -> list[Cell]:
    cells: list[Cell] = []
    number = 0
    for item in raw:
        kind = str(item.get("cell_type", "")) if isinstance(item, dict) else ""
        if kind not in ("code", "markdown"):
            continue  # a raw cell is for converters, it neither runs nor reads
        source = item.get("source", "")
        text = "".join(map(str, source)) if isinstance(source, list) else str(source)
        number += kind == "code"
        tags = _mapping(item.get("metadata")).get("tags")
        told = tuple(map(str, tags)) if isinstance(tags, list) else ()
        count = item.get("execution_count")
        cells.append(
            Cell(
                number if kind == "code" else 0,
                kind,
                text,
                told,
                str(item.get("id", "")),
                count if isinstance(count, int) else 0,
                _error(item.get("outputs")),
            )
        )
    return cells


def _error(outputs: Any) -> str:
    told = [o for o in outputs if isinstance(o, dict)] if isinstance(outputs, list) else []
    return next((str(o.get("ename", "an error")) for o in told if o.get("output_type") == "error"), "")


def _kernel(path: Path, document: Mapping[str, Any]) -> str:
    metadata = document.get("metadata", {})
    spec, info = _mapping(metadata.get("kernelspec")), _mapping(metadata.get("language_info"))
    language = str(info.get("name") or spec.get("language") or "python")
    if language.lower() != "python":
        raise InputError(
            f"{path} is written in {language!r}; jobs run Python.", hint="Promote a notebook with a Python kernel."
        )
    return str(spec.get("name") or "python3")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _cell_json(cell: Cell, index: int) -> dict[str, Any]:
    # Ids are made from the position when the notebook is too old to have them: random ones would change the bundle.
    made: dict[str, Any] = {
        "id": cell.id or f"cell-{index}",
        "cell_type": cell.kind,
        "source": cell.source,
        "metadata": {"tags": list(cell.tags)},
    }
    if cell.kind == "code":
        made["metadata"]["workbench"] = {"cell": cell.number}
        made |= {"outputs": [], "execution_count": None}
    return made
