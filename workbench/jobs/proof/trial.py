"""A trial: a bundle runs as a job in a copy of the workspace, which is gone afterwards; for rehearsals and verifications."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench import wiring
from workbench.core import files, processes
from workbench.core.errors import ConflictError
from workbench.core.run import Run
from workbench.core.workspace import Workspace
from workbench.jobs.bundles.bundle import Bundle
from workbench.jobs.job import JOB, WITNESS, WORK
from workbench.jobs.order import Order
from workbench.jobs.places.local_target import LocalTarget
from workbench.jobs.queueing.reconcile import reconcile
from workbench.jobs.submit import prepare
from workbench.store.copy import MARK, copy_workspace

#: Where the copies are, below the workspace: on its file system, so that they are links.
FOLDER = "rehearsals"
_LOOK_S = 0.05
#: How much longer than it is waited for a trial may run when nobody is left to end it.
_BACKSTOP_S = 30.0


@dataclass(frozen=True)
class Trial:
    """A job in a copy that has ended, or was ended when the time was up; read it before the copy is gone."""

    run: Run
    was_stopped: bool
    seconds: float
    #: The same folders under the names that they had for the notebook.
    folders: Mapping[str, str]

    @property
    def witness(self) -> dict[str, Any]:
        """Return what its process saw, {} when it was ended before it could tell."""
        path = self.run.folder / WITNESS
        return dict(files.read_json(path)) if path.exists() else {}


@contextlib.contextmanager
def trial(
    ws: Workspace,
    bundle: Bundle,
    given: Mapping[str, Any],
    order: Order,
    *,
    seconds: float = 0.0,
    subject: str = "",
    **job: Any,
) -> Iterator[Trial]:
    """Run *bundle* in a copy of *ws* and hand out how it ended; *job* are further entries of its `job.json`.

    Progress is told of *subject*, by default the bundle. After *seconds* it is stopped; 0 waits for as long as it takes.
    Whatever interrupts the wait, no process of the job is left, and no copy.
    """
    clear(ws)
    home = ws.root / FOLDER / uuid.uuid4().hex[:12]
    copy = home / ws.root.name
    try:
        copy_workspace(ws.root, copy, facts={"process": processes.identity(os.getpid())})
        inside = Workspace(copy, wire=wiring.wire, settings=wiring.settings(copy, os.environ), clock=ws.clock)
        limit = seconds + _BACKSTOP_S if seconds else order.time_limit_s
        run = prepare(inside, bundle, given, replace(order, at="", after=(), retries=0, time_limit_s=limit))
        told = {**files.read_json(run.folder / JOB), "stands_for": str(ws.root), **job}
        files.write_json(run.folder / JOB, told)
        began = time.monotonic()
        told_of = subject or f"bundle:{bundle.digest[:12]}"
        was_stopped = _lead(run, seconds, lambda **news: ws.events.emit("progress", told_of, **news))
        folders = {str(run.folder / WORK): str(told["origin"]), str(copy): str(ws.root)}
        yield Trial(run, was_stopped, time.monotonic() - began, folders)
    finally:
        _take_away(home)


def clear(ws: Workspace) -> None:
    """End the trials of processes that are gone, and take their copies away."""
    for mark in (ws.root / FOLDER).glob(f"*/*/{MARK}"):
        with contextlib.suppress(FileNotFoundError):  # somebody else clears it
            if not processes.alive(files.read_json(mark).get("process", {})):
                left = Workspace(mark.parent, wire=wiring.wire, settings=wiring.settings(mark.parent, os.environ))
                for record in left.records.all("run", states=("running",)):
                    if handle := record.fields.get("handle"):
                        LocalTarget(left.root).cancel(handle)
                _take_away(mark.parent.parent)


def _take_away(folder: Path) -> None:
    """Remove a copy, again where a process that is just ending has still written into it."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)


def _lead(run: Run, seconds: float, tell: Callable[..., None]) -> bool:
    """Start the job, follow it to its end, and return whether it was stopped since its time was up."""
    target = LocalTarget(run.ws.root)
    handle = dict(target.submit(run.id, run.folder))
    try:
        with contextlib.suppress(ConflictError):
            run.update(handle={**handle, "at": ""})
        until = time.monotonic() + seconds if seconds else float("inf")
        shown = -1
        while True:
            has_ended = run.is_done  # asked first, so that what is told last is the end
            states = run.info().progress.get("cells_state", [])
            done = sum(state == "done" for state in states)
            if states and done != shown:
                shown = done
                tell(done=done, total=len(states))
            if has_ended or time.monotonic() > until:
                return not has_ended
            if not target.alive(handle):
                reconcile(run.ws)
            time.sleep(_LOOK_S)
    finally:
        target.cancel(handle)  # also what it has left behind
        if not run.is_done:
            with contextlib.suppress(ConflictError):
                run.finish(state="cancelled")
