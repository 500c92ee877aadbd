"""Versioned tables in Lance: upserts by id, every version immutable and named by the hash of its content.

A version exists when its manifest (`<name>.versions/<n>.json`) exists; it is written last. What Lance holds beyond the
newest manifest is a commit that a crash cut off, and the next commit starts from before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import lance
import numpy as np
import pyarrow as pa

from workbench.core import refs
from workbench.core.errors import ExternalError, InputError, not_found
from workbench.core.files import disk, read_json, write_json
from workbench.core.ports import Row, TableVersion
from workbench.store.content import ROOM, digest, row_hash, schema_of, typed
from workbench.store.locks import locked


class LanceTables:
    """Tables in a folder, one Lance dataset each; writers of one table queue, readers never wait."""

    def __init__(self, root: Path, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._root = root
        self._clock = clock
        # Versions never change, so what was read of one stays true; a few are kept open.
        self._open = lru_cache(maxsize=8)(self._open_uncached)
        self._index = lru_cache(maxsize=8)(self._index_uncached)

    def commit(self, name: str, rows: Iterable[Row], *, meta: Mapping[str, Any]) -> TableVersion:
        """Make the next version: the newest with *rows* upserted; return the newest when nothing changes."""
        refs.check_name(name, what="table")
        fresh = _unique(rows)
        with locked(self._root / f"{name}.lock"), _border(self._root / name):
            last = self._manifests(name)[-1:]
            if not last:
                return self._first(name, fresh, meta)
            return self._next(name, fresh, meta, last[0])

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
        """Return rows in the order of `id`, or in the order of *ids*; *where* is an SQL condition."""
        data = self._open(name, version)
        names, places = self._index(name, version)
        with _border(self._root / name):
            if ids is not None or where is not None:
                chosen = _search(names, list(ids)) if ids is not None else np.arange(len(names))
                if where is not None:
                    hits = data.to_table(columns=["id"], filter=where)["id"].to_pylist()
                    kept = set(_search(names, hits).tolist())
                    chosen = np.array([i for i in chosen.tolist() if i in kept], dtype=np.int64)
            else:
                chosen = np.arange(len(names))
            page = chosen[offset : None if limit is None else offset + limit]
            taken = data.take(places[page], columns=list(columns) if columns is not None else None)
        return list(taken.to_pylist())

    def count(self, name: str, version: int, *, where: str | None = None) -> int:
        """Return how many rows satisfy *where*."""
        with _border(self._root / name):
            return int(self._open(name, version).count_rows(filter=where))

    def versions(self, name: str) -> list[TableVersion]:
        """Return all versions, oldest first; raise `NotFoundError` for an unknown name."""
        found = [_version(manifest) for manifest in self._manifests(name)]
        if not found:
            raise not_found("dataset", name, self.names())
        return found

    def names(self) -> list[str]:
        """Return the names of all tables."""
        folders = self._root.glob("*.versions")
        return sorted(p.name.removesuffix(".versions") for p in folders if any(p.glob("*.json")))

    def _first(self, name: str, fresh: dict[str, Row], meta: Mapping[str, Any]) -> TableVersion:
        if not fresh:
            raise InputError(f"Dataset {name!r} would be empty.", hint="Give it at least one row.")
        table = typed(list(fresh.values()), schema_of(fresh.values(), known=None))
        # "overwrite": what a first commit left that a crash cut off is not a version, and is replaced.
        data = lance.write_dataset(table, str(self._uri(name)), mode="overwrite", data_storage_version="stable")
        total = sum(row_hash(row) for row in fresh.values()) % ROOM
        return self._publish(name, 1, data, total, meta)

    def _next(self, name: str, fresh: dict[str, Row], meta: Mapping[str, Any], last: Mapping[str, Any]) -> TableVersion:
        before = self._known(name, int(last["version"]), list(fresh))
        merged = {id: before.get(id, {}) | row for id, row in fresh.items()}
        changed = {id: row for id, row in merged.items() if id not in before or row_hash(before[id]) != row_hash(row)}
        if not changed and dict(meta, note="") == dict(last["meta"], note=""):
            return _version(last)
        data = lance.dataset(str(self._uri(name)))
        if data.version != last["lance"]:
            data = lance.dataset(str(self._uri(name)), version=last["lance"])
            data.restore()
        if changed:
            schema = schema_of(changed.values(), known=data.schema)
            extra = [field for field in schema if field.name not in data.schema.names]
            if extra:
                data.add_columns(pa.schema(extra))
            upsert = data.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
            upsert.execute(typed(list(changed.values()), schema))
            data = lance.dataset(str(self._uri(name)))
        total = int(last["sum"], 16) + sum(map(row_hash, changed.values()))
        total -= sum(row_hash(before[id]) for id in changed if id in before)
        return self._publish(name, int(last["version"]) + 1, data, total % ROOM, meta)

    def _publish(self, name: str, version: int, data: Any, total: int, meta: Mapping[str, Any]) -> TableVersion:
        if f"v{version}" in data.tags.list():  # left by a commit that a crash cut off before its manifest
            data.tags.delete(f"v{version}")
        data.tags.create(f"v{version}", data.version)
        manifest = {
            "version": version,
            "name": name,
            "lance": data.version,
            "digest": digest(total, meta),
            "sum": f"{total:x}",
            "n_rows": data.count_rows(),
            "columns": list(data.schema.names),
            "created": self._clock().isoformat(timespec="milliseconds"),
            "meta": dict(meta),
        }
        write_json(self._root / f"{name}.versions" / f"{version}.json", manifest)
        return _version(manifest)

    def _known(self, name: str, version: int, ids: list[str]) -> dict[str, Row]:
        names, _ = self._index(name, version)
        there = set(names.tolist()) & set(ids)
        return {row["id"]: row for row in self.read(name, version, ids=sorted(there))}

    def _manifests(self, name: str) -> list[dict[str, Any]]:
        found = (self._root / f"{name}.versions").glob("*.json")
        return [read_json(path) for path in sorted(found, key=lambda p: int(p.stem))]

    def _uri(self, name: str) -> Path:
        return self._root / f"{name}.lance"

    def _open_uncached(self, name: str, version: int) -> Any:
        path = self._root / f"{refs.check_name(name, what='dataset')}.versions" / f"{version}.json"
        if not path.exists():
            raise not_found(f"version of dataset {name}", str(version), [str(v.version) for v in self.versions(name)])
        with _border(self._root / name):
            return lance.dataset(str(self._uri(name)), version=read_json(path)["lance"])

    def _index_uncached(self, name: str, version: int) -> tuple[Any, Any]:
        ids = self._open(name, version).to_table(columns=["id"])["id"].to_numpy(zero_copy_only=False).astype(str)
        order = np.argsort(ids, kind="stable")
        return ids[order], order


def _search(names: Any, ids: list[str]) -> Any:
    """Return the place of each id in the sorted *names*; raise when one is not there."""
    if not ids:
        return np.array([], dtype=np.int64)
    wanted = np.array(ids, dtype=str)
    places = np.searchsorted(names, wanted)
    inside = np.minimum(places, len(names) - 1)
    missing = wanted[names[inside] != wanted]
    if len(missing):
        raise not_found("item", str(missing[0]), [])
    return inside


def _unique(rows: Iterable[Row]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in rows:
        if not isinstance(row.get("id"), str) or not row["id"]:
            raise InputError(f"A row has no `id`: {row!r:.120}.", hint="Give every row an `id` of text.")
        found[row["id"]] = found.get(row["id"], {}) | row
    return found


def _version(manifest: Mapping[str, Any]) -> TableVersion:
    m = manifest
    return TableVersion(m["name"], m["version"], m["digest"], m["n_rows"], tuple(m["columns"]), m["created"], m["meta"])


@contextmanager
def _border(path: Path) -> Iterator[None]:
    """Translate what Lance raises; it reports a full disk and a bad condition by text."""
    try:
        with disk(path):
            yield
    except (OSError, ValueError, RuntimeError, pa.ArrowException) as exc:
        if isinstance(exc, InputError | ExternalError | LookupError):
            raise
        said = str(exc).splitlines()[0].removeprefix("Invalid user input: ").partition(", /")[0].rstrip(".")
        if "No space left" in said or "os error 28" in said:
            with disk(path):
                raise OSError(28, "No space left on device") from exc
        if isinstance(exc, ValueError | pa.ArrowInvalid):
            raise InputError(f"Dataset {path.name}: {said}.", hint="Check the names of columns and the condition.") from exc
        raise ExternalError(f"Dataset {path.name}: {said}.", system="store", retryable=False) from exc
