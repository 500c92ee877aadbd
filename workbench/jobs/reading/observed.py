"""What a notebook file tells of hidden state: names that no cell makes, cells out of order, run twice, never, or edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from workbench.jobs.reading.modules import public
from workbench.jobs.reading.names import Names, reads
from workbench.jobs.reading.notebook import Cell, Notebook
from workbench.jobs.reading.problem import Problem

_MOST = 40


def findings(notebook: Notebook, *, history: Sequence[str] = ()) -> list[Problem]:
    """Return every sign that running the cells from top to bottom is not what happened here.

    *history* is what a live kernel remembers of its inputs, IPython's `In`; it tells which cells were edited afterwards.
    """
    return [*unmade(notebook), *order(notebook.code), *edited(notebook.code, history)][:_MOST]


def unmade(notebook: Notebook, *, numbers: frozenset[int] | None = None) -> list[Problem]:
    """Return the names that a cell uses and that no cell above it makes, as far as reading tells; only for *numbers*."""
    cells = [c for c in notebook.code if numbers is None or c.number in numbers]
    # A cell that may raise is there to show an error.
    cells = [c for c in cells if "raises-exception" not in c.tags]
    read = [(c, told) for c in cells if isinstance(told := reads(c.source), Names)]
    every = [(c, told) for c in notebook.code if isinstance(told := reads(c.source), Names)]
    makers: dict[str, list[int]] = {}
    for cell, told in every:
        for name in told.makes | told.may_make | {n for f in told.functions.values() for n in f.changes}:
            makers.setdefault(name, []).append(cell.number)
    stars = {cell.number: _starred(notebook, told) for cell, told in read}
    made: dict[str, int] = {}
    deleted: dict[str, int] = {}
    needs: dict[str, set[str]] = {}
    found: list[Problem] = []
    for cell, told in read:
        gone = sorted(told.unbound - set(made), key=told.line)
        found += [_missing(cell, told, name, makers.get(name, []), deleted.get(name, 0)) for name in gone]
        for function in sorted(told.uses & set(needs)):
            late = sorted(n for n in needs[function] - set(made) - told.makes if makers.get(n, [0])[0] > cell.number)
            found += [_late(cell, told, function, name, makers[name][0]) for name in late]
        gone = sorted((n for n in told.later if n not in made and n not in makers), key=told.line)
        found += [_missing(cell, told, name, [], deleted.get(name, 0)) for name in gone]
        new = told.makes | told.may_make | {n for f in told.functions.values() for n in f.changes}
        needs |= {name: function.uses for name, function in told.functions.items()}
        starred = stars[cell.number]
        if told.unread or starred is None:
            return found  # from here on any name may have come from there
        made |= dict.fromkeys(new | starred, cell.number)
        for name in told.deletes:
            made.pop(name, None)
            deleted[name] = cell.number
    return found


def order(cells: Sequence[Cell]) -> list[Problem]:
    """Return what the execution counts tell: order, repetition, cells that never ran, and those that ended in an error."""
    ran = [cell for cell in cells if cell.count]
    if not ran:
        return []  # outputs were cleared: nothing is told, and nothing is to be compared
    idle = [c for c in cells if not c.count and c.source.strip()]
    found = [Problem(f"Cell {c.number} has not run here.", "Run it, to see what it does.", cell=c.number) for c in idle]
    found += [
        Problem(f"Cell {c.number} ended in {c.error} when it ran last.", "Mend it, or leave it out.", cell=c.number)
        for c in ran
        if c.error and "raises-exception" not in c.tags
    ]
    for above, below in pairwise(ran):
        if above.count == below.count:
            said = f"Cells {above.number} and {below.number} both ran as [{below.count}]: the kernel was restarted in between."
            found.append(Problem(said, _AGAIN, cell=below.number))
        elif above.count > below.count:
            said = f"Cell {below.number} ran before cell {above.number}, as [{below.count}] and [{above.count}]."
            found.append(Problem(said, _AGAIN, cell=below.number))
    return found + _stale(ran) + _twice(ran)


def edited(cells: Sequence[Cell], history: Sequence[str]) -> list[Problem]:
    """Return the cells whose text is not what the kernel ran; a history of another notebook tells nothing."""
    ran = [c for c in cells if 0 < c.count < len(history)]
    same = [c for c in ran if history[c.count].strip() == c.source.strip()]
    if len(same) * 2 < len(ran) or not same:
        return []
    return [
        Problem(f"Cell {c.number} was edited after it ran as [{c.count}].", "Run it again.", cell=c.number)
        for c in ran
        if c not in same
    ]


def history_here() -> list[str]:
    """Return the inputs that this very process ran, when it is a kernel."""
    import sys

    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    told = getattr(shell, "user_ns", {}).get("In", [])
    return [str(text) for text in told]


_AGAIN = "Restart the kernel and run all cells, to see what a job will do."


def _missing(cell: Cell, told: Names, name: str, makers: Sequence[int], deleted: int) -> Problem:
    below = [n for n in makers if n > cell.number]
    if deleted:
        said, hint = f"which cell {deleted} deletes", "Move the `del` below, or make the name again."
    elif below:
        said, hint = f"which is made below, in cell {below[0]}", f"Move cell {below[0]} above cell {cell.number}."
    elif makers:
        said, hint = "which none of the chosen cells above makes", "Choose the cell that makes it as well."
    else:
        said = "which no cell makes: the cell that made it is gone, or was edited since"
        hint = "Add a cell that makes it; a job starts without any variable."
    return Problem(f"Cell {cell.number} uses `{name}`, {said}.", hint, cell=cell.number, line=told.line(name)[0])


def _late(cell: Cell, told: Names, function: str, name: str, maker: int) -> Problem:
    return Problem(
        f"Cell {cell.number} uses `{function}`, which needs `{name}`, which is made below, in cell {maker}.",
        f"Move cell {maker} above cell {cell.number}.",
        cell=cell.number,
        line=told.line(function)[0],
    )


def _stale(ran: Sequence[Cell]) -> list[Problem]:
    """Return the cells that last ran with a name from a cell below them, so not with the one that a job will give them."""
    read = [(c, told) for c in ran if isinstance(told := reads(c.source), Names)]
    found = []
    for index, (cell, told) in enumerate(read):
        above = {name for _, other in read[:index] for name in other.makes | other.may_make}
        later = [(c, n) for c, n in read[index + 1 :] if c.count < cell.count]
        for name in sorted(told.uses & above):
            if by := [c for c, other in later if name in other.makes | other.may_make | other.changes]:
                said = f"Cell {cell.number} last ran with the `{name}` of cell {by[-1].number}, which stands below it."
                found.append(Problem(said, _AGAIN, cell=cell.number, line=told.line(name)[0]))
    return found


def _twice(ran: Sequence[Cell]) -> list[Problem]:
    """Return the cells that work on what they changed, where counts are missing: they may have run more than once."""
    counts: Mapping[int, Cell] = {c.count: c for c in ran}
    imported = {name for c in ran if isinstance(told := reads(c.source), Names) for name in told.imported}
    found, before = [], 0
    for count in sorted(counts):
        cell, gone = counts[count], count - before - 1
        before = count
        told = reads(cell.source)
        if not isinstance(told, Names) or not gone:
            continue
        if again := sorted(told.uses & (told.makes | told.may_make | told.changes) - imported):
            said = f"Cell {cell.number} changes `{again[0]}` that it uses, and may have run more than once: before [{count}]"
            tail = f"{gone} run{'s are' if gone > 1 else ' is'} missing"
            found.append(Problem(f"{said} {tail}.", _AGAIN, cell=cell.number, line=told.line(again[0])[0]))
    return found


def _starred(notebook: Notebook, told: Names) -> set[str] | None:
    """Return the names that the star imports of a cell make, None when only running them would tell."""
    found: set[str] = set()
    for module in told.stars:
        names = public(notebook.path.parent, module)
        if names is None:
            return None
        found |= names
    return found
