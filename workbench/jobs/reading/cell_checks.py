"""What keeps one cell from running in a job: it is not Python, it asks a person, or it cannot be read."""

from __future__ import annotations

import ast

from workbench.jobs.reading.imports import read
from workbench.jobs.reading.magics import Magic
from workbench.jobs.reading.names import Names, reads
from workbench.jobs.reading.notebook import Cell
from workbench.jobs.reading.problem import Findings, Problem

_ASKS = frozenset({"input", "raw_input", "getpass", "breakpoint", "set_trace"})
_INSTALLS = ("pip", "pip3", "conda", "mamba", "uv")


def check_cell(cell: Cell, found: Findings) -> None:
    """Add what is wrong with a cell to *found*."""
    told = reads(cell.source)
    if isinstance(told, SyntaxError):
        is_told = any(p.cell == cell.number for p in found.problems)  # as the cell of the parameters
        if "raises-exception" not in cell.tags and not is_told:
            said = f"Cell {cell.number} is not Python: {told.msg} in line {told.lineno or 1}."
            found.add(Problem(said, "Mend the cell, or leave it out.", "cells", cell.number, told.lineno or 1))
        return
    if told.unread:
        said = f"Cell {cell.number} runs {told.unread}: what that uses and makes cannot be read, only the rehearsal tells."
        hint = "Tag the cells that it needs 'setup'."
        found.add(Problem(said, hint, "cells", cell.number, told.unread_line), is_certain=False)
    plain = read(cell.source)
    for magic in plain.magics if plain else ():
        _check_magic(cell, magic, found)
    for statement in plain.tree.body if plain else ():
        _check_asking(cell, told, statement, found)


def _check_magic(cell: Cell, magic: Magic, found: Findings) -> None:
    if magic.name == "debug":
        found.add(_asks(cell, "%debug", magic.line))
    elif magic.name in _INSTALLS and " install" in f" {magic.rest}":
        said = f"Cell {cell.number} installs packages while it runs."
        hint = "Install them before: the bundle has a lock of what is installed here."
        found.add(Problem(said, hint, "cells", cell.number, magic.line), is_certain=False)


def _check_asking(cell: Cell, told: Names, statement: ast.stmt, found: Findings) -> None:
    is_sure = not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If | ast.Try)
    for node in ast.walk(statement):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        is_method = name == "input" and isinstance(node.func, ast.Attribute)
        if name in _ASKS and not is_method and name not in told.makes - told.imported:
            found.add(_asks(cell, f"{name}()", node.lineno), is_certain=is_sure)


def _asks(cell: Cell, what: str, line: int) -> Problem:
    said = f"Cell {cell.number} asks with {what}, and nobody is there to answer in a job."
    return Problem(said, "Make it a parameter.", "cells", cell.number, line)
