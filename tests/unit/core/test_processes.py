"""Processes are known by pid and start time, and end with all they started."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from workbench.core import processes


def test_a_process_ends_with_what_it_started(tmp_path: Path) -> None:
    code = """
import subprocess, sys, time
print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid, flush=True)
time.sleep(60)
"""
    handle = processes.spawn([sys.executable, "-c", code], cwd=tmp_path, env=os.environ, log=tmp_path / "log")
    while not (said := (tmp_path / "log").read_text().strip()):
        time.sleep(0.02)
    child = processes.identity(int(said))
    assert processes.alive(handle)
    assert processes.alive(child)
    processes.end(handle)
    assert not processes.alive(handle)
    assert not processes.alive(child)


def test_a_reused_pid_is_not_mistaken_for_the_process() -> None:
    own = processes.identity(os.getpid())
    assert processes.alive(own)
    assert not processes.alive(own | {"started": "1"})
    assert not processes.alive({"pid": 0})
