"""Photos in a workspace of fakes."""

from __future__ import annotations

from typing import cast

import pytest

from workbench.core.dataset import Dataset, commit
from workbench.core.workspace import Workspace
from workbench.testing.labeler import FakeLabeler


@pytest.fixture
def labeler(ws: Workspace) -> FakeLabeler:
    return cast("FakeLabeler", ws.labeler)


@pytest.fixture
def photos(ws: Workspace) -> Dataset:
    """Return three photos that nobody has labeled."""
    rows = []
    for i in range(3):
        key = ws.blobs.put(f"photo {i}".encode(), suffix=".png")
        rows.append({"id": key[:16], "media": key, "name": f"{i}.png"})
    return commit(ws, "photos", rows)
