"""What is audited: a dataset with what checks share, each computed once and only when one asks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from workbench.core.dataset import ID, LABEL, MEDIA, REVIEWED_BY, TEXT, Dataset
from workbench.core.task import Task
from workbench.data.embed import embedded_by
from workbench.data.vectors import Vectors, computed, modality, stored
from workbench.models.embedders.embedder import DEFAULT, find
from workbench.ops.vectors import Places, neighbours, unit
from workbench.tasks import task

#: So many neighbours tell what is usual around an item.
K = 10
#: What shows whether two items are nearly the same; for likeness of meaning there are better ones.
_LOOKS = {"image": "pixels", "text": "ngrams", "audio": "course"}


class Subject:
    """A dataset under audit; it must not share items with those `against` it, and shall resemble them."""

    def __init__(self, data: Dataset, against: Sequence[Dataset] = (), groups: Sequence[str] = ()) -> None:
        self.data, self.against, self.groups = data, tuple(against), tuple(groups)

    @cached_property
    def ids(self) -> list[str]:
        """Return the ids, in order."""
        return self.data.ids()

    @cached_property
    def kind(self) -> str:
        """Return what the items are: image, audio, text or table."""
        return modality(self.data)

    @cached_property
    def task(self) -> Task | None:
        """Return the task of the dataset, when it has one."""
        return task(self.data.task) if self.data.task else None

    def column(self, name: str) -> list[Any]:
        """Return a column in the order of the ids; None everywhere when there is none."""
        if name not in self.data.columns:
            return [None] * len(self.ids)
        ids = self.ids if self.data.selection else None
        found = self.data.ws.scans.columns(self.data.name, self.data.version, [ID, name], ids=ids)
        return list(found[name].to_pylist())

    @cached_property
    def labels(self) -> list[str | None]:
        """Return the label of each item."""
        return self.column(LABEL)

    @cached_property
    def reviewed(self) -> list[bool]:
        """Return of each item whether somebody looked at its label once more."""
        return [by is not None for by in self.column(REVIEWED_BY)]

    @cached_property
    def own_columns(self) -> list[str]:
        """Return the columns of a table's rows that are part of the items."""
        row = dict.fromkeys(self.data.columns, "")
        return list(task("tabular-classification").shown(row, None)["table"])

    @cached_property
    def parts(self) -> list[str]:
        """Return the columns that make an item what it is, the one that is compared by its looks first."""
        if self.kind == "table":
            return self.own_columns
        first = TEXT if self.kind == "text" else MEDIA
        others = self.task.made_of if self.task else ()
        return [first, *(name for name in others if name != first and name in self.data.columns)]

    @cached_property
    def by(self) -> str:
        """Return the name of what makes the vectors."""
        return embedded_by(self.data) or DEFAULT.get(self.kind, "columns")

    @cached_property
    def vectors(self) -> tuple[list[str], Vectors]:
        """Return the ids that have a vector and the vectors: those of the dataset, those that are missing computed."""
        if self.kind == "table":
            return self.ids, self._rows_as_vectors()
        names, found = stored(self.data) if embedded_by(self.data) else ([], np.empty((0, 1), np.float32))
        there = set(names)
        missing = [id for id in self.ids if id not in there]
        if not missing:
            return names, found
        embedder = find(self.data.ws, self.by, modality=self.kind)
        more, made = computed(self.data, missing, embedder, self.kind, verb="audit")
        if not names or not more:
            return (names, found) if names else (more, made)
        return [*names, *more], np.concatenate([found, made])

    @cached_property
    def near(self) -> tuple[Places, Vectors]:
        """Return the places of each vector's nearest others and their cosines."""
        return neighbours(self.vectors[1], K)

    @cached_property
    def looks(self) -> tuple[list[str], Vectors]:
        """Return the ids that can be read, and vectors that are nearly equal only for items that are nearly the same."""
        by = _LOOKS[self.kind]
        names, found = stored(self.data) if embedded_by(self.data) == by else ([], np.empty((0, 1), np.float32))
        if len(names) == len(self.ids):
            return names, found
        return computed(self.data, self.ids, find(self.data.ws, by, modality=self.kind), self.kind, verb="audit")

    def _rows_as_vectors(self) -> Vectors:
        """Return rows of a table as vectors: numbers by rank-free scale (median and quartiles), names one by one."""
        parts: list[Any] = []
        for name in self.own_columns:
            values = self.column(name)
            if all(v is None or (isinstance(v, int | float) and not isinstance(v, bool)) for v in values):
                numbers = np.array([np.nan if v is None else float(v) for v in values])
                numbers[~np.isfinite(numbers)] = np.nan
                if np.isnan(numbers).all():
                    continue
                low, mid, high = np.nanpercentile(numbers, [25, 50, 75])
                scale = (high - low) or float(np.nanstd(numbers)) or 1.0
                parts.append(np.nan_to_num((numbers - mid) / scale, nan=0.0).clip(-50, 50)[:, None])
                continue
            kinds = {v: i for i, v in enumerate(sorted({str(v) for v in values if v is not None}))}
            if 1 < len(kinds) <= 50:
                parts.append(np.array([[float(kinds.get(str(v), -1) == i) for i in range(len(kinds))] for v in values]))
        if not parts:
            return unit(np.zeros((len(self.ids), 1), np.float32))
        # One number more keeps length: at length 1 alone, a row ten times as large would look the same.
        joined = np.concatenate([*parts, np.ones((len(self.ids), 1))], axis=1)
        return unit(joined.astype(np.float32))
