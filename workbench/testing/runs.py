"""Following jobs in tests: their log, their outputs, and waiting for what has to come true."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from workbench.core.run import Run


def followed(run: Run, *, seconds: float = 120) -> list[str]:
    """Wait for the end of *run* and return the lines of its log."""
    lines: list[str] = []
    run.follow(lines.append, timeout_s=seconds)
    return lines


def outputs(run: Run) -> str:
    """Return all outputs of the executed notebook as JSON."""
    cells = json.loads(run.notebook_path.read_text(encoding="utf-8"))["cells"]
    return json.dumps([cell.get("outputs", []) for cell in cells])


def wait(claim: Callable[[], bool], *, seconds: float = 120) -> None:
    """Return when *claim* is true; raise `AssertionError` after *seconds*."""
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def says(run: Run, text: str) -> Callable[[], bool]:
    """Return the claim that the log of *run* has *text*."""
    return lambda: run.log_path.exists() and text in run.log_path.read_text(encoding="utf-8")
