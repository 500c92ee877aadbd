"""The server's view of one workspace: its records with what can be done about each, and what a run's panel shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.core.menu import offered, ref_of
from workbench.core.ports import Record
from workbench.core.run import ENDED, Run
from workbench.core.service import Service
from workbench.core.workspace import Workspace
from workbench.jobs.queueing import keeper
from workbench.jobs.queueing.reconcile import reconcile
from workbench.wiring import wire

#: Facts that stay on the server: where processes are, and details that only a report's own page shows.
_KEPT = ("handle", "details", "process")
#: What the list of runs shows and is searched by; the rest of a run is told to its panel.
_LISTED = (
    "kind",
    "title",
    "user",
    "created",
    "started",
    "ended",
    "progress",
    "metrics",
    "error",
    "parent",
    "attempt",
    "verdict",
    "waits",
    "model",
)
#: A learning curve is drawn on a few hundred pixels; more steps than this are thinned.
_MOST_STEPS = 600


class Mirror:
    """Reads a workspace; every answer is built from the records, so it is right whoever wrote them."""

    def __init__(self, root: Path) -> None:
        self.ws = Workspace(root, wire=wire)

    def state(self, since: int) -> dict[str, Any]:
        """Return every record that changed after *since*, with what can be done about it.

        The record of the newest change is always there; when *since* names none, the numbers belong to another store
        (the folder was made anew), and everything is told from 0.
        """
        records = self.ws.records.since(since)
        if not records and since and not self.ws.records.since(since - 1):
            since, records = 0, self.ws.records.since(0)
        return {
            "since": since,
            "seq": records[-1].seq if records else since,
            "workspace": {"name": self.ws.name, "root": str(self.ws.root)},
            "records": [brief(record) for record in records],
        }

    def run(self, name: str, *, root_dir: Path) -> dict[str, Any]:
        """Return what a run's panel shows; paths are relative to *root_dir*, as Jupyter's contents are."""
        run = Run(self.ws, name)
        record = self.ws.records.get("run", name)
        return as_json(record) | {
            "curve": _thinned(run.curve() or self._inner_curve(name)),
            "notebook": _contents_path(run.notebook_path, root_dir),
            "log_size": run.log_path.stat().st_size if run.log_path.exists() else 0,
        }

    def _inner_curve(self, name: str) -> list[dict[str, Any]]:
        """Return the curve of the newest training that a job made; its cells train in runs of their own."""
        inner = [record.id for record in self.ws.records.all("run") if record.fields.get("parent") == name]
        return next((curve for each in reversed(inner) if (curve := Run(self.ws, each).curve())), [])

    def settle(self) -> None:
        """Note runs and services whose process is gone without a word: a killed process cannot do it itself."""
        reconcile(self.ws)
        if keeper.wanted(self.ws):
            keeper.ensure(self.ws)  # what has to happen happens also when nobody looks any more
        for record in self.ws.records.all("service"):
            Service(self.ws, record.id).info()


def as_json(record: Record) -> dict[str, Any]:
    """Return a record as the faces read it."""
    return _told(record, {name: value for name, value in record.fields.items() if name not in _KEPT})


def brief(record: Record) -> dict[str, Any]:
    """Return a record as a list shows it: of a thousand runs nobody wants the packages."""
    if record.kind != "run":
        return as_json(record)
    known = record.fields
    fields = {name: known[name] for name in _LISTED if known.get(name)}
    if record.state in ENDED:
        fields.pop("progress", None)
    if idea := (known.get("order") or {}).get("idea"):
        fields["idea"] = idea
    return _told(record, fields)


def _told(record: Record, fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": record.kind,
        "id": record.id,
        "ref": ref_of(record),
        "seq": record.seq,
        "state": record.state,
        "updated": record.updated,
        "fields": fields,
        "actions": [action.to_json() for action in offered(record)],
    }


def _thinned(curve: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return every n-th step, counted from the newest, which is the one that matters most."""
    n = max(1, -(-len(curve) // _MOST_STEPS))
    return curve[::-1][::n][::-1]


def _contents_path(path: Path, root_dir: Path) -> str | None:
    if not path.exists() or not path.is_relative_to(root_dir):
        return None
    return path.relative_to(root_dir).as_posix()
