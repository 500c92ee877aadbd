"""Runs whose process is gone without a word become 'lost'; cheap enough to ask whenever a face looks."""

from __future__ import annotations

import contextlib

from workbench.core import processes
from workbench.core.errors import ConflictError
from workbench.core.ports import Record
from workbench.core.run import ACTIVE, Run
from workbench.core.workspace import Workspace

_LOST = "Its process ended without a word: it was killed, memory ran out, or the machine was restarted."


def reconcile(ws: Workspace) -> list[Run]:
    """Return the runs that were found lost just now; their logs and partial notebooks stay."""
    lost = []
    for record in ws.records.all("run"):
        if record.state in ACTIVE and _is_gone(ws, record):
            run = Run(ws, record.id)
            with contextlib.suppress(ConflictError):  # it ended between the two looks
                run.finish(state="lost", error={"code": "run", "message": _LOST})
                lost.append(run)
                if handle := record.fields.get("handle"):
                    ws.target.cancel(handle)  # a kernel or a worker may have outlived its runner
                end_children(ws, run.id, "lost")
    return lost


def end_children(ws: Workspace, parent: str, state: str) -> None:
    """Give the runs that worked inside *parent* its state; their process was the job's."""
    for record in ws.records.all("run"):
        if record.state in ACTIVE and record.fields.get("parent") == parent and not record.fields.get("handle"):
            with contextlib.suppress(ConflictError):
                Run(ws, record.id).finish(state=state)


def _is_gone(ws: Workspace, record: Record) -> bool:
    """Return whether nobody is left who could end the run: its job, else the process that began it."""
    if handle := record.fields.get("handle"):
        return not ws.target.alive(handle)
    process = record.fields.get("process") or {}
    return bool(process) and not processes.alive(process)
