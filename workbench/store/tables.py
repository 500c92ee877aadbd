"""Versioned tables in Lance: rows are upserted by id, every version is immutable and named by the hash of its content.

What Lance holds beyond the newest manifest is a commit that a crash cut off, and the next commit starts from before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.core import refs
from workbench.core.dataset import PROVENANCE
from workbench.core.errors import ConflictError, InputError
from workbench.core.ports import Row, TableVersion
from workbench.store import writing
from workbench.store.content import ROOM, digest
from workbench.store.locks import locked
from workbench.store.shelf import Shelf, version_of
from workbench.store.view import border


class LanceTables:
    """Tables in a folder, one Lance dataset each; writers of one table queue, readers never wait."""

    def __init__(self, root: Path, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.shelf = Shelf(root)
        self._root = root
        self._clock = clock

    def commit(
        self,
        name: str,
        rows: Iterable[Row] | pa.Table | pa.RecordBatchReader,
        *,
        meta: Mapping[str, Any],
        remove: Sequence[str] = (),
    ) -> TableVersion:
        """Make the next version: the newest with *rows* upserted and the ids *remove* gone; the newest when nothing changes."""
        refs.check_name(name, what="table")
        self.check_own(name)
        with self.locked(name), border(str(self._root / name)):
            self.shelf.forget()
            numbers = self.shelf.here.numbers(name)
            if not numbers:
                return self._first(name, rows, meta)
            return self._next(self.shelf.manifest(name, numbers[-1]), rows, meta, remove)

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
        view = self.shelf.view(name, version)
        chosen = view.chosen(ids=ids, where=where)
        page = chosen[offset : None if limit is None else offset + limit]
        whole = len(page) == len(chosen) and ids is None and where is None
        return list(view.table(columns, None if whole else page).to_pylist())

    def count(self, name: str, version: int, *, where: str | None = None) -> int:
        """Return how many rows satisfy *where*."""
        with border(name):
            return int(self.shelf.view(name, version).data.count_rows(filter=where))

    def versions(self, name: str) -> list[TableVersion]:
        """Return all versions, oldest first; raise `NotFoundError` for an unknown name."""
        return self.shelf.versions(name)

    def names(self) -> list[str]:
        """Return the names of all tables."""
        return self.shelf.names()

    def locked(self, name: str) -> Any:
        """Return the lock that a writer of a table holds."""
        return locked(self._root / f"{name}.lock")

    def publish(self, manifest: Mapping[str, Any], data: Any) -> None:
        """Let a version be the rows that *data* has now; readers from now on see these."""
        tag = f"v{manifest['version']}"
        if tag in data.tags.list():  # left by a commit that a crash cut off, or the rows before they were compacted
            data.tags.delete(tag)
        data.tags.create(tag, data.version)
        self.shelf.here.write_manifest(dict(manifest, lance=data.version))
        self.shelf.forget()

    def _first(self, name: str, rows: Any, meta: Mapping[str, Any]) -> TableVersion:
        made = writing.create(self.shelf.here.uri(name), rows)
        if made is None:
            raise InputError(f"Dataset {name!r} would be empty.", hint="Give it at least one row.")
        data, total = made
        return self._made({"name": name, "version": 1, "columns": list(data.schema.names), "meta": dict(meta)}, data, total)

    def _next(self, last: Mapping[str, Any], rows: Any, meta: Mapping[str, Any], remove: Sequence[str]) -> TableVersion:
        name, version = last["name"], int(last["version"])
        change = writing.change(self.shelf.view(name, version), rows, remove)
        if change.nothing and _lasting(meta) == _lasting(last["meta"]):
            return version_of(last)
        data = change.write(writing.at(self.shelf.here.uri(name), last["lance"]))
        if data.count_rows() == 0:
            raise InputError(f"Dataset {name!r} would be empty.", hint="Keep at least one row.")
        self.shelf.here.write_touched(name, version + 1, change.touched())
        facts = {"name": name, "version": version + 1, "columns": change.columns(last["columns"]), "meta": dict(meta)}
        return self._made(facts, data, (int(last["sum"], 16) + change.sum) % ROOM)

    def _made(self, facts: Mapping[str, Any], data: Any, total: int) -> TableVersion:
        manifest = {
            **facts,
            "digest": digest(total, facts["meta"]),
            "sum": f"{total:x}",
            "n_rows": data.count_rows(),
            "created": self._clock().isoformat(timespec="milliseconds"),
        }
        self.publish(manifest, data)
        return version_of(manifest)

    def check_own(self, name: str) -> None:
        """Refuse to write what belongs to another place."""
        if (place := self.shelf.linked().get(name)) is not None:
            raise ConflictError(
                f"Dataset {name} can only be read here: it belongs to {place.removesuffix('/data')}.",
                hint="Copy what you need into a dataset of your own.",
            )


def _lasting(meta: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in meta.items() if key not in PROVENANCE}
