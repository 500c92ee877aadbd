"""One real Label Studio for a whole run of tests, shared by the processes that the run is spread over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.core.files import write_text
from workbench.labeling.studio_server import ServerInfo, start, stop
from workbench.store.locks import locked

_PATIENCE = 1800.0


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
    with locked(root / "users.lock", timeout_s=_PATIENCE):
        users = int(file.read_text(encoding="utf-8")) if file.exists() else 0
        write_text(file, str(users + change))
        if users + change == 0:
            stop(root)
