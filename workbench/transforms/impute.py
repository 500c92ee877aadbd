"""The step that fills in values that are missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np

from workbench.core.errors import InputError
from workbench.transforms.columns import is_number, numbers
from workbench.transforms.sample import Sample
from workbench.transforms.step import State, Step

#: So many rows of the training data are kept to look for neighbors in.
_KEPT = 2000


@dataclass(frozen=True, kw_only=True)
class Impute(Step):
    """Fill each missing value (absent or NaN) of the columns.

    `by` "mean", "median" and "mode" take that of the training data; "neighbors" the mean of the `k` training rows that
    are nearest in the other columns (Troyanskaya and others, 2001); "forward" the last value before it in the order of
    the column `time`, and the training median before the first. With `flag`, a column `<name>_missing` tells where.
    """

    modality: ClassVar[str] = "table"
    columns: tuple[str, ...] = ()
    by: Literal["mean", "median", "mode", "neighbors", "forward"] = "median"
    k: int = 5
    time: str = ""
    flag: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be done."""
        if self.by == "forward" and not self.time:
            raise InputError('by="forward" needs `time`, the column that orders the rows.')
        if self.k < 1:
            raise InputError(f"`k` must be at least 1, got {self.k}.")
        super().__post_init__()

    def fit(self, samples: Sequence[Sample]) -> State:
        """Return what to fill in, and the rows to look for neighbors in."""
        found = numbers(samples, tuple(c for c in self.columns if c != self.time))
        found.pop(self.time, None)
        middle: dict[str, float] = {}
        for name, values in found.items():
            if self.by == "mode":
                counts = Counter(values.tolist())
                middle[name] = max(counts, key=lambda value: (counts[value], -value))
            else:
                middle[name] = float(values.mean() if self.by == "mean" else np.median(values))
        state: State = {"fill": middle}
        if self.by == "neighbors":
            state["scale"] = {name: float(values.std()) or 1.0 for name, values in found.items()}
            whole = [[s.content.get(name) for name in middle] for s in samples]
            state["rows"] = [row for row in whole if all(map(is_number, row))][:_KEPT]
            if not state["rows"]:
                raise InputError("No training row has every value, so there are no neighbors.", hint='Use by="median".')
        if self.by == "forward":
            if any(row.content.get(self.time) is None for row in samples):
                raise InputError(
                    f"Not every row has a {self.time!r} to be ordered by.", hint="Name the column of times as `time`."
                )
            ordered = sorted((s.content for s in samples), key=lambda row: row[self.time])
            state["known"] = {n: [[r[self.time], r[n]] for r in ordered if is_number(r.get(n))] for n in middle}
        return state

    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the row without gaps."""
        row: Mapping[str, Any] = sample.content
        missing = [name for name in state["fill"] if not is_number(row.get(name))]
        filled = {name: self._value(name, row, state) for name in missing}
        flags = {f"{name}_missing": name in missing for name in state["fill"]} if self.flag else {}
        return replace(sample, content={**row, **filled, **flags})

    def _value(self, name: str, row: Mapping[str, Any], state: State) -> float:
        if self.by == "neighbors":
            return _nearest(name, row, state, self.k)
        if self.by == "forward":
            earlier = [value for at, value in state["known"][name] if at <= row[self.time]]
            return float(earlier[-1]) if earlier else float(state["fill"][name])
        return float(state["fill"][name])


def _nearest(name: str, row: Mapping[str, Any], state: State, k: int) -> float:
    names = list(state["fill"])
    rows = np.asarray(state["rows"], float)
    known = [i for i, other in enumerate(names) if other != name and is_number(row.get(other))]
    if not known:
        return float(state["fill"][name])
    here = np.array([row[names[i]] for i in known], float)
    scale = np.array([state["scale"][names[i]] for i in known])
    distances = (((rows[:, known] - here) / scale) ** 2).sum(axis=1)
    chosen = np.argsort(distances, kind="stable")[:k]
    return float(rows[chosen, names.index(name)].mean())
