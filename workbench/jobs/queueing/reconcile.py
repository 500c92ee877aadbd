"""Runs whose process is gone without a word become 'lost'; cheap enough to ask whenever a face looks."""

from __future__ import annotations

import contextlib
from pathlib import Path

from workbench.core import processes
from workbench.core.errors import ConflictError, ExternalError
from workbench.core.ports import Record
from workbench.core.run import ACTIVE, Run
from workbench.core.workspace import Workspace
from workbench.jobs.queueing.ending import end, end_children
from workbench.jobs.queueing.queue import dispatch

_LOST = "Its process ended without a word: it was killed, memory ran out, or the machine was restarted."
_LOOK_S = 1.0


def reconcile(ws: Workspace) -> list[Run]:
    """Return the runs that were found lost just now; their logs and partial notebooks stay, and room is given on."""
    lost = []
    for record in ws.records.all("run", states=ACTIVE):
        if not _is_gone(ws, record):
            continue
        run = Run(ws, record.id)
        with contextlib.suppress(ConflictError):  # it ended between the two looks
            said = ""
            if handle := record.fields.get("handle"):
                said = ws.target.why(handle)
                with contextlib.suppress(ExternalError):  # a cluster that is gone has taken its processes along
                    ws.target.cancel(handle)  # a kernel or a worker may have outlived its runner
            error = {"code": "run", "message": said or _LOST, "hint": _last_words(run.log_path)}
            state = end(run, "lost", only=(record.state,), error=error)
            end_children(ws, run.id, "lost")
            if state != "queued":
                lost.append(run)
    if lost:
        dispatch(ws)
    return lost


def chore(ws: Workspace) -> float | None:
    """Do what is due; return the seconds until the next look, None when no job is at work."""
    reconcile(ws)
    return _LOOK_S if any(r.fields.get("order") for r in ws.records.all("run", states=ACTIVE)) else None


def _last_words(log: Path) -> str:
    """Return what the log ends with; a process that could not even begin has said why there."""
    with contextlib.suppress(OSError), log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 1000))
        lines = file.read().decode("utf-8", "replace").strip().splitlines()
        return f"Its log ends with: {lines[-1][:200]}" if lines else ""
    return ""


def _is_gone(ws: Workspace, record: Record) -> bool:
    """Return whether nobody is left who could end the run: its job, else the process that began it."""
    if handle := record.fields.get("handle"):
        return not ws.target.alive(handle)
    if record.state != "preparing" and record.fields.get("order"):
        return False  # it waits in the queue, where nobody has to look after it
    process = record.fields.get("process") or {}
    return bool(process) and not processes.alive(process)
