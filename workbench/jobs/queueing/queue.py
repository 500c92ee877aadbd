"""The queue: runs that wait start when their turn has come and there is room; any process may look after it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workbench.core import processes
from workbench.core.errors import ConflictError, WorkbenchError
from workbench.core.ports import Record
from workbench.core.run import ENDED, Run
from workbench.core.workspace import Workspace
from workbench.jobs.members import MARK
from workbench.jobs.order import Order, from_json
from workbench.jobs.queueing import keeper, slots
from workbench.jobs.queueing.attempt import prepare
from workbench.jobs.queueing.ending import MOST_S, end
from workbench.jobs.queueing.ledger import check as check_quota
from workbench.jobs.queueing.ledger import settings_of
from workbench.jobs.reading import promises
from workbench.jobs.surroundings import outside
from workbench.store.locks import locked

#: A job that has waited this long for room gets it next: what is behind it starts no more.
PATIENCE_S = 60.0
#: A start takes a moment; whoever has claimed a run for longer than this has not started it.
_CLAIM_S = 60.0


def admit(ws: Workspace, order: Order, parameters: Mapping[str, Any], *, expected_s: float = 0.0) -> None:
    """Raise what speaks against a new job: no such room, no hours left, a run to wait for or a result that is not there."""
    slots.check(order, slots.machine(settings_of(ws)))
    for ref in order.after:
        ws.run(ref)
    promises.check(ws, parameters)
    check_quota(ws, order, expected_s=expected_s)


def dispatch(ws: Workspace) -> list[Run]:
    """Start every queued run that may start now, and return them; any process may call it at any time."""
    with locked(ws.root / "queue.lock"):
        chosen, n_left = _choose(ws)
    started = [run for run, order in chosen if _start(run, order)]
    if n_left or any(order.retries for _, order in chosen) or keeper.wanted(ws, runs=False):
        keeper.ensure(ws)
    return started


def chore(ws: Workspace) -> float | None:
    """Do what is due; return the seconds until the next look, None when nobody waits."""
    dispatch(ws)
    return 1.0 if ws.records.all("run", states=("queued",)) else None


def enter(run: Run, at: str = "") -> bool:
    """Say that this process runs *run* from now on; return False when it shall not: it was cancelled, or another does.

    A dispatcher that was killed at the wrong moment leaves a run started and not known as such, so it is started again.
    Of all its runners one gets here first, and the record names that one.
    """
    fields: dict[str, Any] = {"started": run.ws.now(), "waits": ""}
    if not at:
        fields["handle"] = {**processes.identity(os.getpid()), "token": os.environ.get(MARK, ""), "at": ""}
    try:
        run.update(state="running", only=("queued",), **fields)
    except ConflictError:
        return False
    return True


def leave(ws: Workspace, job: Mapping[str, Any]) -> None:
    """Let the next run in, as the last thing that the process of *job* does: what it was told stays with it."""
    told = outside(os.environ, job)
    os.environ.clear()
    os.environ.update(told)
    if not str(job["order"].get("at", "")).startswith("http"):  # a cluster elsewhere is not the machine that jobs wait for
        dispatch(ws)


def _choose(ws: Workspace) -> tuple[list[tuple[Run, Order]], int]:
    """Claim what may start now; return it, and how many are left."""
    records = [r for r in ws.records.all("run", states=("queued", "running")) if r.fields.get("order")]
    whole = slots.machine(settings_of(ws))
    waiting = [r for r in records if r.state == "queued" and not _is_started(ws, r)]
    held = [r.fields.get("slots") or {} for r in records if r not in waiting and not r.fields["order"]["at"]]
    free = whole.without(held)
    ready = [(r, from_json(r.fields["order"])) for r in waiting if _is_ours(ws, r) and not _waits(ws, r)]
    chosen: list[tuple[Run, Order]] = []
    for record, order in sorted(ready, key=lambda each: -each[1].priority):  # a stable sort: the oldest first
        given = _needs(order) if order.at else free.take(order, whole)
        if given is None:
            _tell(ws, record, "room on this machine")
            if _waited_s(ws, record) > PATIENCE_S:
                free = slots.Slots(0, 0)  # what becomes free is kept for it
            continue
        if not order.at:
            free = free.without([given.to_json()])
        claim = {**processes.identity(os.getpid()), "made": ws.now()}
        with contextlib.suppress(ConflictError):  # cancelled a moment ago
            ws.records.update("run", record.id, only=("queued",), claim=claim, slots=given.to_json(), waits="")
            chosen.append((Run(ws, record.id), order))
    return chosen, len(waiting) - len(chosen)


def _start(run: Run, order: Order) -> bool:
    """Hand a claimed run to its place; what goes wrong is the run's end, not that of whoever dispatches."""
    try:
        prepare(run, order)
        handle = dict(run.ws.target.submit(run.id, run.folder))
    except Exception as exc:
        code, hint = (exc.code, exc.hint) if isinstance(exc, WorkbenchError) else ("run", "")
        message = exc.message if isinstance(exc, WorkbenchError) else f"{type(exc).__name__}: {exc}"
        with contextlib.suppress(ConflictError):
            end(
                run,
                "failed",
                only=("queued",),
                error={"code": code, "message": f"The job was not started: {message}", "hint": hint},
            )
        return False
    # The runner of a job here may have been quicker and named itself; on a cluster only the handle finds it.
    with contextlib.suppress(ConflictError):
        run.update(only=("queued", "running") if order.at else ("queued",), handle=handle)
    return True


def _is_started(ws: Workspace, record: Record) -> bool:
    """Return whether somebody has started the queued run, or is about to."""
    claim = record.fields.get("claim") or {}
    if record.fields.get("handle"):
        return True
    return bool(claim) and processes.alive(claim) and abs(_seconds_since(ws, claim["made"])) < _CLAIM_S


def _is_ours(ws: Workspace, record: Record) -> bool:
    """Return whether the run is this user's: in a workspace that people share, each one's jobs run as that one."""
    with contextlib.suppress(OSError):
        return Run(ws, record.id).folder.stat().st_uid == os.getuid()
    return True


def _waits(ws: Workspace, record: Record) -> bool:
    """Return whether the run has to wait for something else than room; one that waits in vain is cancelled."""
    due = str(record.fields.get("not_before") or "")
    # Farther away than any wait: the clock was set back.
    if due and -MOST_S <= _seconds_since(ws, due) < 0:
        return _tell(ws, record, f"its next attempt at {due}")
    for ref in record.fields["order"]["after"]:
        name = ref.removeprefix("run:")
        state = ws.records.get("run", name).state
        if state == "done":
            continue
        if state not in ENDED:
            return _tell(ws, record, f"run:{name}")
        error = {"code": "run", "message": f"Run {name}, which it waited for, is {state}.", "hint": "Start that one first."}
        with contextlib.suppress(ConflictError):
            end(Run(ws, record.id), "cancelled", only=("queued",), error=error)
        return True
    return False


def _tell(ws: Workspace, record: Record, what: str) -> bool:
    """Note what a run waits for."""
    if record.fields.get("waits") != what:
        with contextlib.suppress(ConflictError):
            ws.records.update("run", record.id, only=("queued",), waits=what)
    return True


def _needs(order: Order) -> slots.Slots:
    needs = order.needs
    return slots.Slots(needs["cpus"], needs["memory_gb"], tuple(range(int(needs["gpus"]))))


def _waited_s(ws: Workspace, record: Record) -> float:
    return _seconds_since(ws, str(record.fields.get("created") or ws.now()))


def _seconds_since(ws: Workspace, moment: str) -> float:
    return (ws.clock() - datetime.fromisoformat(moment)).total_seconds()
