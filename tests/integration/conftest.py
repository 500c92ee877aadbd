"""The real servers that tests run against."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from workbench import wiring
from workbench.core.workspace import Workspace
from workbench.labeling.studio import StudioLabeler
from workbench.labeling.studio_server import ServerInfo
from workbench.testing.studio import studio

__all__ = ["studio"]


@pytest.fixture
def studio_ws(studio: ServerInfo) -> Workspace:
    """Return a new workspace, all real, whose labels travel through the shared Label Studio."""
    shared = Path(studio.document_root)
    root = shared / f"ws-{uuid.uuid4().hex[:8]}"
    (root / "media").mkdir(parents=True)
    labeler = StudioLabeler(studio.url, studio.token, root / "media", document_root=shared)
    wire = {"labeler": lambda _: labeler}
    return Workspace(root, wire=lambda port, ws: wire.get(port, lambda w: wiring.wire(port, w))(ws), settings=wiring.Settings())
