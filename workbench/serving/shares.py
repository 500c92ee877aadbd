"""Which model answers a request: at random by share, or by the caller's key, so that one caller meets one model."""

from __future__ import annotations

import hashlib
import math
import random
from bisect import bisect
from collections.abc import Callable, Mapping
from itertools import accumulate


class Shares:
    """An immutable table of shares in percent; a cut-over replaces the whole table."""

    def __init__(self, traffic: Mapping[str, float], *, rng: Callable[[], float] = random.random) -> None:
        self.traffic = {ref: share for ref, share in traffic.items() if share > 0}
        self._refs = list(self.traffic)
        self._bounds = list(accumulate(self.traffic.values()))[:-1]
        self._rng = rng

    def choose(self, key: str = "") -> str:
        """Return a model reference; the same *key* gets the same one, and a changed share moves as few keys as can be.

        Weighted rendezvous hashing (Schindelhauer and Schomaker, 2005): each model draws from the hash of key and name,
        and a greater share only ever wins keys.
        """
        if len(self._refs) == 1:
            return self._refs[0]
        if not key:
            return self._refs[bisect(self._bounds, self._rng() * 100)]
        return min(self._refs, key=lambda ref: -math.log(_uniform(key, ref)) / self.traffic[ref])


def _uniform(key: str, ref: str) -> float:
    """Return a number in (0, 1) that depends on nothing but the two texts."""
    drawn = int.from_bytes(hashlib.blake2b(f"{ref}\0{key}".encode(), digest_size=8).digest())
    return (drawn + 0.5) / 2.0**64
