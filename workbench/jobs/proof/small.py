"""Which cells show what a rehearsal makes small: those that train, and all that depends on what was trained."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from workbench.jobs.reading import magics
from workbench.jobs.reading.effects import HOUSE, root
from workbench.jobs.reading.names import Names, reads

#: Verbs that train.
TRAINS = frozenset({"train", "quick_check"})
#: What asks a workspace for the newest of something, which may be what a cell before has trained.
_ASKS = frozenset({"model", "run", "evaluate", "optimize", "challenge", "predict", "monitor", "result"})


def trained_small(cells: Mapping[int, str]) -> set[int]:
    """Return the numbers of the *cells*, in order, whose outputs are not those of the whole training.

    >>> sorted(trained_small({1: "n = 1", 2: "run = wb.train(r, a, b)", 3: "m = run.result()", 4: "print(n)"}))
    [2, 3]
    """
    small: set[str] = set()
    found: set[int] = set()
    for number, source in cells.items():
        told = reads(source)
        if not isinstance(told, Names):
            continue
        calls = _calls(source)
        uses = told.uses | told.later
        if calls & TRAINS or uses & small or (found and calls & _ASKS):
            found.add(number)
            small |= (told.makes | told.may_make | told.changes) - told.imported - HOUSE
        else:
            small -= told.makes
    return found


def _calls(source: str) -> set[str]:
    """Return the names of what is called in a cell: verbs of the workbench, imported verbs, and methods of objects."""
    made: set[str] = set()
    for node in ast.walk(magics.plain(source).tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute):
            # `model.train()` of torch trains nothing; `wb.train(...)` does.
            if node.func.attr not in TRAINS or HOUSE & set(root(node.func)):
                made.add(node.func.attr)
        elif isinstance(node.func, ast.Name):
            made.add(node.func.id)
    return made
