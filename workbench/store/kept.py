"""What was computed and may be wanted again, up to a size; the least recently used goes first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


class Kept:
    """Values by their key. What alone is larger than all that may be kept is computed each time.

    >>> kept = Kept(10)
    >>> kept.get("a", lambda: "1234", size=len), kept.get("a", lambda: "other", size=len)
    ('1234', '1234')
    """

    def __init__(self, n_bytes: int) -> None:
        self._room = n_bytes
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Any], *, size: Callable[[Any], int]) -> Any:
        """Return the value of *key*, made on first use."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key][0]
        made = make()
        n_bytes = size(made)
        with self._lock:
            if n_bytes <= self._room:
                self._values[key] = made, n_bytes
                while sum(n for _, n in self._values.values()) > self._room:
                    self._values.popitem(last=False)
        return made
