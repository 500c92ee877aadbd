"""The versions that the names of datasets and models in code stand for when a notebook is promoted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.core import refs
from workbench.core.errors import WorkbenchError
from workbench.core.workspace import Workspace
from workbench.jobs.reading.imports import Source, read
from workbench.jobs.reading.literals import constants, text
from workbench.jobs.reading.problem import Findings, Problem

_REF = re.compile(r"\b(?:dataset|model):[A-Za-z0-9][\w.-]*(?:@[\w-]+)?(?:#[0-9a-f]+)?")
_KINDS = ("dataset", "model")


def references(sources: Iterable[str]) -> list[str]:
    """Return the datasets and models that the code names by reference or asks a workspace for.

    >>> references(['ws.dataset("dataset:caps@2")', 'ws.model("caps")'])
    ['dataset:caps@2', 'model:caps']
    """
    found: set[str] = set()
    for source in sources:
        found |= {ref.rstrip(".") for ref in _REF.findall(source)}
        found |= {ref for ref, _ in _asked(source)}
    return sorted(found)


def pins(ws: Workspace, sources: Sequence[Source]) -> tuple[dict[str, str], Findings]:
    """Return for each name without a version the reference of its newest one; what is not there is a warning."""
    made: dict[str, str] = {}
    findings = Findings()
    for ref in references(source.text for source in sources):
        told = _found(ws, ref)
        is_open = not re.search(r"[@#]", ref)
        if told and is_open:
            made[ref] = told
        elif not told:
            name = ref.partition(":")[2]
            where = next((s for s in sources if name in s.text), sources[0])
            line = 1 + where.text.partition(name)[0].count("\n")
            said = f"{where} names {ref!r}, which is not in the workspace."
            hint = "The run fails there, unless a cell above makes it."
            findings.add(Problem(said, hint, "cells", where.cell, line), is_certain=False)
    return made, findings


def exact(ws: Workspace, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return *given* with the version added to each reference that has none, so that the run's record tells it."""
    return {name: _exact(ws, value) if isinstance(value, str) else value for name, value in given.items()}


def _exact(ws: Workspace, value: str) -> str:
    is_open = _REF.fullmatch(value) and not re.search(r"[@#]", value)
    return (_found(ws, value) or value) if is_open else value


def _found(ws: Workspace, ref: str) -> str:
    try:
        return str(ws.resolve(ref).ref)
    except WorkbenchError:
        return ""


def _asked(source: str) -> list[tuple[str, int]]:
    """Return what is asked for by a bare name: `ws.dataset("caps")`."""
    told = read(source)
    if told is None or not any(f".{kind}(" in source for kind in _KINDS):
        return []
    known = constants([told.tree])
    found = []
    for node in ast.walk(told.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _KINDS and node.args:
            name = text(node.args[0], known)
            try:
                found += [(str(refs.parse(name, kind=node.func.attr)), node.lineno)] if name else []
            except WorkbenchError:
                continue
    return found
