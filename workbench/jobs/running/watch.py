"""What a job tells while it runs: lines in the log as they come, and the state of each cell in the record."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.core.files import write_text
from workbench.core.run import Run
from workbench.jobs.job import WITNESS
from workbench.jobs.running import witness
from workbench.jobs.running.mask import NOTHING, Mask
from workbench.jobs.running.outputs import bare, collapse, digest

#: Progress is written to the record at most this often; a notebook may have a thousand quick cells.
INTERVAL_S = 0.5
#: What the process of the cells has seen is written this often, between two cells, and at the end.
_TESTIFY_S = 5.0
_LONG = 65_536
#: The beginning of a line is written after this many seconds; of a progress bar, the newest state after these many.
_PARTIAL_S, _BAR_S = 0.2, 10.0


class Log:
    """The run's log: lines as the cells write them, each stream put together for itself, secrets left out."""

    def __init__(self, path: Path, mask: Mask = NOTHING, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = path.open("ab", buffering=0)
        self._mask = mask
        self._clock = clock
        self._open: dict[str, str] = {}  # what has no line end yet, and is not written
        self._since: dict[str, float] = {}
        self._bars: set[str] = set()  # the streams whose open line overwrites itself
        self._tail = ""  # the stream whose line the file ends in the middle of

    def say(self, line: str) -> None:
        """Write a line of the runner's own."""
        self.flush()
        self._write("", f"--- {line}\n")

    def feed(self, stream: str, text: str) -> None:
        """Take what a cell wrote; a line is written when it is whole, or has waited for long enough."""
        is_bar = "\r" in text.rpartition("\n")[2]
        text = collapse(self._open.pop(stream, "") + text)
        whole, _, rest = text.rpartition("\n")
        if len(rest) > _LONG:
            whole, rest = text, ""
        if whole:
            self._write(stream, whole + "\n")
            self._bars.discard(stream)
            self._since.pop(stream, None)
        if rest:
            self._open[stream] = rest
            self._since.setdefault(stream, self._clock())
        if is_bar:
            self._bars.add(stream)

    def tick(self) -> None:
        """Write the beginnings of lines that have waited; of one that overwrites itself, a look now and then is enough."""
        for stream, text in list(self._open.items()):
            is_bar = stream in self._bars
            if self._clock() - self._since[stream] >= (_BAR_S if is_bar else _PARTIAL_S):
                self._since[stream] = self._clock()
                if is_bar:
                    self._write(stream, text.rstrip("\r") + "\n")
                else:
                    del self._open[stream]
                    self._write(stream, text)

    def flush(self) -> None:
        """Write the lines that never got their end."""
        for stream in list(self._open):
            self.feed(stream, "\n")
        self._write("", "")

    def close(self) -> None:
        """Write what is left, and close the file."""
        self.flush()
        self._file.close()

    def _write(self, stream: str, text: str) -> None:
        if self._tail and self._tail != stream:
            text, self._tail = f"\n{text}", ""
        if text:
            self._file.write(bare(self._mask.text(text)).encode("utf-8", "replace"))
            self._tail = "" if text.endswith("\n") else stream


class Watch:
    """Follows the cells of a job: *numbers* are those of its code cells, in order."""

    def __init__(
        self, run: Run, numbers: Sequence[int], *, mask: Mask = NOTHING, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.run = run
        self.mask = mask
        self.log = Log(run.log_path, mask)
        self.failure: dict[str, Any] = {}
        self.number = 0
        self._testified_at = clock()
        self._testimony: dict[str, Any] = {}
        self.seen: dict[int, dict[str, Any]] = {}
        self._states = dict.fromkeys(numbers, "pending")
        self._clock = clock
        self._entered = 0.0
        self._told_at = float("-inf")
        self._fresh = True

    def enter(self, cell: Mapping[str, Any]) -> None:
        """Note that a code cell starts; one without a number holds the parameters."""
        self.number = int(cell.get("metadata", {}).get("workbench", {}).get("cell", 0))
        self._entered = self._clock()
        if not self.number:
            self.log.say("parameters")
            return
        self.log.say(f"cell {self.number} ({self._position} of {len(self._states)})")
        self.seen[self.number] = {"cell": self.number, "state": "running", "started": self.run.ws.now()}
        self._set("running")

    def leave(self, state: str, outputs: Sequence[Mapping[str, Any]] = ()) -> None:
        """Note how the cell ended, 'done' or 'failed', and what it showed."""
        self.log.flush()
        if self.number:
            seconds = round(self._clock() - self._entered, 4)
            self.seen[self.number] |= {"state": state, "seconds": seconds, "outputs": digest(outputs)}
            self._set(state)

    def fail(self, told: Mapping[str, Any]) -> None:
        """Note why the notebook ended."""
        self.failure = self.mask.apply(dict(told))

    def wants_witness(self) -> bool:
        """Return whether what is known of the process of the cells is old."""
        return self._clock() - self._testified_at >= _TESTIFY_S

    def testify(self, facts: Mapping[str, Any]) -> None:
        """Write what the process of the cells has seen so far, and what the runner knows itself."""
        self._testified_at = self._clock()
        self._testimony = dict(facts) or self._testimony
        told = {"cells": list(self.seen.values()), "results": dict(self.run.info().results)}
        text = self.mask.text(json.dumps({**(self._testimony or witness.here()), **told}, indent=1, sort_keys=True))
        write_text(self.run.folder / WITNESS, text + "\n")

    def tick(self, *, force: bool = False) -> None:
        """Record the progress when there is news and the last record is old enough."""
        self.log.tick()
        now = self._clock()
        if self._fresh and (force or now - self._told_at >= INTERVAL_S):
            self._told_at, self._fresh = now, False
            states = list(self._states.values())
            seconds = [self.seen.get(number, {}).get("seconds") for number in self._states]
            told = {"cell": self._position, "cells": len(states), "cells_state": states, "seconds": seconds}
            self.run.update(progress=told)

    @property
    def _position(self) -> int:
        return list(self._states).index(self.number) + 1 if self.number in self._states else 0

    def _set(self, state: str) -> None:
        self._states[self.number] = state
        self._fresh = True
        self.tick()
