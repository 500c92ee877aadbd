"""What came of a rehearsal: each cell beside what the notebook shows, the named results, and one verdict of it all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench import wiring
from workbench.jobs.bundles.bundle import Bundle
from workbench.jobs.proof import explain
from workbench.jobs.proof.compare import compare, near, results
from workbench.jobs.proof.small import trained_small
from workbench.jobs.proof.trial import Trial
from workbench.jobs.reading.notebook import Notebook

#: How far a named result may be from the notebook's, relative.
TOLERANCE = 1e-6

Shown = Mapping[int, Mapping[str, Any]]


@dataclass
class _Court:
    """What is known before the cells are looked at, and what was found."""

    tried: Trial
    notebook: Notebook
    shown: Shown
    again: Shown
    states: Mapping[int, str]
    seconds: float
    outside: int = 0
    failed: int = 0
    error: Mapping[str, Any] = field(default_factory=dict)
    results: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sources = {c.number: c.source for c in self.notebook.code if c.number in self.states}
        self.small = trained_small(self.sources)
        self.read = [_renamed(path, self.tried.folders) for path in self.tried.witness.get("files", {})]

    def cell(self, n: int) -> dict[str, Any]:
        """Return what is to be said of a cell."""
        if n == self.failed:
            return _told(n, "failed", str(self.error["message"]))
        if why := self._not_compared(n):
            return _told(n, "not compared", why)
        before, now = self.shown[n].get("outputs", []), self.again.get(n, {}).get("outputs", [])
        found = compare(before, now, folders=self.tried.folders)
        named = compare_results(n, results(before), results(now), tolerance=TOLERANCE)
        self.results += named
        if found.state == "different":
            return _told(n, "different", explain.different(n, found, self.notebook, self.sources, self.read), found.diff)
        if off := [repr(r["name"]) for r in named if r["state"] == "different"]:
            return _told(n, "different", f"the result {', '.join(off)} is another")
        return _told(n, "equal", found.why)

    def _not_compared(self, n: int) -> str:
        if self.outside and n >= self.outside:
            return "not rehearsed: it acts outside" if n == self.outside else f"not rehearsed: cell {self.outside} acts outside"
        if self.states[n] != "done":
            return f"not reached: cell {self.failed} failed" if self.failed else f"not reached in {self.seconds:g} s"
        if not self.shown.get(n, {}).get("execution_count") and not self.shown.get(n, {}).get("outputs"):
            return "it has not run in the notebook"
        return "trained small" if n in self.small else ""


def judged(tried: Trial, bundle: Bundle, notebook: Notebook, shown: Shown, seconds: float) -> dict[str, Any]:
    """Return the part of the certificate that tells what came of a rehearsal of *seconds* at most."""
    info = tried.run.info()
    again = cells_of(tried.run.notebook_path) if tried.run.notebook_path.exists() else {}
    states = dict.fromkeys(taken(bundle), "pending")
    states |= dict(zip(states, info.progress.get("cells_state", []), strict=False))
    court = _Court(tried, notebook, shown, again, states, seconds)
    court.outside = next((n for n in states if acts_outside(again.get(n, {}))), 0)
    problem = None
    if info.state in ("failed", "lost") and not court.outside and not tried.was_stopped:
        court.error, court.failed = info.error, int(info.error.get("cell", 0))
        problem = explain.failed(info.error, notebook, bundle)
        problem["hint"] = problem["hint"] or ("" if court.failed else _last_line(tried.run.log_path))
    told = [court.cell(n) for n in states]
    verdict, says = _verdict(told, problem, court.outside)
    return {
        "verdict": verdict,
        "says": says,
        "problem": problem,
        "cells": told,
        "results": court.results,
        "seconds": round(tried.seconds, 3),
        "is_whole": not tried.was_stopped,
        "pace": _pace(tried),
        "trainings": _trainings(tried),
        "environment": _environment(tried.witness),
    }


def compare_results(n: int, before: Mapping[str, Any], again: Mapping[str, Any], *, tolerance: float) -> list[dict[str, Any]]:
    """Return the named results of cell *n* side by side; numbers are equal within *tolerance*, nouns whatever their version."""
    made = []
    for name in dict.fromkeys([*before, *again]):
        a, b = (json.dumps(values.get(name), sort_keys=True) for values in (before, again))
        same = (name in before) == (name in again)
        same = same and (a == b or near(a, b, tolerance) or compare(_as_text(a), _as_text(b)).state != "different")
        state = "equal" if same else "different"
        made.append({"cell": n, "name": name, "before": before.get(name), "again": again.get(name), "state": state})
    return made


def cells_of(path: Path) -> dict[int, dict[str, Any]]:
    """Return the code cells of a notebook by number: those of a job by what they remember, those of a source counted."""
    told = [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c.get("cell_type") == "code"]
    marked = [c.get("metadata", {}).get("workbench", {}).get("cell") for c in told]
    if any(marked):
        return {int(n): c for n, c in zip(marked, told, strict=True) if n}
    return dict(enumerate(told, 1))


def taken(bundle: Bundle) -> list[int]:
    """Return the numbers of the cells that the bundle runs."""
    return [int(c["cell"]) for c in bundle.facts["cells"] if c["taken"]]


def acts_outside(cell: Mapping[str, Any]) -> bool:
    """Return whether the cell was kept from acting outside of its workspace."""
    return any(out.get("output_type") == "error" and wiring.OUTSIDE in out["evalue"] for out in cell.get("outputs", []))


def _told(n: int, state: str, why: str, diff: str = "") -> dict[str, Any]:
    return {"cell": n, "state": state, "why": why, "diff": diff}


def _verdict(cells: Sequence[Mapping[str, Any]], problem: Mapping[str, Any] | None, outside: int) -> tuple[str, str]:
    states = [str(c["state"]) for c in cells]
    equal, n = states.count("equal"), len(states)
    if problem:
        return "failed", f"The rehearsal broke: {problem['message']}"
    if "different" in states:
        first = cells[states.index("different")]
        more = states.count("different") - 1
        return "different", f"Cell {first['cell']} showed something else{f', and {more} more' if more else ''}: {first['why']}."
    if equal == n:
        return "equal", f"In a clean process, with only what was carried, all {n} cells showed what the notebook shows."
    ran = "What could be rehearsed ran in a clean process"
    if not equal:
        return "unproven", f"{ran}; nothing could be compared: {cells[0]['why']}."
    rest = f"; cell {outside} acts outside" if outside else ""
    return "partial", f"{ran}: {equal} of {n} cells showed what the notebook shows, {n - equal} were not compared{rest}."


def _pace(tried: Trial) -> list[dict[str, Any]]:
    """Return how fast each training of the rehearsal went."""
    runs = [r.fields for r in tried.run.ws.records.all("run") if r.fields.get("parent") == tried.run.id]
    return [{**fields["pace"], "spent_s": _spent_s(fields)} for fields in runs if fields.get("pace")]


def _trainings(tried: Trial) -> list[dict[str, str]]:
    """Return what was trained on what, each once."""
    runs = [r.fields for r in tried.run.ws.records.all("run") if r.fields.get("parent") == tried.run.id]
    told = [fields["inputs"] for fields in runs if fields.get("kind") == "train"]
    return [dict(pair) for pair in dict.fromkeys((("recipe", i["recipe"]), ("data", i["data"])) for i in told)]


def _spent_s(fields: Mapping[str, Any]) -> float:
    """Return how long the small training itself took, what it reads and checks included."""
    began, ended = str(fields["created"]), str(fields.get("ended", fields["created"]))
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()


def _environment(witness: Mapping[str, Any]) -> dict[str, Any]:
    packages = json.dumps(witness.get("packages", {}), sort_keys=True)
    return {
        "python": witness.get("python", ""),
        "packages": len(witness.get("packages", {})),
        "packages_sha256": hashlib.sha256(packages.encode()).hexdigest(),
        "processor": witness.get("cpu", {}).get("model", ""),
        "threads": witness.get("threads", {}).get("OMP_NUM_THREADS", ""),
    }


def _renamed(path: str, folders: Mapping[str, str]) -> str:
    for name, known in folders.items():
        path = path.replace(name, known)
    return path


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.exists() else []
    return next((line for line in reversed(lines) if line.strip()), "")


def _as_text(text: str) -> list[dict[str, Any]]:
    return [{"output_type": "stream", "name": "stdout", "text": text}]
