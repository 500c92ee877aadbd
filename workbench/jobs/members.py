"""The processes of a job, wherever they went: each inherits a mark, so that one which left its group is found as well."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from workbench.core.errors import ExternalError

#: The variable that marks every process of a job with the job's token.
MARK = "WORKBENCH_JOB"


def members(token: str, *, variable: str = MARK) -> list[int]:
    """Return the pids of the living processes that were started with *token* in *variable*."""
    mark = f"{variable}={token}"
    proc = Path("/proc")
    if not (proc / "self/environ").exists():
        return _members_without_proc(mark)
    found = []
    for entry in proc.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # gone meanwhile, or another user's
                if mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return found


def sweep(token: str, *, variable: str = MARK, spare: int = 0, sleep: Callable[[float], None] = time.sleep) -> None:
    """End every process with *token* in *variable* but the one that is spared; return when they are gone."""
    for _ in range(200):
        left = [pid for pid in members(token, variable=variable) if pid != spare]
        if not left:
            return
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        sleep(0.05)
    raise ExternalError(
        f"The processes {', '.join(map(str, left))} do not end.",
        hint="They wait for a device or a disk; see them with: ps -l",
        system="processes",
        retryable=True,
    )


def _members_without_proc(mark: str) -> list[int]:
    shown = subprocess.run(["ps", "-axEww", "-o", "pid=,command="], capture_output=True, text=True, check=False).stdout
    return [int(line.split()[0]) for line in shown.splitlines() if mark in line.split()]
