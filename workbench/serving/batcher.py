"""A work-conserving batcher: a thread that is free takes what is waiting, up to a limit, and never waits for more."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from workbench.core.errors import ConflictError

K = TypeVar("K")

_log = logging.getLogger(__name__)

#: Called once per batch, on the thread that worked: the tickets, and for each a result or an exception.
Deliver = Callable[[Sequence[Any], Sequence[Any]], None]


class Batcher(Generic[K]):
    """Queues of items by key (a loaded model), and *threads* workers; keys with waiting items take turns.

    `work(key, items)` returns a result or an exception per item. A batch holds items of one key only.
    """

    def __init__(
        self,
        work: Callable[[K, list[Any]], Sequence[Any]],
        deliver: Deliver,
        *,
        threads: int,
        max_batch: int,
        max_waiting: int,
    ) -> None:
        self._work, self._deliver = work, deliver
        self._max_batch, self._max_waiting = max_batch, max_waiting
        self._queues: dict[K, deque[tuple[Any, Any]]] = {}
        self._turns: deque[K] = deque()
        self._n_waiting = 0
        self._open = True
        self._wake = threading.Condition()
        self._threads = [threading.Thread(target=self._run, name=f"batch-{i}", daemon=True) for i in range(threads)]
        for thread in self._threads:
            thread.start()

    @property
    def n_waiting(self) -> int:
        """Return how many items wait for a thread."""
        return self._n_waiting

    def submit(self, key: K, entries: Sequence[tuple[Any, Any]]) -> None:
        """Queue (item, ticket) pairs for *key*; raise `ConflictError` when the queue has no room for all of them."""
        with self._wake:
            if not self._open:
                raise ConflictError("The service is stopping.", hint="Send the request to the service that follows.")
            if self._n_waiting + len(entries) > self._max_waiting:
                raise ConflictError(f"{self._n_waiting} items are waiting already.", hint="Send it again in a second.")
            queue = self._queues.get(key)
            if queue is None:
                queue = self._queues[key] = deque()
                self._turns.append(key)
            queue.extend(entries)
            self._n_waiting += len(entries)
            self._wake.notify()

    def close(self) -> None:
        """Work off what waits, then end the threads."""
        with self._wake:
            self._open = False
            self._wake.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            key, entries = taken
            results: Sequence[Any]
            try:
                results = self._work(key, [item for item, _ in entries])
            except Exception as exc:  # a bug in one batch must not end the thread; each caller gets it
                _log.exception("A batch of %d broke", len(entries))
                results = [exc] * len(entries)
            self._deliver([ticket for _, ticket in entries], results)

    def _take(self) -> tuple[K, list[tuple[Any, Any]]] | None:
        with self._wake:
            while not self._turns:
                if not self._open:
                    return None
                self._wake.wait()
            key = self._turns.popleft()
            queue = self._queues[key]
            entries = [queue.popleft() for _ in range(min(self._max_batch, len(queue)))]
            self._n_waiting -= len(entries)
            if queue:
                self._turns.append(key)
                self._wake.notify()
            else:
                # An empty queue is forgotten, and with it a model that has left.
                del self._queues[key]
            return key, entries
