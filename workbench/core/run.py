"""Run: one execution of a training or a notebook; the handle asks now, `RunInfo` is what was true then."""

from __future__ import annotations

import getpass
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from workbench.core import processes, refs
from workbench.core.errors import ConflictError, NotFoundError, RunError
from workbench.core.ports import Record
from workbench.core.verbs import act
from workbench.core.workspace import Workspace

if TYPE_CHECKING:
    from workbench.core.model import Model

#: A run goes from left to right and ends in one of ENDED.
ACTIVE = ("preparing", "queued", "running")
ENDED = ("done", "failed", "cancelled", "lost")

_NAMED = frozenset(
    {"kind", "created", "params", "metrics", "progress", "inputs", "model", "error", "handle", "results", "process", "parent"}
)

#: How often, in seconds, a run that is followed is looked after: does its process still live?
_LOOK_S = 2.0


@dataclass(frozen=True)
class RunInfo:
    """What was true of a run when it was asked."""

    id: str
    kind: str
    state: str
    created: str
    updated: str
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    progress: Mapping[str, Any]
    inputs: Mapping[str, str]
    model: str
    error: Mapping[str, Any]
    handle: Mapping[str, Any]
    results: Mapping[str, Any] = field(default_factory=dict)
    #: Everything else that is recorded: order, attempt, bundle, certificate, estimate, cost, user.
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """A run of a workspace; its folder holds the log, the metrics and, for a notebook, the executed notebook."""

    ws: Workspace = field(repr=False)
    id: str

    @property
    def ref(self) -> str:
        """Return the reference string, such as `run:train-17`."""
        return f"run:{self.id}"

    @property
    def folder(self) -> Path:
        """Return the folder of the run's files."""
        return self.ws.root / "runs" / self.id

    @property
    def log_path(self) -> Path:
        """Return the file of the run's log."""
        return self.folder / "log.txt"

    @property
    def notebook_path(self) -> Path:
        """Return the executed notebook, for a run that has one."""
        return self.folder / "run.ipynb"

    @property
    def state(self) -> str:
        """Return the state as it is now."""
        return self.ws.records.get("run", self.id).state

    @property
    def is_done(self) -> bool:
        """Return whether the run has ended, well or not."""
        return self.state in ENDED

    def info(self) -> RunInfo:
        """Return what is true now, frozen."""
        record = self.ws.records.get("run", self.id)
        fields = record.fields
        return RunInfo(
            id=self.id,
            kind=str(fields.get("kind", "")),
            state=record.state,
            created=str(fields.get("created", "")),
            updated=record.updated,
            params=dict(fields.get("params", {})),
            metrics=dict(fields.get("metrics", {})),
            progress=dict(fields.get("progress", {})),
            inputs=dict(fields.get("inputs", {})),
            model=str(fields.get("model", "")),
            error=dict(fields.get("error", {})),
            handle=dict(fields.get("handle") or {}),
            results=dict(fields.get("results", {})),
            more={k: v for k, v in fields.items() if k not in _NAMED},
        )

    def update(self, *, state: str | None = None, only: tuple[str, ...] = (), **fields: Any) -> Record:
        """Record new facts; with *only*, refuse when the state is another one."""
        record = self.ws.records.update("run", self.id, state=state, only=only, **fields)
        self.ws.events.emit("run", self.ref, state=record.state, **fields)
        return record

    def measure(self, step: int, **metrics: float) -> None:
        """Append one step of the learning curve, and show it to whoever listens."""
        line = json.dumps({"step": step, "at": self.ws.now(), **metrics})
        with (self.folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        self.update(metrics=dict(metrics))
        self.ws.events.emit("metrics", self.ref, step=step, **metrics)

    def curve(self) -> list[dict[str, Any]]:
        """Return the learning curve so far: one dictionary per step; a line cut off by a crash is left out."""
        path = self.folder / "metrics.jsonl"
        lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
        return [json.loads(line) for line in lines if line]

    def follow(
        self, show: Callable[[str], None] = print, *, timeout_s: float = 3600.0, sleep: Callable[[float], None] = time.sleep
    ) -> Run:
        """Show the log as it grows until the run ends; raise `ConflictError` after *timeout_s* seconds."""
        shown, waited, looked = 0, 0.0, 0.0
        while True:
            if waited - looked >= _LOOK_S:
                looked = waited
                act("reconcile", self.ws)  # else a run whose process was killed would be followed for ever
            ended = self.is_done
            shown = self._show_from(shown, show)
            if ended:
                return self
            if waited >= timeout_s:
                raise ConflictError(f"Run {self.id} is still {self.state} after {timeout_s:g} s.", hint="Call follow() again.")
            sleep(0.2)
            waited += 0.2

    def result(self) -> Model:
        """Return the model that the run made; raise `RunError` when it failed, `ConflictError` while it works."""
        info = self.info()
        if info.state in ("failed", "lost"):
            raise RunError(
                f"Run {self.id} {info.state}: {info.error.get('message', 'its process ended without a word')}",
                hint=f"Log: {self.log_path}",
                run_id=self.id,
                log=str(self.log_path),
            )
        if info.state != "done":
            raise ConflictError(f"Run {self.id} is {info.state}; it has no result yet.", hint="Call follow() first.")
        if not info.model:
            raise NotFoundError(f"Run {self.id} made no model.", hint="Its notebook has no wb.train() that ended well.")
        return self.ws.model(info.model)

    def finish(self, *, state: str = "done", model: str = "", **fields: Any) -> Run:
        """End the run; the run of the notebook that it belongs to gets its model and metrics as well."""
        if model:
            fields["model"] = model
        record = self.update(state=state, only=ACTIVE, ended=self.ws.now(), **fields)
        parent = str(record.fields.get("parent", ""))
        if parent and model:
            Run(self.ws, parent).update(model=model, metrics=record.fields.get("metrics", {}))
        self.ws.events.emit("end", self.ref, state=state)
        return self

    @property
    def cancel_path(self) -> Path:
        """Return the file whose presence asks the run to end; whoever works in the run looks for it."""
        return self.folder / "cancel"

    def cancel(self) -> Run:
        """End the run and every process that it started."""
        act("cancel", self)
        return self

    def resume(self) -> Run:
        """Let a job that failed, was lost or cancelled go on from its last checkpoint, as the same run."""
        return cast("Run", act("resume", self))

    def rerun(self, parameters: Mapping[str, Any] | None = None) -> Run:
        """Return a new run of the same bundle, with other parameters where some are given."""
        return cast("Run", act("rerun", self, parameters=parameters))

    def contrast(self, other: Run) -> Any:
        """Return what is different between two runs: parameters, metrics, code, environment, data."""
        return act("contrast", self, other)

    def to_json(self) -> dict[str, Any]:
        """Return the facts that the faces show."""
        info = self.info()
        return {
            "ref": self.ref,
            "kind": info.kind,
            "state": info.state,
            "metrics": dict(info.metrics),
            "model": info.model,
            "folder": str(self.folder),
            "error": dict(info.error),
            "results": dict(info.results),
        }

    def _show_from(self, shown: int, show: Callable[[str], None]) -> int:
        if not self.log_path.exists():
            return shown
        if self.log_path.stat().st_size < shown:
            shown = 0  # the next attempt has a log of its own
        with self.log_path.open("rb") as file:
            file.seek(shown)
            fresh = file.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        for line in whole.decode("utf-8", "replace").splitlines():
            show(line)
        return shown + len(whole)


def begin(ws: Workspace, kind: str, *, state: str = "running", **fields: Any) -> Run:
    """Make the next run of *kind*, such as `train-17`, with its folder; two callers never get the same id."""
    owner: dict[str, Any] = {
        "user": getpass.getuser(),
        "parent": str(getattr(ws.settings, "run", "")),
        "process": processes.identity(os.getpid()),
    }
    # The names of the folders tell where to begin; what a thousand records say would have to be read.
    taken = [path.name.removeprefix(f"{kind}-") for path in (ws.root / "runs").glob(f"{kind}-*")]
    number = max((int(name) for name in taken if name.isdigit()), default=0) + 1
    while True:
        run = Run(ws, f"{kind}-{number}")
        try:
            ws.records.put("run", run.id, {"kind": kind, "created": ws.now(), **owner, **fields}, state=state, new=True)
        except ConflictError:
            number += 1
            continue
        run.folder.mkdir(parents=True, exist_ok=True)
        ws.events.emit("begin", run.ref, kind=kind, **fields)
        return run


def find(ws: Workspace, ref: refs.Ref) -> Run:
    """Return the run of *ref*."""
    return Run(ws, ws.records.get("run", ref.name).id)
