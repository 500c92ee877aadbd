"""Which cells of a notebook a tag stands for: the tagged ones and, by static analysis, all that they depend on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core.errors import InputError, not_found
from workbench.jobs.names import Names, names
from workbench.jobs.notebook import Cell

#: Cells with these tags are taken whatever is chosen.
ALWAYS = ("parameters", "setup")


@dataclass(frozen=True)
class Choice:
    """One code cell, whether it was taken, and why; what follows is for a person to read."""

    cell: Cell
    taken: bool
    why: str

    def to_json(self) -> dict[str, object]:
        """Return the choice as `bundle.json` keeps it."""
        return {"cell": self.cell.number, "taken": self.taken, "tags": list(self.cell.tags), "why": self.why}


def choose(cells: Sequence[Cell], tag: str) -> list[Choice]:
    """Return a choice for every code cell; an empty *tag* takes them all, an unknown one is a `NotFoundError`."""
    if not tag:
        return [Choice(cell, True, "the whole notebook is promoted") for cell in cells]
    known = {t for cell in cells for t in cell.tags}
    if tag not in known:
        raise not_found("tag", tag, known, hint="JupyterLab shows a cell's tags in its property inspector.")
    why = _Closure(cells).take(tag)
    return [Choice(cell, cell.number in why, why.get(cell.number, "nothing that runs needs it")) for cell in cells]


class _Closure:
    def __init__(self, cells: Sequence[Cell]) -> None:
        self.cells = cells
        self.why: dict[int, str] = {}
        self._names: list[Names | SyntaxError] = [_read(cell) for cell in cells]
        self._todo: list[tuple[str, int, int]] = []  # a name, the cell before which it is needed, the cell that needs it
        self._end = len(cells)

    def take(self, tag: str) -> dict[int, str]:
        """Return the reason for each cell that is taken, by its number."""
        self._end = 1 + max(i for i, cell in enumerate(self.cells) if tag in cell.tags)
        for index, cell in enumerate(self.cells):
            for wanted in (tag, *ALWAYS):
                if wanted in cell.tags:
                    self._take(index, f"tagged {wanted!r}")
        for index in range(self._end):
            told = self._names[index]
            if isinstance(told, Names) and told.setup:
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
        if isinstance(told, SyntaxError):
            raise InputError(
                f"Cell {cell.number} is not Python: {told.msg} in line {told.lineno}.",
                hint="Mend the cell, or take its tag away.",
            )
        if cell.number not in self.why:
            self.why[cell.number] = why
            self._todo += [(name, index, index) for name in sorted(told.uses)]
        later = self._end if until is None else until
        self._todo += [(name, max(later, index), index) for name in sorted(told.later)]

    def _find(self, name: str, before: int, wanted_by: int) -> None:
        """Take every cell before *before* that makes or may change *name*, back to the one that surely makes it."""
        number, made = self.cells[wanted_by].number, False
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
            elif name in told.changes:
                self._take(index, f"may change {name!r}, which cell {number} uses", until=before)
            if name in told.makes:
                return
        if not made:
            self._stars(name, before, number)

    def _stars(self, name: str, before: int, number: int) -> None:
        """Take every import when a name may come from `from module import *`: only running it would tell."""
        told = [(i, n) for i, n in enumerate(self._names[:before]) if isinstance(n, Names)]
        if any(n.star for _, n in told):
            for index, cell_names in told:
                if cell_names.imports:
                    self._take(index, f"imports; a star import may make {name!r}, which cell {number} uses", until=before)


def _read(cell: Cell) -> Names | SyntaxError:
    try:
        return names(cell.source)
    except SyntaxError as exc:
        return exc
