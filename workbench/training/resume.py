"""Going on: which interrupted training a new one continues, and what it takes over from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.core import processes
from workbench.core.files import write_bytes
from workbench.core.ports import Record
from workbench.core.run import ACTIVE, Run
from workbench.core.workspace import Workspace

#: What two trainings must share for one to continue the other: the fields `inputs` and `model_name` of their records.
Key = Mapping[str, Any]


def ordinal(ws: Workspace, key: Key) -> int:
    """Return how many such trainings this attempt of the job has begun already; a cell may train in a loop."""
    return sum(1 for r in _of_this_job(ws, key) if _attempt(r) == ws.settings.attempt)


def before(ws: Workspace, key: Key, number: int) -> Run | None:
    """Return the training that had the same place in a former attempt of this job, the newest that left something."""
    found = [r for r in _of_this_job(ws, key) if _attempt(r) < ws.settings.attempt and r.fields.get("ordinal", 0) == number]
    for record in sorted(found, key=_attempt, reverse=True):
        if record.state == "done" or _left(Run(ws, record.id)):
            return Run(ws, record.id)
    return None


def unfinished(ws: Workspace, key: Key) -> Run | None:
    """Return the newest such training that was interrupted, left a checkpoint, and that none has continued yet."""
    found = [r for r in _alike(ws, key) if _is_interrupted(r) and not r.fields.get("continued_by")]
    runs = [Run(ws, r.id) for r in found if _left(Run(ws, r.id))]
    return max(runs, key=lambda run: int(run.id.rpartition("-")[2]), default=None)


def take_over(run: Run, former: Run) -> bool:
    """Let *run* go on from the checkpoint of *former*, with its curve; return whether there is one."""
    from workbench.training import checkpoints  # torch, which is there by now

    if not checkpoints.adopt(run, former):
        return False
    curve = former.folder / "metrics.jsonl"
    if curve.exists():
        write_bytes(run.folder / "metrics.jsonl", curve.read_bytes())
    run.update(continues=former.ref)
    # Its process is gone; perhaps nobody has noted that yet.
    former.update(continued_by=run.ref, state="lost" if former.state in ACTIVE else None)
    checkpoints.clear(former)  # *run* has it now
    return True


def _alike(ws: Workspace, key: Key) -> list[Record]:
    records = [r for r in ws.records.all("run") if r.fields.get("kind") == "train"]
    return [r for r in records if all(r.fields.get(name) == value for name, value in key.items())]


def _of_this_job(ws: Workspace, key: Key) -> list[Record]:
    return [r for r in _alike(ws, key) if ws.settings.run and r.fields.get("parent") == ws.settings.run]


def _attempt(record: Record) -> int:
    return int(record.fields.get("attempt", 1))


def _left(run: Run) -> bool:
    return any((run.folder / "checkpoints").glob("step-*"))


def _is_interrupted(record: Record) -> bool:
    if record.state in ACTIVE:
        process: Mapping[str, Any] = record.fields.get("process") or {}
        return not processes.alive(process)
    return record.state in ("failed", "cancelled", "lost")
