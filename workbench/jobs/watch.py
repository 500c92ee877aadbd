"""What a job tells while it runs: lines in the log as they come, and the state of each cell in the record."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.core.run import Run

#: Progress is written to the record at most this often; a notebook may have a thousand quick cells.
INTERVAL_S = 0.5
_OVERWRITTEN = re.compile(r"[^\n]*\r+(?=[^\r\n])")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_LONG = 65_536


def collapse(text: str) -> str:
    r"""Return what a terminal shows of *text*: what a carriage return overwrites is left out.

    >>> collapse("10%\r50%\r100%\n")
    '100%\n'
    """
    return _OVERWRITTEN.sub("", text).replace("\r\n", "\n") if "\r" in text else text


def bare(text: str) -> str:
    """Return *text* without terminal colours."""
    return _ANSI.sub("", text)


class Log:
    """The run's log: whole lines of the cells, each stream put together for itself."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._open: dict[str, str] = {}

    def say(self, line: str) -> None:
        """Write a line of the runner's own."""
        self.flush()
        self._file.write(f"--- {line}\n".encode())

    def feed(self, stream: str, text: str) -> None:
        """Take what a cell wrote; a line is written when it is whole."""
        text = collapse(self._open.pop(stream, "") + text)
        whole, _, rest = text.rpartition("\n")
        if len(rest) > _LONG:
            whole, rest = text, ""
        if rest:
            self._open[stream] = rest
        if whole:
            self._file.write((bare(whole) + "\n").encode("utf-8", "replace"))

    def flush(self) -> None:
        """Write the lines that never got their end."""
        for stream in list(self._open):
            self.feed(stream, "\n")

    def close(self) -> None:
        """Write what is left, and close the file."""
        self.flush()
        self._file.close()


class Watch:
    """Follows the cells of a job: *numbers* are those of its code cells, in order."""

    def __init__(self, run: Run, numbers: Sequence[int], *, clock: Callable[[], float] = time.monotonic) -> None:
        self.run = run
        self.log = Log(run.log_path)
        self.failure: dict[str, Any] = {}
        self.number = 0
        self._states = dict.fromkeys(numbers, "pending")
        self._clock = clock
        self._told_at = float("-inf")
        self._fresh = True

    def enter(self, cell: Mapping[str, Any]) -> None:
        """Note that a code cell starts; one without a number holds the parameters."""
        self.number = int(cell.get("metadata", {}).get("workbench", {}).get("cell", 0))
        if not self.number:
            self.log.say("parameters")
            return
        self.log.say(f"cell {self.number} ({self._position} of {len(self._states)})")
        self._set("running")

    def leave(self, state: str) -> None:
        """Note how the cell ended, 'done' or 'failed'."""
        self.log.flush()
        if self.number:
            self._set(state)

    def tick(self, *, force: bool = False) -> None:
        """Record the progress when there is news and the last record is old enough."""
        now = self._clock()
        if self._fresh and (force or now - self._told_at >= INTERVAL_S):
            self._told_at, self._fresh = now, False
            states = list(self._states.values())
            self.run.update(progress={"cell": self._position, "cells": len(states), "cells_state": states})

    @property
    def _position(self) -> int:
        return list(self._states).index(self.number) + 1 if self.number in self._states else 0

    def _set(self, state: str) -> None:
        self._states[self.number] = state
        self._fresh = True
        self.tick()
