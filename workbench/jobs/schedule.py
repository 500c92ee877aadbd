"""The verb `schedule`, and what can be done with a schedule."""

from __future__ import annotations

import getpass
import re
from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

from workbench.core import refs
from workbench.core.ports import Record
from workbench.core.run import Run
from workbench.core.schedule import Schedule
from workbench.core.workspace import Workspace, current

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


def schedule(
    notebook: Path,
    cron: str,
    *,
    name: str = "",
    tz: str = "UTC",
    cells: str = "",
    parameters: Mapping[str, Any] | None = None,
    rehearsal_s: float = 30.0,
    ws: Workspace | None = None,
) -> Schedule:
    """Return a schedule that runs *notebook*, as it is now, at the times of *cron* in the time zone *tz*.

    The notebook is rehearsed and becomes a bundle, as by `promote()`; what is edited later does not reach the runs until
    `renew()`. A schedule of the same name is replaced. Times that pass while nothing runs on this machine are caught up
    with one run.

    Args:
        notebook: An `.ipynb` file.
        cron: Minute, hour, day of month, month, day of week, such as '30 2 * * 1-5'; a sixth field in front is seconds.
        name: The name of the schedule; that of the notebook by default.
        tz: The time zone in which *cron* is read, such as 'Europe/Berlin'.
        cells: Which cells run, as for `promote()`.
        parameters: Values for names that the cell tagged `parameters` declares.
        rehearsal_s: How long the rehearsal may take; 0 rehearses nothing.
        ws: The workspace; the one that was opened last by default.

    Raises:
        InputError: *cron* tells no times, or the notebook cannot run as it is.
        NotFoundError: The notebook, its kernel, a tag or the time zone does not exist.
    """
    from workbench.jobs.due import following
    from workbench.jobs.order import Order
    from workbench.jobs.queueing import keeper

    ws = ws or current()
    name = name or _UNFIT.sub("-", Path(notebook).stem).strip("-.") or "schedule"
    refs.check_name(name, what="schedule")
    following(cron, tz, ws.clock())  # what is wrong with the times is told before the notebook is rehearsed
    made = _made(ws, Path(notebook), cells, parameters or {}, rehearsal_s)
    fields = {"cron": cron, "tz": tz, "cells": cells, "rehearsal_s": rehearsal_s, "order": Order().to_json(), **made}
    fields |= {"user": getpass.getuser(), "created": ws.now(), "last": "", "last_run": "", "next": _next(ws, cron, tz)}
    ws.records.put("schedule", name, fields, state="active")
    keeper.ensure(ws)
    return Schedule(ws, name)


def fire(schedule: Schedule) -> Run:
    """Return a run of the schedule's bundle, started now; its times stay as they are."""
    from workbench.jobs.due import begin

    run = begin(schedule.ws, _record(schedule))
    schedule.ws.records.update("schedule", schedule.name, last=schedule.ws.now(), last_run=run.ref)
    return run


def pause(schedule: Schedule) -> Schedule:
    """Return the schedule, which starts no more runs."""
    schedule.ws.records.update("schedule", schedule.name, state="paused")
    return schedule


def unpause(schedule: Schedule) -> Schedule:
    """Return the schedule, active again; times that passed meanwhile are not caught up."""
    from workbench.jobs.queueing import keeper

    told = _record(schedule).fields
    upcoming = _next(schedule.ws, str(told["cron"]), str(told["tz"]))
    schedule.ws.records.update("schedule", schedule.name, state="active", next=upcoming)
    keeper.ensure(schedule.ws)
    return schedule


def renew(schedule: Schedule) -> Schedule:
    """Return the schedule with a bundle of the notebook as it is now."""
    told = _record(schedule).fields
    seconds = float(told.get("rehearsal_s", 30.0))
    made = _made(schedule.ws, Path(str(told["notebook"])), str(told["cells"]), dict(told["params"]), seconds)
    schedule.ws.records.update("schedule", schedule.name, **made)
    return schedule


def _made(ws: Workspace, notebook: Path, cells: str, parameters: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Return what a schedule keeps of a notebook: its bundle, rehearsed, and the parameters, checked."""
    from workbench.jobs.bundles.plan import plan
    from workbench.jobs.promote import proof
    from workbench.jobs.submit import folder

    made = plan(ws, notebook, cells=cells, parameters=parameters)
    bundle = made.publish(folder(ws))
    assert made.notebook is not None  # else the line above has raised
    facts = proof(ws, bundle, made.notebook, seconds=seconds, override="")
    told = {"title": bundle.title, "bundle": bundle.digest, "notebook": str(made.notebook.path), "params": made.given}
    return {**told, **facts, "is_behind": False, "problem": ""}


def _next(ws: Workspace, cron: str, tz: str) -> str:
    from workbench.jobs.due import following

    return following(cron, tz, ws.clock()).astimezone(UTC).isoformat(timespec="milliseconds")


def _record(schedule: Schedule) -> Record:
    return schedule.ws.records.get("schedule", schedule.name)
