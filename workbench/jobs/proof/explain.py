"""Why a rehearsal broke, or showed something else than the notebook: what is known, in a sentence with its place."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.jobs.bundles.bundle import Bundle
from workbench.jobs.proof.compare import Compared
from workbench.jobs.proof.randomness import asks_time, reads_files, unseeded, upstream
from workbench.jobs.reading.names import Names, reads
from workbench.jobs.reading.notebook import Notebook
from workbench.jobs.reading.observed import findings
from workbench.jobs.reading.problem import Problem

_MODULE = re.compile(r"ModuleNotFoundError.*No module named '([\w.]+)'")
_FILE = re.compile(r"FileNotFoundError.*No such file or directory: '([^']+)'")
_NAME = re.compile(r"NameError.*name '(\w+)' is not defined")


def different(number: int, compared: Compared, notebook: Notebook, cells: Mapping[int, str], read: Sequence[str]) -> str:
    """Return why cell *number* may have shown something else; *read* are the files that the rehearsal read."""
    places = upstream(cells, number)
    for found in findings(notebook):
        if found.cell in places and "has not run here" not in found.message:
            return f"hidden state: {found.message}{_place(found)}"
    saved = notebook.path.stat().st_mtime
    for path in map(Path, read if reads_files(cells, places) else ()):
        if path.is_file() and path.stat().st_mtime > saved:
            return f"data: {path} changed after the notebook was saved"
    return _of_code(number, compared, cells, places)


def _of_code(number: int, compared: Compared, cells: Mapping[int, str], places: Iterable[int]) -> str:
    if drawn := unseeded(cells, places):
        cell, line, call = drawn
        return f"unseeded randomness: {call} in cell {cell}, line {line}"
    if line := asks_time(cells[number]):
        return f"time: cell {number} asks for it in line {line}"
    if compared.is_permuted:
        return "order: the same words in another order, as those of a set or of a folder's files"
    if compared.is_near:
        return "the last digits: another number of threads or another kernel of the processor sums in another order"
    return "the notebook shows what other code, data or an earlier state made; run it again from the top"


def failed(error: Mapping[str, Any], notebook: Notebook, bundle: Bundle) -> dict[str, Any]:
    """Return the problem of a rehearsal that broke: what is missing, and whether it is here but was not carried."""
    message, cell = str(error.get("message", "")), int(error.get("cell", 0))
    hint = str(error.get("hint", ""))
    folder = notebook.path.parent
    if found := _MODULE.search(message):
        hint = _missing_module(found[1], folder)
    elif found := _FILE.search(message):
        hint = _missing_file(found[1], folder)
    elif found := _NAME.search(message):
        hint = _missing_name(found[1], cell, notebook, bundle)
    return {"code": "run", "message": message, "hint": hint, "cell": cell, "line": int(error.get("line", 0))}


def _missing_module(name: str, folder: Path) -> str:
    top = name.partition(".")[0]
    for beside in (folder / f"{top}.py", folder / top):
        if beside.exists():
            return f"{beside} is there but was not carried: import it by its name at the top of a cell."
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        spec = None
    if spec is not None and spec.origin:
        return f"It is in {spec.origin} here but was not carried: keep it beside the notebook, or install it."
    return f"There is no module {top!r} here either: install it, or take the import out."


def _missing_file(name: str, folder: Path) -> str:
    path = folder / name
    if path.exists():
        return f"{path} is there but was not carried: name it by its path in the code, or keep it in a dataset."
    return f"{path} is not there either: a cell that was not taken may have made it."


def _missing_name(name: str, cell: int, notebook: Notebook, bundle: Bundle) -> str:
    taken = {int(c["cell"]) for c in bundle.facts["cells"] if c["taken"]}
    makers = [
        c.number for c in notebook.code if isinstance(told := reads(c.source), Names) and name in told.makes | told.may_make
    ]
    left_out = [n for n in makers if n not in taken]
    if later := [n for n in makers if n > cell]:
        return f"Hidden state: cell {later[0]} makes {name!r}, which stands below; move it above cell {cell}."
    if left_out:
        return f"Cell {left_out[0]} makes {name!r} and was not chosen; choose it too."
    return f"Hidden state: no cell makes {name!r}; the one that did was edited or deleted. Write it down again."


def _place(found: Problem) -> str:
    return f" (cell {found.cell}, line {found.line})" if found.line else ""
