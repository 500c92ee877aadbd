"""Keeping the request log off the hot path: one thread writes in batches, and keeps the inputs worth looking at."""

from __future__ import annotations

import hashlib
import heapq
import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.core.files import write_bytes
from workbench.store.requests import Request, RequestLog

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is kept: at most *kept* inputs; *burst* at once, then *per_s*; a random share whatever their score."""

    kept: int = 1000
    burst: float = 200.0
    per_s: float = 5.0
    random_share: float = 0.2
    #: What may wait for the thread; more is dropped, and counted.
    waiting: int = 20_000
    waiting_bytes: int = 64 * 2**20


class Journal:
    """The log of one service; `add` costs an append, everything else happens on the journal's own thread."""

    def __init__(
        self,
        folder: Path,
        *,
        limits: Limits | None = None,
        every_s: float = 0.5,
        clock: Callable[[], float] = time.time,
        rng: Callable[[], float] = random.random,
    ) -> None:
        self._limits = limits or Limits()
        self._log, self._clock, self._rng = RequestLog(folder), clock, rng
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._waiting: list[tuple[Request, bytes]] = []
        self._n_bytes = 0
        self.n_dropped = 0
        self._allowance, self._counted = self._limits.burst, clock()
        # Least worth keeping first: the most confident.
        self._kept = [(-(score if score is not None else 1.0), key) for key, score in self._log.kept()]
        heapq.heapify(self._kept)
        self._keys = {key for _, key in self._kept}
        self._log.trim(clock())
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(every_s,), name="journal", daemon=True)
        self._thread.start()

    def add(self, request: Request, content: bytes = b"") -> None:
        """Note a request; its input is kept by the thread if it is worth it. Nothing waits here."""
        with self._lock:
            if len(self._waiting) >= self._limits.waiting:
                self.n_dropped += 1
                return
            if self._n_bytes + len(content) > self._limits.waiting_bytes:
                content = b""
            self._waiting.append((request, content))
            self._n_bytes += len(content)

    def flush(self) -> None:
        """Write what waits, now, on the calling thread."""
        with self._writing:
            with self._lock:
                taken, self._waiting, self._n_bytes = self._waiting, [], 0
            if taken:
                self._write(taken)

    def close(self) -> None:
        """Write what waits and end the thread."""
        self._end.set()
        self._thread.join()
        self.flush()

    def _run(self, every_s: float) -> None:
        while not self._end.wait(every_s):
            self.flush()

    def _write(self, taken: Sequence[tuple[Request, bytes]]) -> None:
        try:
            kept = self._keep(taken)
            self._log.append([replace(r, media=kept[i]) if i in kept else r for i, (r, _) in enumerate(taken)])
            self._evict()
        except (OSError, sqlite3.Error, WorkbenchError):
            # A full disk must not stop the answers; what is lost is counted where operators look.
            self.n_dropped += len(taken)
            _log.exception("%d requests could not be logged", len(taken))

    def _keep(self, taken: Sequence[tuple[Request, bytes]]) -> dict[int, str]:
        """Store the inputs worth keeping, the least confident first, and return their keys by position."""
        n = self._budget()
        candidates = [i for i, (r, content) in enumerate(taken) if content and r.score is not None]
        drawn = [i for i in candidates if self._rng() < self._limits.random_share][: int(n * self._limits.random_share)]
        doubted = sorted(set(candidates) - set(drawn), key=lambda i: taken[i][0].score or 0.0)
        kept: dict[int, str] = {}
        for i in [*drawn, *doubted[: n - len(drawn)]]:
            request, content = taken[i]
            key = hashlib.sha256(content).hexdigest()
            if key not in self._keys:
                # A drawn one counts as most doubtful: what is sure and wrong is found only by chance.
                worth = 0.0 if i in drawn else -(request.score or 0.0)
                write_bytes(self._log.media(key), content)
                heapq.heappush(self._kept, (worth, key))
                self._keys.add(key)
                self._allowance -= 1
            kept[i] = key
        return kept

    def _budget(self) -> int:
        now = self._clock()
        earned = max(now - self._counted, 0.0) * self._limits.per_s
        self._allowance, self._counted = min(self._limits.burst, self._allowance + earned), now
        return int(self._allowance)

    def _evict(self) -> None:
        extra = [heapq.heappop(self._kept)[1] for _ in range(len(self._kept) - self._limits.kept)]
        if extra:
            self._log.forget(extra)
            self._keys -= set(extra)
