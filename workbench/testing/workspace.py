"""A workspace of fakes, for tests of verbs without servers, kernels or heavy libraries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.core.workspace import Workspace, use
from workbench.testing.host import FakeHost
from workbench.testing.journal import FakeAssignments, FakeJournal
from workbench.testing.labeler import FakeLabeler
from workbench.testing.store import FakeBlobs, FakeModels, FakeRecords, FakeTracker
from workbench.testing.tables import FakeHistories, FakeScans, FakeTables
from workbench.testing.target import FakeTarget
from workbench.wiring import Settings


def fake_workspace(root: Path, **ports: Callable[[Workspace], Any]) -> Workspace:
    """Return a workspace in *root* whose ports are fakes; *ports* replaces some, each a call that makes it."""
    made: dict[str, Callable[[Workspace], Any]] = {
        "records": lambda _: FakeRecords(),
        "tables": lambda _: FakeTables(),
        "scans": lambda ws: FakeScans(ws.tables),
        "histories": lambda ws: FakeHistories(ws.tables),
        "journal": lambda _: FakeJournal(),
        "assignments": lambda ws: FakeAssignments(ws.journal, clock=ws.clock),
        "blobs": lambda ws: FakeBlobs(ws.root / "media"),
        "models": lambda ws: FakeModels(ws.root / "models"),
        "tracker": lambda _: FakeTracker(),
        "labeler": lambda _: FakeLabeler(),
        "target": lambda _: FakeTarget(),
        "host": lambda _: FakeHost(),
        **ports,
    }
    root.mkdir(parents=True, exist_ok=True)
    return use(Workspace(root, wire=lambda port, ws: made[port](ws), settings=Settings()))
