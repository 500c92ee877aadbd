"""submit(): start a run of a bundle that is there already; promote() is a bundle made and then this."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.core import files
from workbench.core.errors import InputError
from workbench.core.run import Run, begin
from workbench.core.workspace import Workspace, current
from workbench.jobs.bundle import Bundle, read, unpack
from workbench.jobs.parameters import check

#: What a target finds in the folder of a job: this file, and the bundle's files in WORK.
JOB, WORK = "job.json", "work"


def submit(
    bundle: Path, *, parameters: Mapping[str, Any] | None = None, time_limit_s: float = 0.0, ws: Workspace | None = None
) -> Run:
    """Return a new run of *bundle*: its folder, or the first letters of its digest.

    Raises `NotFoundError` when there is no such bundle, `InputError` when it was altered or a parameter does not fit.
    """
    check_limit(time_limit_s)
    ws = ws or current()
    found = read(folder(ws), bundle)
    return start(ws, found, check(found.parameters, parameters or {}, where=found.title), time_limit_s=time_limit_s)


def folder(ws: Workspace) -> Path:
    """Return where a workspace keeps its bundles."""
    return ws.root / "bundles"


def check_limit(time_limit_s: float) -> None:
    """Raise `InputError` when the limit is no time."""
    if not (math.isfinite(time_limit_s) and time_limit_s >= 0):
        raise InputError(f"`time_limit_s` must be 0 or more seconds, got {time_limit_s!r}.", hint="0 is no limit.")


def start(ws: Workspace, bundle: Bundle, given: Mapping[str, Any], *, time_limit_s: float) -> Run:
    """Return a run of *bundle* with checked parameters; the run fails when its target does not take it."""
    defaults = {p.name: p.default for p in bundle.parameters or ()}
    run = begin(
        ws,
        "job",
        state="queued",
        title=bundle.title,
        params={**defaults, **given},
        inputs={"notebook": str(bundle.facts["source"]["path"]), "bundle": bundle.digest},
        environment=bundle.environment,
    )
    job = {
        "workspace": str(ws.root),
        "origin": str(Path(str(bundle.facts["source"]["path"])).parent),
        "kernel": bundle.facts["kernel"],
        "parameters": dict(given),
        "environment": bundle.environment,
        "time_limit_s": time_limit_s,
    }
    try:
        unpack(bundle, run.folder / WORK)
        files.write_json(run.folder / JOB, job)
        run.update(handle=dict(ws.target.submit(run.id, run.folder)))
    except Exception as exc:
        run.finish(state="failed", error={"code": "run", "message": f"The job was not started: {exc}"})
        raise
    return run
