"""One version of a table, for reading: its rows by place, id or condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import lance
import numpy as np
import pyarrow as pa
from lance.dataset import ColumnOrdering

from workbench.core.errors import ExternalError, InputError, WorkbenchError
from workbench.core.files import disk
from workbench.store.index import Index, index_of
from workbench.store.places import Place

#: More rows than one in so many are cheaper to read with all others than one by one.
_MANY = 20
#: Fewer ids than this are looked for in the files; more are worth an index of all.
_FEW = 500
#: So many rows at the beginning of a table that is larger than this are found without an index of all: a first page.
_HEAD, _LARGE = 200, 100_000
_BATCH = 65_536
#: Lance reads so many bytes ahead of who takes the batches.
AHEAD = 32 * 2**20


class View:
    """A version of a table. It never changes, so what was read of it once stays true."""

    def __init__(self, place: Place, manifest: Mapping[str, Any], *, session: Any) -> None:
        self.name, self.version = str(manifest["name"]), int(manifest["version"])
        self.columns: tuple[str, ...] = tuple(manifest["columns"])
        self.n_rows = int(manifest["n_rows"])
        #: What tells this content in these files from every other.
        self.key = (place.root, self.name, int(manifest["lance"]))
        self._place, self._session = place, session
        self._hits = lru_cache(maxsize=8)(self._matching)

    @cached_property
    def data(self) -> Any:
        """The rows as Lance has them."""
        try:
            return self._opened(self.key[2])
        except WorkbenchError:
            now = int(self._place.manifest(self.name, self.version)["lance"])
            if now == self.key[2]:
                raise
            return self._opened(now)  # compacted since the manifest was read, by another process

    @cached_property
    def index(self) -> Index:
        """Where each row lies."""
        with border(self.name):
            scan = self.data.scanner(columns=["id"], with_row_address=True, batch_size=_BATCH, batch_readahead=2)
            return index_of(scan.to_batches())

    def chosen(self, *, ids: Sequence[str] | None = None, where: str | None = None) -> Any:
        """Return the places of the rows with these *ids* that satisfy *where*, in the order of *ids* or of `id`."""
        if where is None:
            return np.arange(self.n_rows) if ids is None else self.index.places(ids)
        hits = self._hits(where).astype(np.int64)
        if ids is None:
            return hits
        kept = np.zeros(len(self.index), dtype=bool)
        kept[hits] = True
        places = self.index.places(ids)
        return places[kept[places]]

    def table(self, columns: Sequence[str] | None = None, places: Any = None) -> pa.Table:
        """Return the rows at these *places*, all by default, in their order."""
        wanted = list(self.columns if columns is None else columns)
        unknown = [column for column in wanted if column not in self.columns]
        if unknown:
            known = ", ".join(self.columns)
            raise InputError(f"Dataset {self.name}@{self.version} has no column {unknown[0]!r}.", hint=f"Columns: {known}.")
        with border(self.name):
            if places is not None and len(places) * _MANY < self.n_rows:
                # Not `take`: where rows were removed, it counts the others up to each of them, which takes seconds.
                return self.data._take_rows(pa.array(self._addresses(places)), columns=wanted)
            found = self.data.to_table(columns=wanted)
            if places is None:
                return found if self.index.offsets is None else found.take(self.index.offsets)
            return found.take(self.index.at(places))

    def having(self, ids: pa.Array, columns: Sequence[str]) -> tuple[pa.Table, Any]:
        """Return the rows that have one of these *ids*, in their order, and a mask of the ids that are there."""
        if not len(ids):
            return self.data.schema.empty_table().select(list(columns)), np.array([], dtype=bool)
        if len(ids) <= _FEW and "index" not in self.__dict__:
            return self._searched(ids, columns)
        places, there = self.index.find(ids)
        return self.table(columns, places[there]), there

    def _addresses(self, places: Any) -> Any:
        """Return by what address the files know the rows at *places*."""
        if "index" not in self.__dict__ and self.n_rows > _LARGE and len(places) and np.max(places) < _HEAD:
            return self._head[places]
        return self.index.addresses[places]

    @cached_property
    def _head(self) -> Any:
        """The addresses of the first rows; looked for among all ids, in half the time that their index takes."""
        first = {"order_by": [ColumnOrdering("id")], "limit": _HEAD}
        return self.data.scanner(columns=["id"], with_row_address=True, **first).to_table()["_rowaddr"].to_numpy()

    def _opened(self, version: int) -> Any:
        storage = self._place.storage()
        with border(self.name):
            return lance.dataset(self._place.uri(self.name), version=version, session=self._session, storage_options=storage)

    def _searched(self, ids: pa.Array, columns: Sequence[str]) -> tuple[pa.Table, Any]:
        listed = ", ".join("'" + id.replace("'", "''") + "'" for id in ids.to_pylist())
        with border(self.name):
            found = self.data.to_table(columns=["id", *(c for c in columns if c != "id")], filter=f"id in ({listed})")
        at = {id: row for row, id in enumerate(found["id"].to_pylist())}
        rows = np.array([at.get(id, -1) for id in ids.to_pylist()], dtype=np.int64)
        return found.select(list(columns)).take(pa.array(rows[rows >= 0])), rows >= 0

    def _matching(self, where: str) -> Any:
        with border(self.name):
            scan = self.data.scanner(columns=[], filter=where, with_row_address=True, batch_size=_BATCH)
            addresses = scan.to_table()["_rowaddr"].to_numpy()
        found = np.zeros(len(self.index), dtype=bool)  # marked, not sorted: five times faster for half a million
        found[self.index.place_of(addresses)] = True
        return np.flatnonzero(found).astype(np.int32)


@contextmanager
def border(what: str) -> Iterator[None]:
    """Translate what Lance raises; it reports a full disk and a bad condition by text."""
    try:
        with disk(Path(what)):
            yield
    except (OSError, ValueError, RuntimeError, pa.ArrowException) as exc:
        if isinstance(exc, WorkbenchError) or not _foreign(exc):
            raise
        said = str(exc).splitlines()[0].removeprefix("Invalid user input: ").partition(", /")[0].rstrip(".")
        if "No space left" in said or "os error 28" in said:
            with disk(Path(what)):
                raise OSError(28, "No space left on device") from exc
        name = Path(what).name
        if isinstance(exc, ValueError | pa.ArrowInvalid):
            raise InputError(f"Dataset {name}: {said}.", hint="Check the names of columns and the condition.") from exc
        raise ExternalError(f"Dataset {name}: {said}.", system="store", retryable=False) from exc


def _foreign(exc: BaseException) -> bool:
    """Return whether Lance or Arrow raised it, and no line of ours or of NumPy."""
    last = exc.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    module = str(last.tb_frame.f_globals.get("__name__", "")) if last is not None else ""
    return isinstance(exc, pa.ArrowException) or module.partition(".")[0] in ("lance", "pyarrow")
