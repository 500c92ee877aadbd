"""Which tables and versions there are, here and at the places that are linked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import lance
import pyarrow as pa

from workbench.core import refs
from workbench.core.errors import not_found
from workbench.core.files import read_json
from workbench.core.ports import TableVersion
from workbench.store.places import Place
from workbench.store.view import View

#: What Lance may keep in memory of files that it has opened.
_CACHE_BYTES = 64 * 2**20


class Shelf:
    """The tables below a folder, and those of other places that are linked there; for reading."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.here = Place(str(root))
        self._session = lance.Session(index_cache_size_bytes=_CACHE_BYTES // 4, metadata_cache_size_bytes=_CACHE_BYTES)
        self._manifests = lru_cache(maxsize=256)(lambda name, version: self.place(name).manifest(name, version))
        self._touches = lru_cache(maxsize=64)(lambda name, version: self.place(name).touched(name, version))
        self._views = lru_cache(maxsize=4)(self._view)

    def place(self, name: str) -> Place:
        """Return where the table *name* lives: here, or at the place that it is linked to."""
        refs.check_name(name, what="dataset")
        link = self.root / f"{name}.link.json"
        return Place(str(read_json(link)["root"])) if link.exists() else self.here

    def linked(self) -> dict[str, str]:
        """Return the tables that live elsewhere, with their places."""
        links = sorted(self.root.glob("*.link.json"))
        return {path.name.removesuffix(".link.json"): str(read_json(path)["root"]) for path in links}

    def names(self) -> list[str]:
        """Return the names of all tables."""
        return sorted({*self.here.names(), *self.linked()})

    def versions(self, name: str) -> list[TableVersion]:
        """Return all versions, oldest first; raise `NotFoundError` for an unknown name."""
        found = [version_of(self._manifests(name, number)) for number in self.place(name).numbers(name)]
        if not found:
            raise not_found("dataset", name, self.names())
        return found

    def manifest(self, name: str, version: int) -> Mapping[str, Any]:
        """Return what is known of a version; raise `NotFoundError`."""
        try:
            found: Mapping[str, Any] = self._manifests(refs.check_name(name, what="dataset"), int(version))
        except FileNotFoundError:
            known = [str(v.version) for v in self.versions(name)]
            raise not_found(f"version of dataset {name}", str(version), known) from None
        return found

    def touched(self, name: str, version: int) -> pa.Table | None:
        """Return which rows a version touched, None when it made all that it holds."""
        found: pa.Table | None = self._touches(name, version) if version > 1 else None
        return found

    def view(self, name: str, version: int) -> View:
        """Return a version, for reading."""
        return self._views(name, version, self.manifest(name, version)["lance"])

    def forget(self) -> None:
        """Read manifests anew: a table was compacted, or a name stands for another place now."""
        self._manifests.cache_clear()

    def _view(self, name: str, version: int, _lance: int) -> View:
        return View(self.place(name), self.manifest(name, version), session=self._session)


def version_of(manifest: Mapping[str, Any]) -> TableVersion:
    """Return the version that a manifest tells of."""
    m = manifest
    return TableVersion(m["name"], m["version"], m["digest"], m["n_rows"], tuple(m["columns"]), m["created"], m["meta"])
