"""A line under the cell that says how far a verb is, once that takes a while; nothing stays of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from workbench.core.events import Event

#: What takes shorter shows nothing; the line is written so often; after such a pause another work has begun. Seconds.
_AFTER_S, _EACH_S, _PAUSE_S = 2.0, 0.5, 30.0


class Line:
    """Listens to the progress of verbs; `write` takes what the cell prints."""

    def __init__(self, write: Callable[[str], object] | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._write, self._clock = write or _print, clock
        self._verb, self._what, self._length = "", "", 0
        self._began = self._heard = self._shown = 0.0

    def __call__(self, event: Event) -> None:
        """Show how far a verb is; take the line away when it is done."""
        told = event.fields
        if event.name != "progress" or not told.get("verb") or not told.get("total"):
            return
        now = self._clock()
        if told["verb"] != self._verb or now - self._heard > _PAUSE_S:
            self._verb, self._what, self._began, self._shown = told["verb"], "", now, 0.0
        self._what, self._heard = told.get("what", self._what), now
        if told["done"] >= told["total"]:
            self._put("")
        elif now - self._began >= _AFTER_S and now - self._shown >= _EACH_S:
            self._shown = now
            self._put(f"{self._verb} {event.subject}: {self._what} {told['done']:,} of {told['total']:,}".replace("  ", " "))

    def _put(self, text: str) -> None:
        if text or self._length:
            self._write(f"\r{text.ljust(self._length)}" if text else f"\r{' ' * self._length}\r")
            self._length = len(text)


def _print(text: str) -> None:
    sys.stdout.write(text)  # looked up now: a cell may be captured
