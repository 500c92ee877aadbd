"""Fakes of versioned tables, their scans and their histories, in memory; conditions are those of SQLite."""

from __future__ import annotations

import hashlib
import json
import math
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from copy import deepcopy
from typing import Any

from workbench.core import refs
from workbench.core.dataset import LABEL_AT, PROVENANCE, outdated
from workbench.core.errors import InputError, not_found
from workbench.core.ports import Row, TableVersion

_AT = "2026-01-01T00:00:00.000+00:00"


class FakeTables:
    """Tables as dictionaries of rows, one for each version."""

    def __init__(self) -> None:
        self._versions: dict[str, list[tuple[TableVersion, dict[str, Row]]]] = {}

    def commit(self, name: str, rows: Iterable[Row], *, meta: Mapping[str, Any], remove: Sequence[str] = ()) -> TableVersion:
        """Make the next version: the newest with *rows* upserted and the ids *remove* gone; the newest when nothing changes."""
        refs.check_name(name, what="table")
        history = self._versions.get(name, [])
        content = deepcopy(history[-1][1]) if history else {}
        for row in _rows(rows):
            if not isinstance(row.get("id"), str) or not row["id"]:
                raise InputError(f"A row has no `id`: {row!r:.120}.", hint="Give every row an `id` of text.")
            if row["id"] in remove:
                raise InputError(f"Row {row['id']!r} is both given and removed.", hint="Do one of the two.")
            before = content.get(row["id"], {})
            content[row["id"]] = {k: v for k, v in before.items() if k not in outdated(before, row)} | row
        for id in remove:
            content.pop(id, None)
        if not content:
            raise InputError(f"Dataset {name!r} would be empty.", hint="Keep at least one row.")
        if history and _told(content) == _told(history[-1][1]) and _lasting(meta) == _lasting(history[-1][0].meta):
            return history[-1][0]
        known = history[-1][0].columns if history else ()
        columns = tuple(dict.fromkeys([*known, *(column for row in content.values() for column in row)]))
        said = repr((_told(content), meta.get("task"), list(meta.get("classes", ()))))
        digest = hashlib.sha256(said.encode()).hexdigest()
        made = TableVersion(name, len(history) + 1, digest, len(content), columns, _AT, dict(meta))
        self._versions[name] = [*history, (made, content)]
        return made

    def read(
        self,
        name: str,
        version: int,
        *,
        columns: Sequence[str] | None = None,
        ids: Sequence[str] | None = None,
        where: str | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[Row]:
        """Return rows in the order of `id`, or in the order of *ids*."""
        made, content = self.at(name, version)
        missing = [i for i in ids or () if i not in content]
        if missing:
            raise not_found("item", missing[0], None)
        unknown = [c for c in columns or () if c not in made.columns]
        if unknown:
            known = ", ".join(made.columns)
            raise InputError(f"Dataset {name}@{version} has no column {unknown[0]!r}.", hint=f"Columns: {known}.")
        order = list(ids) if ids is not None else sorted(content)
        holding = matching(list(content.values()), where, made.columns) if where is not None else content
        page = [i for i in order if i in holding][offset : None if limit is None else offset + limit]
        return [{c: content[i].get(c) for c in columns or made.columns} for i in page]

    def count(self, name: str, version: int, *, where: str | None = None) -> int:
        """Return how many rows satisfy *where*."""
        return len(self.read(name, version, where=where))

    def versions(self, name: str) -> list[TableVersion]:
        """Return all versions, oldest first; raise `NotFoundError` for an unknown name."""
        if name not in self._versions:
            raise not_found("dataset", name, self._versions)
        return [version for version, _ in self._versions[name]]

    def names(self) -> list[str]:
        """Return the names of all tables."""
        return sorted(self._versions)

    def at(self, name: str, version: int) -> tuple[TableVersion, dict[str, Row]]:
        """Return a version with its rows by id."""
        known = self.versions(name)
        if not 1 <= version <= len(known):
            raise not_found(f"version of dataset {name}", str(version), [str(v.version) for v in known])
        return self._versions[name][version - 1]


class FakeScans:
    """Scans of what `FakeTables` keeps."""

    def __init__(self, tables: Any) -> None:
        self._tables = tables

    def columns(
        self, name: str, version: int, columns: Sequence[str], *, ids: Sequence[str] | None = None, where: str | None = None
    ) -> Any:
        """Return columns as a `pyarrow.Table`, rows in the order of `id`, or in the order of *ids*."""
        import pyarrow as pa

        rows = self._tables.read(name, version, columns=list(columns), ids=ids, where=where)
        return pa.table({c: [row[c] for row in rows] for c in columns})

    def order(
        self,
        name: str,
        version: int,
        *,
        ids: Sequence[str] | None = None,
        where: str | None = None,
        sort: str = "id",
        descending: bool = False,
    ) -> Any:
        """Return the places of the matching rows in that order, as int64 numpy; absent values come last."""
        import numpy as np

        rows = self._tables.read(name, version, columns=list({"id": 0, sort: 0}), ids=ids, where=where)
        rows.sort(key=lambda row: str(row["id"]))
        there = sorted((row for row in rows if row[sort] is not None), key=lambda row: row[sort], reverse=descending)
        place = {row["id"]: n for n, row in enumerate(self._tables.read(name, version, columns=["id"]))}
        return np.array([place[row["id"]] for row in [*there, *(r for r in rows if r[sort] is None)]], dtype=np.int64)

    def take(self, name: str, version: int, places: Any, *, columns: Sequence[str]) -> list[Row]:
        """Return the rows at these places, in their order."""
        rows = self._tables.read(name, version, columns=list(columns))
        return [rows[int(place)] for place in places]

    def counts(
        self, name: str, version: int, column: str, *, ids: Sequence[str] | None = None, where: str | None = None
    ) -> dict[Any, int]:
        """Return how many rows have each value of a column (each member, for a column of lists); None is a value."""
        values = [row[column] for row in self._tables.read(name, version, columns=[column], ids=ids, where=where)]
        return dict(Counter(v for value in values for v in (value or [None] if isinstance(value, list) else [value])))

    def nearest(
        self, name: str, version: int, column: str, vector: Sequence[float], k: int, *, where: str | None = None
    ) -> list[tuple[str, float]]:
        """Return the ids whose vectors are nearest by cosine, nearest first, with their similarity."""
        rows = self._tables.read(name, version, columns=["id", column], where=where)
        told = [(str(row["id"]), _cosine(row[column], vector)) for row in rows if row[column] is not None]
        return sorted(told, key=lambda pair: -pair[1])[:k]


class FakeHistories:
    """Histories of what `FakeTables` keeps."""

    def __init__(self, tables: Any) -> None:
        self._tables = tables
        self._tags: dict[str, dict[str, int]] = {}

    def tag(self, name: str, tag: str, version: int | None) -> None:
        """Let *tag* stand for a version from now on; None takes it away."""
        refs.check_tag(tag)
        tags = self._tags.setdefault(name, {})
        if version is not None:
            tags[tag] = self._tables.at(name, version)[0].version
        elif tags.pop(tag, None) is None:
            raise not_found(f"tag of dataset {name}", tag, tags)

    def tags(self, name: str) -> dict[str, int]:
        """Return the tags with their versions."""
        return dict(self._tags.get(name, {}))

    def changes(self, name: str, before: int, after: int) -> Mapping[str, list[str]]:
        """Return the ids that were `added`, `removed` and `changed` between two versions, sorted."""
        one, two = (_told(self._tables.at(name, version)[1]) for version in (before, after))
        changed = sorted(id for id in one.keys() & two.keys() if one[id] != two[id])
        return {"added": sorted(two.keys() - one.keys()), "removed": sorted(one.keys() - two.keys()), "changed": changed}

    def of(self, name: str, id: str) -> list[tuple[TableVersion, Row]]:
        """Return a row as it was in each version that changed it, oldest first; empty where it was removed."""
        found: list[tuple[TableVersion, Row]] = []
        for version in self._tables.versions(name):
            row = {c: v for c, v in self._tables.at(name, version.version)[1].get(id, {}).items() if v is not None}
            if row != (found[-1][1] if found else {}):
                found.append((version, row))
        if not found:
            raise not_found("item", id, None)
        return found

    def compact(self, name: str) -> Mapping[str, int]:
        """Do nothing: there are no files."""
        self._tables.versions(name)
        return {"files_before": 1, "files_after": 1, "bytes_freed": 0}


def matching(rows: Sequence[Row], where: str, columns: Sequence[str]) -> set[str]:
    """Return the ids of the rows that satisfy an SQL condition."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("pragma case_sensitive_like = on")
        db.create_function("array_has", 2, lambda held, value: held is not None and value in json.loads(held))
        db.create_function("starts_with", 2, lambda text, head: text is not None and text.startswith(head))
        db.create_function("contains", 2, lambda text, part: text is not None and part in text)
        db.execute(f"create table rows ({', '.join(f'`{c}`' for c in columns)})")
        marks = ", ".join("?" * len(columns))
        values = ([json.dumps(v) if isinstance(v, list) else v for v in map(row.get, columns)] for row in rows)
        db.executemany(f"insert into rows values ({marks})", values)  # noqa: S608  # question marks
        try:
            return {id for (id,) in db.execute(f"select id from rows where {where}")}  # noqa: S608  # of a test
        except sqlite3.Error as exc:
            raise InputError(f"{where!r}: {exc}.", hint=f"Columns: {', '.join(columns)}.") from exc


def _rows(rows: Any) -> Iterable[Row]:
    """Return rows as dictionaries, be they dictionaries or Arrow's."""
    whole = rows.read_all() if hasattr(rows, "read_all") else rows
    return list(whole.to_pylist()) if hasattr(whole, "to_pylist") else whole


def _told(content: Mapping[str, Row]) -> dict[str, Row]:
    return {k: {c: v for c, v in row.items() if v is not None and c != LABEL_AT} for k, row in sorted(content.items())}


def _lasting(meta: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in meta.items() if key not in PROVENANCE}


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    size = math.sqrt(sum(x * x for x in one) * sum(x * x for x in other))
    return sum(a * b for a, b in zip(one, other, strict=True)) / (size or 1.0)
