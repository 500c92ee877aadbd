"""A column of few values in 4 bytes a row: filtered and counted by the number that stands for a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Coded:
    """A column of few values: the place of each row's value in `values`, -1 where it is absent.

    A column of lists has one code per member, and `owners` says whose member it is.
    """

    codes: Any
    values: list[Any]
    owners: Any = None
    n_rows: int = 0

    def mask(self, wanted: tuple[Any, ...]) -> Any:
        """Return which rows have one of these values; None stands for an absent one."""
        there = {value: code for code, value in enumerate(self.values)}
        hit = np.zeros(len(self.values) + 1, dtype=bool)  # the last one is for code -1
        for value in wanted:
            if value is None or value in there:
                hit[-1 if value is None else there[value]] = True
        if self.owners is None:
            return hit[self.codes]
        found = np.zeros(self.n_rows, dtype=bool)
        found[self.owners[hit[self.codes]]] = True
        if hit[-1]:
            found |= self._empty()
        return found

    def counts(self, kept: Any) -> tuple[Any, int]:
        """Return how many of the rows at *kept* (places, None for all) have each value, and how many have none."""
        size = len(self.values) + 1
        if self.owners is None:
            found = np.bincount(self.codes + 1 if kept is None else self.codes[kept] + 1, minlength=size)
            return found[1:], int(found[0])
        if kept is None:
            return np.bincount(self.codes, minlength=size - 1), int(self._empty().sum())
        mask = np.zeros(self.n_rows, dtype=bool)
        mask[kept] = True
        counts = np.bincount(self.codes[mask[self.owners]], minlength=size - 1)
        return counts, int((self._empty() & mask).sum())

    def _empty(self) -> Any:
        has = np.zeros(self.n_rows, dtype=bool)
        has[self.owners] = True
        return ~has
