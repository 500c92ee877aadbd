"""What is audited: a dataset with what checks share, each computed once and only when one asks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from workbench.core.dataset import ID, LABEL, MEDIA, REVIEWED_BY, SHA256, TEXT, Dataset
from workbench.core.ports import Row
from workbench.core.task import Task
from workbench.data.embed import embedded_by
from workbench.data.vectors import Vectors, computed, modality, stored
from workbench.data.vectors import parts as in_parts
from workbench.models.embedders.embedder import DEFAULT, find
from workbench.ops.vectors import Places, neighbours, unit
from workbench.tasks import task

#: So many neighbours tell what is usual around an item.
K = 10
#: A column of more names than this tells rows apart, not kinds of them.
_MOST_NAMES = 50
#: What shows whether two items are nearly the same; for likeness of meaning there are better ones.
_LOOKS = {"image": "pixels", "text": "ngrams", "audio": "course"}


class Subject:
    """A dataset under audit; it must not share items with those `against` it, and shall resemble them."""

    def __init__(self, data: Dataset, against: Sequence[Dataset] = (), groups: Sequence[str] = ()) -> None:
        self.data, self.against, self.groups = data, tuple(against), tuple(groups)
        self._near: tuple[Vectors, tuple[Places, Vectors]] | None = None

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

    def near(self, vectors: Vectors) -> tuple[Places, Vectors]:
        """Return the places of each row's nearest others and their cosines; of all vectors, found once for all checks."""
        if self._near is not None and self._near[0] is vectors:
            return self._near[1]
        found = neighbours(vectors, K, step=lambda done: self._told(done, len(vectors)))
        if "vectors" in self.__dict__ and vectors is self.vectors[1]:
            self._near = (vectors, found)
        return found

    @cached_property
    def looks(self) -> tuple[list[str], Vectors]:
        """Return the ids that can be read, and vectors that are nearly equal only for items that are nearly the same."""
        by = _LOOKS[self.kind]
        if self.by == by:
            return self.vectors
        return computed(self.data, self.ids, find(self.data.ws, by, modality=self.kind), self.kind, verb="audit")

    @cached_property
    def keys(self) -> list[bytes]:
        """Return a key per item, the same for the same content; b'' where there is none to compare."""
        return self.keys_of(self.parts)

    def keys_of(self, parts: Sequence[str]) -> list[bytes]:
        """Return a key per item, the same for the same content in the columns *parts*; b'' where there is none to compare.

        A file counts by its hash, a text without regard to blanks and case.
        """
        made: list[bytes] = []
        wanted = [name for name in dict.fromkeys([ID, SHA256, *parts]) if name in self.data.columns]
        for ids in in_parts(self.ids):
            for row in self.data.ws.tables.read(self.data.name, self.data.version, columns=wanted, ids=ids):
                told = [_part(row, name) for name in parts]
                made.append(hashlib.sha256(json.dumps(told, default=str).encode()).digest()[:16] if any(told) else b"")
            self._told(len(made), len(self.ids))
        return made

    def _told(self, done: int, total: int) -> None:
        self.data.ws.events.emit("progress", self.data.ref, verb="audit", done=done, total=total)

    def _rows_as_vectors(self) -> Vectors:
        """Return rows of a table as vectors: numbers by rank-free scale (median and quartiles), names one by one."""
        parts: list[Vectors] = []
        for name in self.own_columns:
            values = self.column(name)
            if all(v is None or (isinstance(v, int | float) and not isinstance(v, bool)) for v in values):
                numbers = np.array([np.nan if v is None else float(v) for v in values])
                numbers[~np.isfinite(numbers)] = np.nan
                if np.isnan(numbers).all():
                    continue
                low, mid, high = np.nanpercentile(numbers, [25, 50, 75])
                scale = (high - low) or float(np.nanstd(numbers)) or 1.0
                parts.append(np.nan_to_num((numbers - mid) / scale, nan=0.0).clip(-50, 50)[:, None].astype(np.float32))
                continue
            kinds = {v: i for i, v in enumerate(sorted({str(v) for v in values if v is not None}))}
            if 1 < len(kinds) <= _MOST_NAMES:
                which = np.array([len(kinds) if v is None else kinds[str(v)] for v in values])
                parts.append(np.eye(len(kinds) + 1, len(kinds), dtype=np.float32)[which])
        if not parts:
            return unit(np.zeros((len(self.ids), 1), np.float32))
        # One number more keeps length: at length 1 alone, a row ten times as large would look the same.
        return unit(np.concatenate([*parts, np.ones((len(self.ids), 1), np.float32)], axis=1))


def _part(row: Row, name: str) -> Any:
    value = row.get(name)
    if name == MEDIA:
        return row.get(SHA256) or str(value or "").partition(".")[0]
    return " ".join(value.casefold().split()) if isinstance(value, str) else value
