"""A run beside the same bundle run once more: cells, results, metrics and models of both, and what made them differ."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.core import files
from workbench.core.run import Run
from workbench.jobs import order
from workbench.jobs.bundles import bundle as bundles
from workbench.jobs.job import JOB, WITNESS, WORK
from workbench.jobs.proof import causes, signature
from workbench.jobs.proof.compare import NUMBERED, Compared, compare
from workbench.jobs.proof.judge import acts_outside, cells_of, compare_results, taken
from workbench.jobs.proof.trial import Trial, trial
from workbench.jobs.proof.verdict import Verdict
from workbench.jobs.submit import folder

_SAME = {"identical", "equal"}


@dataclass
class _Pair:
    """A run and its repetition; *names* are the same folders under the names that they had for the notebook."""

    run: Run
    bundle: bundles.Bundle
    tried: Trial
    names: Mapping[str, str]
    tolerance: float
    texts: dict[int, Compared] = field(default_factory=dict)

    def cells(self) -> list[dict[str, Any]]:
        """Return each cell with what came of it, and keep how its texts differ."""
        again_path, numbers = self.tried.run.notebook_path, taken(self.bundle)
        before, again = cells_of(self.run.notebook_path), cells_of(again_path) if again_path.exists() else {}
        progress = self.tried.run.info().progress.get("cells_state", [])
        states = dict.fromkeys(numbers, "pending") | dict(zip(numbers, progress, strict=False))
        outside = next((n for n in numbers if acts_outside(again.get(n, {}))), 0)
        for n in numbers:
            shown = [cells.get(n, {}).get("outputs", []) for cells in (before, again)]
            self.texts[n] = compare(shown[0], shown[1], tolerance=self.tolerance, folders=self.names)
        return [{"cell": n, "diff": "", **self._cell(n, states[n], outside)} for n in numbers]

    def _cell(self, n: int, state: str, outside: int) -> dict[str, Any]:
        found = self.texts[n]
        if outside and n >= outside:
            return {"state": "not compared", "why": f"not run again: cell {outside} acts outside"}
        if state == "failed":
            return {"state": "failed", "why": str(self.tried.run.info().error.get("message", "")), "diff": found.diff}
        if state != "done":
            return {"state": "not compared", "why": "not reached"}
        if found.state == "identical" or found.up_to == (NUMBERED,):
            return {"state": "identical", "why": ""}
        return {"state": found.state, "why": found.why, "diff": found.diff}

    def causes(self, number: int) -> list[dict[str, str]]:
        """Return what may have made the difference in cell *number*."""
        path = self.run.folder / WITNESS
        before = files.read_json(path) if path.exists() else {}
        chosen = set(taken(self.bundle))
        told = cells_of(self.bundle.path / bundles.NOTEBOOK)
        sources = {n: "".join(c["source"]) for n, c in told.items() if n in chosen}
        return causes.find(before, self.tried.witness, sources, number, self.texts.get(number), same=self._same)

    def _same(self, place: str) -> str:
        for name, known in self.names.items():
            place = place.replace(name, known)
        return place


def judged(run: Run, *, tolerance: float) -> Verdict:
    """Run the bundle of *run* again in a copy of its workspace and return what came of it; an interrupt leaves nothing."""
    bundle = bundles.read(folder(run.ws), folder(run.ws) / str(run.info().more["bundle"]))
    job = files.read_json(run.folder / JOB)
    kept = {key: job[key] for key in ("pins", "origin") if key in job}
    with trial(run.ws, bundle, job["parameters"], order.from_json(job["order"]), subject=run.ref, **kept) as tried:
        names = {str(run.folder / WORK): str(job["origin"]), **tried.folders}  # the folder inside before the one around it
        found = _compared(_Pair(run, bundle, tried, names, tolerance))
    made = Verdict(run=run.ref, tolerance=tolerance, seconds=round(tried.seconds, 3), made=run.ws.now(), **found)
    return Verdict(**{**made.to_json(), "signature": signature.signed(made.to_json())["signature"]})


def _compared(pair: _Pair) -> dict[str, Any]:
    then, now = pair.run, pair.tried.run
    cells = pair.cells()
    results = compare_results(0, then.info().results, now.info().results, tolerance=pair.tolerance)
    metrics = _metrics(_trained(then), _trained(now), pair.tolerance)
    artifacts = _artifacts(then, now)
    off = next((c for c in cells if c["state"] in ("different", "failed")), None)
    soft = next((c for c in cells if c["state"] == "equal"), None)
    is_same = off is None and all(each["state"] in _SAME for each in (*results, *metrics))
    is_exact = is_same and soft is None and all(each["state"] == "identical" for each in (*metrics, *artifacts))
    is_exact = is_exact and all(r["before"] == r["again"] or NUMBERED in _up_to(r) for r in results)
    verdict = "identical" if is_exact else "equal" if is_same else "different"
    first = off or soft
    told = [] if is_exact else pair.causes(int(first["cell"]) if first else 0)
    found = {"cells": cells, "metrics": metrics, "results": results, "artifacts": artifacts, "causes": told, "verdict": verdict}
    cause = told[0]["cause"] if told else ""
    return {**found, "says": _says(found), "cause": cause, "cell": int(off["cell"]) if off else 0}


def _trained(run: Run) -> list[Run]:
    """Return the trainings of a job, in order."""
    return [Run(run.ws, r.id) for r in run.ws.records.all("run", states=("done",)) if r.fields.get("parent") == run.id]


def _metrics(then: Sequence[Run], now: Sequence[Run], tolerance: float) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for n, run in enumerate(then):
        was, new = run.info().metrics, now[n].info().metrics if n < len(now) else {}
        for name in dict.fromkeys([*was, *new]):
            a, b = was.get(name), new.get(name)
            near = a is not None and b is not None and math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance * 1e-3)
            state = "identical" if a == b else "equal" if near else "different"
            label = name if len(then) == 1 else f"training {n + 1}: {name}"
            made.append({"name": label, "before": a, "again": b, "state": state})
    return made


def _artifacts(then: Run, now: Run) -> list[dict[str, Any]]:
    made = []
    again = _trained(now)
    for n, run in enumerate(_trained(then)):
        if ref := run.info().model:
            other = again[n].info().model if n < len(again) else ""
            was, new = run.ws.model(ref).digest, now.ws.model(other).digest if other else ""
            made.append({"name": ref, "before": was, "again": new, "state": "identical" if was == new else "different"})
    return made


def _up_to(result: Mapping[str, Any]) -> tuple[str, ...]:
    shown = [[{"output_type": "stream", "name": "stdout", "text": str(result[key])}] for key in ("before", "again")]
    return compare(shown[0], shown[1]).up_to


def _says(found: Mapping[str, Any]) -> str:
    """Return the verdict in a sentence."""
    cells, told = found["cells"], found["causes"]
    because = f", because of {told[0]['cause']}: {told[0]['detail']}" if told else ""
    left = sum(c["state"] == "not compared" for c in cells)
    rest = f" {left} of {len(cells)} cells were not compared." if left else ""
    if found["verdict"] == "identical":
        n = len(found["artifacts"])
        return f"all outputs that were compared are the same{f', and {n} of {n} models bit for bit' if n else ''}.{rest}"
    if found["verdict"] == "equal":
        soft = next((c for c in cells if c["state"] == "equal"), None)
        what = f"cell {soft['cell']} is {soft['why']}" if soft else "results and metrics are within the tolerance, bits differ"
        return f"{what}{because}.{rest}"
    because = because or "; nothing that was recorded explains it"
    off = next((c for c in cells if c["state"] in ("different", "failed")), None)
    if off is not None:
        return f"cell {off['cell']} {'failed' if off['state'] == 'failed' else 'showed something else'}{because}.{rest}"
    names = [m["name"] for m in (*found["metrics"], *found["results"]) if m["state"] == "different"]
    return f"{', '.join(names)} came to something else{because}.{rest}"
