"""One real Label Studio for a whole run of tests, shared by the processes that the run is spread over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workbench.core.files import write_text
from workbench.labeling.studio_server import ServerInfo, start, stop
from workbench.store.locks import locked

_PATIENCE_S = 1800.0


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerInfo]:
    """Return a running Label Studio; import this name into a conftest to use it."""
    base = tmp_path_factory.getbasetemp()
    with shared_server((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "label-studio") as info:
        yield info


@contextmanager
def shared_server(root: Path) -> Iterator[ServerInfo]:
    """Start the server in *root*, or join the one that another process started; the last one out stops it.

    It shows files from below *root*, so workspaces that use it belong there.
    """
    _count(root, +1)
    try:
        yield start(root)
    finally:
        _count(root, -1)


def _count(root: Path, change: int) -> None:
    file = root / "users.txt"
    with locked(root / "users.lock", timeout_s=_PATIENCE_S):
        users = int(file.read_text(encoding="utf-8")) if file.exists() else 0
        write_text(file, str(users + change))
        if users + change == 0:
            stop(root)
