"""A workspace with a labeler in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench import wiring
from workbench.core.dataset import Dataset, commit
from workbench.core.workspace import Workspace
from workbench.testing.labeler import FakeLabeler


@pytest.fixture
def labeler() -> FakeLabeler:
    return FakeLabeler()


@pytest.fixture
def ws(tmp_path: Path, labeler: FakeLabeler) -> Workspace:
    return Workspace(tmp_path, wire=lambda port, ws: labeler if port == "labeler" else wiring.wire(port, ws))


@pytest.fixture
def photos(ws: Workspace) -> Dataset:
    return made(ws, "photos", 3)


def made(ws: Workspace, name: str, n: int, **columns: object) -> Dataset:
    rows = []
    for i in range(n):
        key = ws.blobs.put(f"{name} {i}".encode(), suffix=".png")
        rows.append({"id": key[:16], "media": key, "name": f"{i}.png", **columns})
    return commit(ws, name, rows)
