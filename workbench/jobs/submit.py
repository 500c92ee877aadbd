"""submit(): start a run of a bundle that is there already; promote() is a bundle made and then this."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench import wiring
from workbench.core import files, refs
from workbench.core.errors import from_json
from workbench.core.run import Run, begin
from workbench.core.workspace import Workspace, current
from workbench.jobs.bundles.bundle import Bundle, read, unpack
from workbench.jobs.bundles.environment import interpreter, require
from workbench.jobs.bundles.pins import exact
from workbench.jobs.job import JOB, SECRETS, WORK
from workbench.jobs.order import Order
from workbench.jobs.queueing.queue import admit, dispatch
from workbench.jobs.reading import promises
from workbench.jobs.reading.parameters import check


def submit(
    bundle: Path,
    *,
    parameters: Mapping[str, Any] | None = None,
    workers: int = 1,
    at: str = "",
    cpus: float = 1.0,
    memory_gb: float = 0.0,
    gpus: int = 0,
    priority: int = 0,
    retries: int = 0,
    after: tuple[str, ...] = (),
    idea: str = "",
    time_limit_s: float = 0.0,
    ws: Workspace | None = None,
) -> Run:
    """Return a new run of *bundle*: its folder, or the first letters of its digest.

    The arguments are those of `promote()`. Raises `NotFoundError` when there is no such bundle, `InputError` when it
    was altered or a parameter does not fit.
    """
    order = Order(
        at=at,
        workers=workers,
        cpus=cpus,
        memory_gb=memory_gb,
        gpus=gpus,
        priority=priority,
        retries=retries,
        after=tuple(after),
        idea=idea,
        time_limit_s=time_limit_s,
    )
    ws = ws or current()
    found = read(folder(ws), bundle)
    given = exact(ws, check(found.parameters, parameters or {}, where=found.title))
    return start(ws, found, given, order)


def folder(ws: Workspace) -> Path:
    """Return where a workspace keeps its bundles."""
    return ws.root / "bundles"


def start(
    ws: Workspace,
    bundle: Bundle,
    given: Mapping[str, Any],
    order: Order,
    *,
    pins: Mapping[str, str] | None = None,
    **facts: Any,
) -> Run:
    """Return a run of *bundle* with checked parameters, queued or started; *facts* go into its record.

    *pins* are the versions that names stand for in this run, those of the bundle by default.
    """
    wiring.stay_inside(ws)
    if not order.at:
        require(bundle)
    order = replace(order, after=tuple(dict.fromkeys((*map(_named, order.after), *promises.makers(given)))))
    expected_s = float((facts.get("estimate") or {}).get("seconds") or 0)
    admit(ws, order, given, expected_s=expected_s)
    run = prepare(ws, bundle, given, order, pins=pins, **facts)
    dispatch(ws)
    record = ws.records.get("run", run.id)
    if record.state == "failed" and not record.fields.get("started"):
        raise from_json(record.fields["error"])
    return run


def prepare(
    ws: Workspace,
    bundle: Bundle,
    given: Mapping[str, Any],
    order: Order,
    *,
    pins: Mapping[str, str] | None = None,
    **facts: Any,
) -> Run:
    """Return a run that waits in the queue, its folder complete."""
    defaults = {p.name: p.default for p in bundle.parameters or ()}
    run = begin(
        ws,
        "job",
        state="preparing",
        title=bundle.title,
        params={**defaults, **given},
        inputs={"notebook": str(bundle.facts["source"]["path"]), "bundle": bundle.digest},
        bundle=bundle.digest,
        environment=bundle.environment,
        order=order.to_json(),
        attempt=1,
        **facts,
    )
    job = {
        "workspace": str(ws.root),
        "origin": str(Path(str(bundle.facts["source"]["path"])).parent),
        "kernel": bundle.facts["kernel"],
        "python": interpreter(bundle),
        "parameters": dict(given),
        "environment": bundle.environment,
        "pins": dict(bundle.facts.get("pins", {}) if pins is None else pins),
        "secrets": list(bundle.facts.get("secrets", ())),
        "order": order.to_json(),
    }
    try:
        unpack(bundle, run.folder / WORK)
        keep_secrets(run.folder / SECRETS, job["secrets"], os.environ)
        files.write_json(run.folder / JOB, job)
        run.update(state="queued", only=("preparing",))
    except Exception as exc:
        run.finish(state="failed", error={"code": "run", "message": f"The job was not prepared: {exc}"})
        raise
    return run


def _named(ref: str) -> str:
    return str(refs.parse(ref, kind="run"))


def keep_secrets(path: Path, names: Sequence[str], around: Mapping[str, str]) -> None:
    """Write the values of the secrets that are set to a file that only their owner reads."""
    told = {name: around[name] for name in names if name in around}
    if told:
        files.write_json(path, told, mode=0o600)
