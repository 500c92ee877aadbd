"""Runs once more: resume() goes on where a job stopped, rerun() starts its bundle anew."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.core import files
from workbench.core.errors import ConflictError, InputError
from workbench.core.run import Run
from workbench.jobs.job import JOB, SECRETS
from workbench.jobs.order import from_json

_STOPPED = ("failed", "lost", "cancelled")


def resume(run: Run) -> Run:
    """Return *run*, queued again as its next attempt; its trainings go on from their last checkpoints.

    What it left so far is kept as `attempt-1.log.txt` and so on. Raises `ConflictError` when it is at work or done.
    """
    from workbench.jobs.queueing.ending import again
    from workbench.jobs.queueing.queue import admit, dispatch
    from workbench.jobs.submit import keep_secrets

    record = run.ws.records.get("run", run.id)
    _check_job(run, record.fields)
    if record.state not in _STOPPED:
        raise ConflictError(f"Run {run.id} is {record.state}.", hint="Only a run that stopped can go on; see run.rerun().")
    order = from_json(record.fields["order"])
    job = files.read_json(run.folder / JOB)
    admit(run.ws, order, job.get("given", job["parameters"]))
    run.cancel_path.unlink(missing_ok=True)
    keep_secrets(run.folder / SECRETS, job.get("secrets", ()), os.environ)
    again(run, record, only=_STOPPED, wait=False, error={}, score={})
    dispatch(run.ws)
    return run


def rerun(run: Run, *, parameters: Mapping[str, Any] | None = None) -> Run:
    """Return a new run of the same bundle and order, with other *parameters* where some are given."""
    from workbench.jobs.bundles.bundle import read
    from workbench.jobs.reading.parameters import check
    from workbench.jobs.submit import folder, start

    fields = run.ws.records.get("run", run.id).fields
    _check_job(run, fields)
    bundle = read(folder(run.ws), folder(run.ws) / str(fields["bundle"]))
    job = files.read_json(run.folder / JOB)
    given = check(bundle.parameters, {**job.get("given", job["parameters"]), **(parameters or {})}, where=bundle.title)
    facts = {name: fields[name] for name in ("certificate", "override", "estimate") if fields.get(name)}
    # What it waited for has ended by now, one way or the other.
    order = replace(from_json(fields["order"]), after=())
    return start(run.ws, bundle, given, order, pins=job.get("pins"), rerun_of=run.ref, **facts)


def _check_job(run: Run, fields: Mapping[str, Any]) -> None:
    if not fields.get("order") or not fields.get("bundle"):
        raise InputError(f"Run {run.id} is not a job.", hint="Only what was promoted has a bundle to run again.")
