"""Which cells of a notebook are chosen by a tag or by numbers: these and, by static analysis, all that they depend on."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.core.errors import InputError, not_found
from workbench.jobs.reading.imports import read
from workbench.jobs.reading.names import Function, Names, reads
from workbench.jobs.reading.notebook import Cell, Notebook

#: Cells with these tags are taken whatever is chosen.
ALWAYS = ("parameters", "setup")
_NUMBERS = re.compile(r"\s*\d+(\s*-\s*\d+)?(\s*,\s*\d+(\s*-\s*\d+)?)*\s*")


@dataclass(frozen=True)
class Choice:
    """One code cell, whether it was taken, and why; what follows is for a person to read."""

    cell: Cell
    taken: bool
    why: str

    def to_json(self) -> dict[str, object]:
        """Return the choice as `bundle.json` keeps it."""
        return {"cell": self.cell.number, "taken": self.taken, "tags": list(self.cell.tags), "why": self.why}


def choose(cells: Sequence[Cell], chosen: str) -> list[Choice]:
    """Return a choice for every code cell; *chosen* is a tag or numbers such as '3-5,8', empty takes them all.

    An unknown tag is a `NotFoundError`, a number that no cell has an `InputError`.
    """
    if not chosen.strip():
        return [Choice(cell, True, "the whole notebook is promoted") for cell in cells]
    known = {t for cell in cells for t in cell.tags}
    if chosen not in known and _NUMBERS.fullmatch(chosen):
        wanted = numbers(chosen, last=len(cells))
        first = {index: "chosen" for index, cell in enumerate(cells) if cell.number in wanted}
    elif chosen in known:
        first = {index: f"tagged {chosen!r}" for index, cell in enumerate(cells) if chosen in cell.tags}
    else:
        hint = "JupyterLab shows a cell's tags in its property inspector; numbers are written as '3-5,8'."
        raise not_found("tag", chosen, known, hint=hint)
    why = _Closure(cells).take(first)
    return [Choice(cell, cell.number in why, why.get(cell.number, "nothing that runs needs it")) for cell in cells]


def select(notebook: Notebook, chosen: str) -> list[Choice]:
    """Return `choose` for a notebook; a cell that promotes this very notebook, often its last one, is not taken whole."""
    found = choose(notebook.code, chosen)
    if chosen.strip():
        return found
    name = notebook.path.name
    left = {c.cell.number for c in found if "promote" in c.cell.source and _promotes(c.cell.source, name)}
    return [replace(c, taken=False, why="it promotes this very notebook") if c.cell.number in left else c for c in found]


def numbers(chosen: str, *, last: int) -> set[int]:
    """Return the numbers of cells that a text such as '3-5,8' means; *last* is the highest that there is.

    >>> sorted(numbers("1, 3-5", last=5))
    [1, 3, 4, 5]
    """
    found: set[int] = set()
    for part in chosen.split(","):
        low, _, high = part.partition("-")
        first, end = int(low), int(high or low)
        if not 1 <= first <= end <= last:
            raise InputError(
                f"There are no cells {part.strip()!r}: the notebook has {last} code cells.",
                hint="Count code cells from 1, the lower number first, such as '3-5,8'.",
            )
        found |= set(range(first, end + 1))
    return found


def _promotes(source: str, name: str) -> bool:
    told = read(source)
    calls = [n for n in ast.walk(told.tree) if isinstance(n, ast.Call) and n.args] if told else []
    named = [n for n in calls if (n.func.attr if isinstance(n.func, ast.Attribute) else getattr(n.func, "id", "")) == "promote"]
    return any(isinstance(n.args[0], ast.Constant) and Path(str(n.args[0].value)).name == name for n in named)


class _Closure:
    def __init__(self, cells: Sequence[Cell]) -> None:
        self.cells = cells
        self.why: dict[int, str] = {}
        self._names: list[Names | SyntaxError] = [reads(cell.source) for cell in cells]
        self._read = [(i, n) for i, n in enumerate(self._names) if isinstance(n, Names)]
        self._imported = {name for _, n in self._read for name in n.imported}
        self._functions = _joined([n.functions for _, n in self._read])
        self._changes = {i: self._changed(n) for i, n in self._read}
        self._groups: dict[int, dict[str, set[str]]] = {}
        self._todo: list[tuple[str, int, int]] = []  # a name, the cell before which it is needed, the cell that needs it
        self._end = len(cells)

    def take(self, first: dict[int, str]) -> dict[int, str]:
        """Return the reason for each cell that is taken, by its number; *first* are those that were asked for."""
        self._end = 1 + max(first)
        for index, cell in enumerate(self.cells):
            if index in first:
                self._take(index, first[index])
            for tag in ALWAYS:
                if tag in cell.tags:
                    self._take(index, f"tagged {tag!r}")
        for index, told in self._read:
            if index < self._end and told.setup:
                self._take(index, f"sets up the kernel: {told.setup}")
        seen: set[tuple[str, int]] = set()
        while self._todo:
            name, before, wanted_by = self._todo.pop()
            if (name, before) not in seen:
                seen.add((name, before))
                self._find(name, before, wanted_by)
        return self.why

    def _take(self, index: int, why: str, *, until: int | None = None) -> None:
        """Take a cell; the names in its functions are wanted by whoever calls them, at *until*."""
        cell, told = self.cells[index], self._names[index]
        is_new = cell.number not in self.why
        if is_new:
            self.why[cell.number] = why
        if isinstance(told, SyntaxError):
            return  # the plan of the promotion tells; what it needs cannot be known
        if is_new:
            self._todo += [(name, index, index) for name in sorted(told.uses)]
        later = self._end if until is None else until
        self._todo += [(name, max(later, index), index) for name in sorted(told.later)]
        if is_new and told.unread:
            for above in range(index):
                self._take(above, f"may be used by {told.unread} in cell {cell.number}, which cannot be read", until=index)

    def _find(self, name: str, before: int, wanted_by: int) -> None:
        """Take every cell before *before* that makes or may change *name*, back to the one that surely makes it."""
        number, made, group = self.cells[wanted_by].number, False, self._group(name, before)
        for index in range(before - 1, -1, -1):
            told = self._names[index]
            if isinstance(told, SyntaxError):
                continue
            if index == wanted_by:
                if name in told.makes:
                    return
                continue
            if name in told.makes | told.may_make:
                made = True
                self._take(index, f"makes {name!r}, which cell {number} uses", until=before)
            elif other := sorted(group & self._changes[index]):
                by = "" if name in other else f" through {other[0]!r}"
                self._take(index, f"may change {name!r}{by}, which cell {number} uses", until=before)
            if name in told.makes:
                return
        if not made:
            self._unseen(name, before, number)

    def _unseen(self, name: str, before: int, number: int) -> None:
        """Take what may make a name that no cell seems to make: star imports and code in texts; only running would tell."""
        told = [(i, n) for i, n in self._read if i < before]
        if any(n.stars for _, n in told):
            for index, cell_names in told:
                if cell_names.imported or cell_names.stars:
                    self._take(index, f"imports; a star import may make {name!r}, which cell {number} uses", until=before)
        for index, cell_names in told:
            if cell_names.unread:
                self._take(index, f"{cell_names.unread} may make {name!r}, which cell {number} uses", until=before)

    def _changed(self, told: Names) -> set[str]:
        """Return what a cell may change, also by calling functions of other cells."""
        found = set(told.changes)
        linked = {b for a, b in told.links} | {b for _, n in self._read for a, b in n.links if a in told.uses}
        for name in (told.uses | linked) & set(self._functions):
            found |= self._functions[name].changes
        for name, given in told.calls:
            if name in self._functions and self._functions[name].alters:
                found |= given
        return found

    def _group(self, name: str, before: int) -> set[str]:
        """Return the names that may stand for the object of *name*, or for a part of it, above *before*."""
        if before not in self._groups:
            self._groups[before] = _connected(self._links(before))
        return self._groups[before].get(name, {name})

    def _links(self, before: int) -> list[tuple[str, str]]:
        told = [pair for index, n in self._read if index < before for pair in sorted(n.links)]
        # A module, or a function that keeps nothing, does not connect its results.
        found = [pair for pair in told if not any(n in self._imported or self._is_free(n) for n in pair)]
        # What a function hands out is what it found.
        return found + [(f, name) for f, told in self._functions.items() for name in sorted(told.returns)]

    def _is_free(self, name: str) -> bool:
        known = self._functions.get(name)
        return known is not None and not known.changes and not known.returns


def _joined(tables: Sequence[dict[str, Function]]) -> dict[str, Function]:
    """Return the functions of all cells; what one calls belongs to what it does itself."""
    found: dict[str, Function] = {}
    for table in tables:
        for name, told in table.items():
            old = found.get(name, Function())
            alters = old.alters or told.alters
            found[name] = Function(old.uses | told.uses, old.changes | told.changes, old.returns | told.returns, alters)
    is_moving = True
    while is_moving:
        is_moving = False
        for told in found.values():
            for called in told.uses & set(found):
                more = found[called].changes - told.changes
                told.changes |= more
                is_moving |= bool(more)
    return found


def _connected(pairs: Sequence[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for a, b in pairs:
        joined = found.get(a, {a}) | found.get(b, {b})
        for name in joined:
            found[name] = joined
    return found
