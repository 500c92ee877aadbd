"""Steps that scale numbers by what the training data has: columns of rows, or the channels of pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from workbench.core.errors import InputError
from workbench.transforms.sample import Sample
from workbench.transforms.step import State, Step


@dataclass(frozen=True, kw_only=True)
class _Columns(Step):
    """A step on columns of numbers; no *columns* means all that hold numbers."""

    modality: ClassVar[str] = "table"
    columns: tuple[str, ...] = ()

    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the row with its columns scaled; an absent value stays absent."""
        row: Mapping[str, Any] = sample.content
        scaled = {
            name: (float(row[name]) - low) / span for name, (low, span) in state["columns"].items() if row.get(name) is not None
        }
        return replace(sample, content={**row, **scaled})


class Normalize(_Columns):
    """Scale each column so that the training data lies between 0 and 1."""

    def fit(self, samples: Sequence[Sample]) -> State:
        """Return the least value of each column and its span."""
        found = numbers(samples, self.columns)
        return {"columns": {k: [float(v.min()), float(np.ptp(v)) or 1.0] for k, v in found.items()}}


class Standardize(_Columns):
    """Scale each column so that the training data has mean 0 and standard deviation 1."""

    def fit(self, samples: Sequence[Sample]) -> State:
        """Return the mean of each column and its standard deviation."""
        found = numbers(samples, self.columns)
        return {"columns": {k: [float(v.mean()), float(v.std()) or 1.0] for k, v in found.items()}}


def numbers(samples: Sequence[Sample], columns: Sequence[str]) -> dict[str, Any]:
    """Return the values that are there of each column, as float64; raise `InputError` for a column without numbers."""
    names = columns or sorted({k for s in samples for k, v in s.content.items() if is_number(v)})
    found = {name: np.array([s.content[name] for s in samples if is_number(s.content.get(name))], float) for name in names}
    empty = [name for name, values in found.items() if not len(values)]
    if empty or not found:
        raise InputError(f"No numbers in {', '.join(map(repr, empty)) or 'any column'} of the training data.")
    return found


def is_number(value: Any) -> bool:
    """Return whether a value is a number that is there, and no infinity."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
