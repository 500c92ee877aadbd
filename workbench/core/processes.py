"""Processes that outlive their starter: named by pid and start time, so that a reused pid is never mistaken for one."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Handle = dict[str, Any]


def spawn(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path) -> Handle:
    """Start *command* as the leader of its own session, its output appended to *log*; return its handle."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    made = identity(process.pid)
    # The process is known by its handle from here on, and outlives this one; Popen would warn that nobody waited for it.
    process.returncode = 0
    return made


def identity(pid: int) -> Handle:
    """Return the handle of a process: its pid and when it started, in the system's own ticks."""
    return {"pid": pid, "started": _started(pid)}


def alive(handle: Mapping[str, Any]) -> bool:
    """Return whether that very process still lives; a zombie does not."""
    pid = int(handle.get("pid", 0))
    if pid <= 0:
        return False
    with contextlib.suppress(ChildProcessError, OSError):
        os.waitpid(pid, os.WNOHANG)
    started = _started(pid)
    return started != "" and started == str(handle.get("started", started))


def end(handle: Mapping[str, Any], *, grace_s: float = 5.0, sleep: Callable[[float], None] = time.sleep) -> None:
    """Ask the process's whole group to end, then make it; return when the process is gone."""
    if not alive(handle):
        return
    pid = int(handle["pid"])
    for sign, patience in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 10.0)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, sign)
        waited = 0.0
        while waited < patience:
            if not alive(handle):
                _end_group(pid, sleep)  # what the leader left behind
                return
            sleep(0.05)
            waited += 0.05


def _end_group(pid: int, sleep: Callable[[float], None]) -> None:
    """Kill what is left of a group, and wait until the system has cleared it away."""
    for _ in range(100):
        try:
            os.killpg(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return
        sleep(0.05)


def _started(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return _started_without_proc(pid)
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


def _started_without_proc(pid: int) -> str:
    if Path("/proc/self/stat").exists():
        return ""
    shown = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = shown.stdout.strip().partition(" ")
    return "" if not state or state.startswith("Z") else started.strip()
