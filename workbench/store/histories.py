"""What happened to versioned tables: tags, differences, the life of a row, compaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import lance
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.core import refs
from workbench.core.errors import not_found
from workbench.core.ports import Row, TableVersion
from workbench.store.comparing import differing_rows
from workbench.store.places import REMOVED
from workbench.store.tables import LanceTables
from workbench.store.view import border
from workbench.store.writing import LARGE, at

#: Files that no version needs any more are kept this long, for those who read them at the moment.
_GRACE = timedelta(hours=1)


class LanceHistories:
    """Histories of the tables that *tables* keeps."""

    def __init__(self, tables: LanceTables, *, grace: timedelta = _GRACE) -> None:
        self._tables = tables
        self._shelf = tables.shelf
        self._grace = grace

    def tag(self, name: str, tag: str, version: int | None) -> None:
        """Let *tag* stand for a version from now on; None takes it away."""
        refs.check_tag(tag)
        self._tables.check_own(name)
        with self._tables.locked(name):
            tags = self.tags(name)
            if version is None:
                if tags.pop(tag, None) is None:
                    raise not_found(f"tag of dataset {name}", tag, tags)
            else:
                tags[tag] = int(self._shelf.manifest(name, version)["version"])
            self._shelf.here.write_tags(name, tags)

    def tags(self, name: str) -> dict[str, int]:
        """Return the tags with their versions."""
        return self._shelf.place(name).tags(name)

    def changes(self, name: str, before: int, after: int) -> Mapping[str, list[str]]:
        """Return the ids that were `added`, `removed` and `changed` between two versions, sorted."""
        if before > after:
            back = self.changes(name, after, before)
            return {"added": back["removed"], "removed": back["added"], "changed": back["changed"]}
        ids = self._touched(name, before, after)
        was, is_now = (self._shelf.view(name, version).index.find(ids)[1] for version in (before, after))
        both = ids.filter(pa.array(was & is_now))
        return {
            "added": _sorted(ids, is_now & ~was),
            "removed": _sorted(ids, was & ~is_now),
            "changed": _sorted(both, self._differing(name, before, after, both)),
        }

    def of(self, name: str, id: str) -> list[tuple[TableVersion, Row]]:
        """Return a row as it was in each version that changed it, oldest first; empty where it was removed."""
        found: list[tuple[TableVersion, Row]] = []
        for version in self._shelf.versions(name):
            touched = self._shelf.touched(name, version.version)
            if touched is not None:
                did = touched["did"].filter(pc.equal(touched["id"], id)).to_pylist()
                if not did:
                    continue
                if did[0] == REMOVED:
                    found.append((version, {}))
                    continue
            rows, _ = self._shelf.view(name, version.version).having(pa.array([id], pa.string()), version.columns)
            row = {c: v for told in rows.to_pylist() for c, v in told.items() if v is not None}
            if row != (found[-1][1] if found else {}):
                found.append((version, row))
        if not found:
            raise not_found("item", id, None)
        return found

    def compact(self, name: str) -> Mapping[str, int]:
        """Rewrite small pieces of a table as large ones; versions stay. Return `files_before`, `files_after`, `bytes_freed`."""
        self._tables.check_own(name)
        with self._tables.locked(name), border(name):
            self._shelf.forget()
            manifest = self._shelf.manifest(name, self._shelf.versions(name)[-1].version)
            data = at(self._shelf.here.uri(name), manifest["lance"])
            before = _files(data)
            data.optimize.compact_files(target_rows_per_fragment=LARGE)
            data = lance.dataset(data.uri)
            self._tables.publish(manifest, data)
            freed = data.cleanup_old_versions(older_than=self._grace, error_if_tagged_old_versions=False)
        return {"files_before": before, "files_after": _files(data), "bytes_freed": int(freed.bytes_removed)}

    def _touched(self, name: str, before: int, after: int) -> Any:
        """Return the ids that the versions after *before* touched, each once."""
        found = []
        for version in range(before + 1, after + 1):
            touched = self._shelf.touched(name, version)
            if touched is None:  # made when this was not kept: any row may have changed
                return self._all(name, before, after)
            found.append(touched["id"])
        if not found:
            return pa.array([], pa.string())
        return pc.unique(pa.chunked_array([chunk for column in found for chunk in column.chunks], pa.string()))

    def _all(self, name: str, *versions: int) -> Any:
        columns = [self._shelf.view(name, version).table(["id"])["id"] for version in versions]
        return pc.unique(pa.chunked_array([chunk for column in columns for chunk in column.chunks], pa.string()))

    def _differing(self, name: str, before: int, after: int, ids: pa.Array) -> Any:
        """Return a mask of the rows whose content differs: a change may have been taken back."""
        if after == before + 1 and self._shelf.touched(name, after) is not None:
            return np.ones(len(ids), dtype=bool)
        return differing_rows(self._shelf.view(name, before), self._shelf.view(name, after), ids)


def _sorted(ids: Any, mask: Any) -> list[str]:
    return sorted(ids.filter(pa.array(mask, pa.bool_())).to_pylist())


def _files(data: Any) -> int:
    return sum(len(fragment.data_files()) for fragment in data.get_fragments())
