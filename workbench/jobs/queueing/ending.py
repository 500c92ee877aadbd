"""How a job ends, whoever ends it: it starts again when it may, else its cost, its score and its notices are kept."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from workbench.core.errors import ConflictError
from workbench.core.ports import Record
from workbench.core.run import ACTIVE, Run
from workbench.core.workspace import Workspace
from workbench.jobs.job import SECRETS
from workbench.jobs.queueing.ledger import settings_of, spent

#: Of a run that starts again, the longest wait between two attempts.
MOST_S = 60.0


def end(run: Run, state: str, *, only: tuple[str, ...], error: Mapping[str, Any] | None = None) -> str:
    """End a run and return its state: one that broke and has retries left is 'queued' again.

    Raises `ConflictError` when its state is not in *only* any more: somebody else ended it.
    """
    record = run.ws.records.get("run", run.id)
    if record.state not in only:
        raise ConflictError(f"Run {run.id} is {record.state}, not {' or '.join(only)}.", state=record.state)
    if state in ("failed", "lost") and run.cancel_path.exists():
        state = "cancelled"  # what broke it was the cancelling
    cost = spent(record.fields, run.ws.clock(), settings_of(run.ws))
    if state in ("failed", "lost") and _may_try_again(record):
        again(run, record, only=only, wait=True, error=dict(error or {}), cost=cost)
        return "queued"
    announce(run.ws, run.id, record)  # before the end is told: a crash between the two loses no notice
    told = {"error": dict(error or {}), "cost": cost, "waits": ""}
    if state == "done":
        told |= {"score": _score(record.fields, cost)}
    run.update(state=state, only=only, ended=run.ws.now(), **told)
    run.ws.events.emit("end", run.ref, state=state)
    (run.folder / SECRETS).unlink(missing_ok=True)
    return state


def again(run: Run, record: Record, *, only: tuple[str, ...], wait: bool, **facts: Any) -> None:
    """Put a run back into the queue as its next attempt."""
    attempt = int(record.fields.get("attempt", 1))
    due = run.ws.clock() + timedelta(seconds=min(2.0**attempt, MOST_S))
    run.update(
        state="queued",
        only=only,
        attempt=attempt + 1,
        not_before=due.isoformat(timespec="milliseconds") if wait else "",
        handle={},
        claim={},
        slots={},
        started="",
        ended="",
        waits="",
        progress={},
        results={},
        metrics={},
        verdict={},
        **facts,
    )


def announce(ws: Workspace, run: str, record: Record) -> None:
    """Note that somebody wants to hear of the end of *run*; `notify` tells them when it has ended."""
    settings = settings_of(ws)
    told = {"url": settings.notify_url, "mail": settings.notify_mail}
    for channel in (name for name, to in told.items() if to):
        name = f"{run}.{record.fields.get('attempt', 1)}.{channel}"
        with contextlib.suppress(ConflictError):  # whoever ended it before was killed after this
            fields = {"run": run, "channel": channel, "tries": 0, "created": ws.now()}
            ws.records.put("notice", name, fields, state="pending", new=True)


def end_children(ws: Workspace, parent: str, state: str) -> None:
    """Give the runs that worked inside *parent* its state; their process was the job's."""
    for record in ws.records.all("run", states=ACTIVE):
        if record.fields.get("parent") == parent and not record.fields.get("handle"):
            with contextlib.suppress(ConflictError):
                Run(ws, record.id).finish(state=state)


def _may_try_again(record: Record) -> bool:
    order = record.fields.get("order") or {}
    return record.state != "preparing" and int(record.fields.get("attempt", 1)) <= int(order.get("retries", 0))


def _score(fields: Mapping[str, Any], cost: Mapping[str, float]) -> dict[str, Any]:
    """Return what really happened beside what was expected; `error` is relative, positive when it took longer."""
    expected = float((fields.get("estimate") or {}).get("seconds") or 0)
    if not expected or not cost["wall_s"] or int(fields.get("attempt", 1)) > 1:
        return {}
    return {"actual_s": cost["wall_s"], "error": round(cost["wall_s"] / expected - 1, 4)}
