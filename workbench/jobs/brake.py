"""Stopping a notebook from outside: a signal or the time limit first interrupts its kernel, then kills it."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import Any


class Brake:
    """Pulled by SIGTERM (`reason` 'cancelled') or after *limit_s* seconds ('time'); 0 is no limit."""

    def __init__(self, limit_s: float = 0.0, *, patience_s: float = 3.0) -> None:
        self.reason = ""
        self._limit_s = limit_s
        self._patience_s = patience_s
        self._group = 0

    def arm(self) -> None:
        """Listen to the signal and start the clock; only in the main thread of the runner."""
        signal.signal(signal.SIGTERM, lambda *_: self.pull("cancelled"))
        if self._limit_s:
            _later(self._limit_s, self.pull, "time")

    def hold(self, group: int) -> None:
        """Act on the process group of the kernel from now on."""
        self._group = group

    def pull(self, reason: str) -> None:
        """Interrupt the kernel, which shows where it was; kill it when it does not mind."""
        if not self.reason:
            self.reason = reason
            self._send(signal.SIGINT)
            _later(self._patience_s, self._send, signal.SIGKILL)

    def _send(self, sign: int) -> None:
        if self._group > 0:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._group, sign)


def _later(seconds: float, act: Any, argument: Any) -> None:
    timer = threading.Timer(seconds, act, (argument,))
    timer.daemon = True
    timer.start()
