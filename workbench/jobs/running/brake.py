"""Stopping a notebook from outside: a signal or the time limit first interrupts its cells, then kills them."""

from __future__ import annotations

import contextlib
import os
import signal


class Brake:
    """Pulled by SIGTERM (`reason` 'cancelled') or after *limit_s* seconds ('time'); 0 is no limit.

    The clock is the system's alarm and not a thread: the runner forks.
    """

    def __init__(self, limit_s: float = 0.0, *, patience_s: float = 3.0) -> None:
        self.reason = ""
        self._limit_s = limit_s
        self._patience_s = patience_s
        self._group = 0

    def arm(self) -> None:
        """Listen to the signal and start the clock; only in the main thread of the runner."""
        signal.signal(signal.SIGTERM, lambda *_: self.pull("cancelled"))
        signal.signal(signal.SIGALRM, lambda *_: self._ring())
        if self._limit_s:
            signal.setitimer(signal.ITIMER_REAL, self._limit_s)

    def hold(self, group: int) -> None:
        """Act on the process group of the cells from now on."""
        self._group = group
        if self.reason:
            self._send(signal.SIGKILL)

    def pull(self, reason: str) -> None:
        """Interrupt the cells, which show where they were; kill them when they do not mind."""
        if not self.reason:
            self.reason = reason
            self._send(signal.SIGINT)
            signal.setitimer(signal.ITIMER_REAL, self._patience_s, 1.0)

    def release(self) -> None:
        """Stop the clock."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._group = 0

    def _ring(self) -> None:
        if self.reason:
            self._send(signal.SIGKILL)
        else:
            self.pull("time")

    def _send(self, sign: int) -> None:
        if self._group > 0:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._group, sign)
