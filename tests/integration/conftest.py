"""Fixtures of the tests with real servers."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench import wiring
from workbench.core.workspace import Workspace
from workbench.labeling.studio import StudioLabeler
from workbench.labeling.studio_server import ServerInfo
from workbench.testing.studio import shared_server


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerInfo]:
    """Return a running Label Studio, one for all tests of the run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with shared_server(shared / "label-studio") as info:
        yield info


@pytest.fixture
def labeled_ws(studio: ServerInfo) -> Workspace:
    """Return a workspace of its own whose labels travel through the shared Label Studio."""
    root = Path(studio.document_root) / f"ws-{uuid.uuid4().hex[:8]}"
    labeler = StudioLabeler(studio.url, studio.token, root / "media", document_root=Path(studio.document_root))
    return with_labeler(root, labeler)


def with_labeler(root: Path, labeler: Any) -> Workspace:
    wire: Callable[[str, Workspace], Any] = lambda port, ws: labeler if port == "labeler" else wiring.wire(port, ws)  # noqa: E731
    root.mkdir(parents=True, exist_ok=True)
    return Workspace(root, wire=wire, settings=wiring.Settings())
