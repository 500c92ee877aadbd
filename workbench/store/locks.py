"""A lock between processes, held while a folder of the workspace changes; it ends with its holder, however that dies."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from workbench.core.errors import ConflictError
from workbench.core.files import disk


@contextlib.contextmanager
def locked(path: Path, *, timeout_s: float = 60.0, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Hold the lock file *path*; wait up to *timeout_s* seconds for another holder, then raise `ConflictError`."""
    with disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+b")
    with file:
        waited = 0.0
        while not _take(file.fileno()):
            if waited >= timeout_s:
                raise ConflictError(f"Another process has been writing {path.stem} for {timeout_s:g} s.", hint="Do it again.")
            sleep(0.05)
            waited += 0.05
        yield


def _take(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
