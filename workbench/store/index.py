"""Where each row of a version lies: its place in the order of `id`, its offset in the table, its address in the files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.core.errors import not_found

_LOCAL = (1 << 32) - 1


@dataclass(frozen=True)
class Index:
    """The ids of a version in order; a place is a number in that order. 32 bytes a row for ids of 16 letters."""

    ids: Any
    #: By what address the files know the row at each place.
    addresses: Any
    #: The offset in the table of each place; None when the table lies in order.
    offsets: Any
    #: The place of each row by the number of its fragment's first row plus its number in the fragment.
    _starts: Any
    _place_at: Any

    def __len__(self) -> int:
        return len(self.ids)

    def places(self, ids: Sequence[str]) -> Any:
        """Return the place of each id; raise `NotFoundError` when one is not there."""
        found, there = self.find(ids)
        if not there.all():
            raise not_found("item", str(ids[int(np.argmin(there))]), None)
        return found

    def find(self, ids: Sequence[str] | pa.ChunkedArray) -> tuple[Any, Any]:
        """Return a place for each id, and whether it is there."""
        wanted = _bytes(ids)
        if not len(wanted) or not len(self.ids):
            return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=bool)
        found = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1)
        return found, self.ids[found] == wanted

    def at(self, places: Any) -> Any:
        """Return the offsets in the table of these places."""
        places = np.asarray(places, dtype=np.int64)
        return places if self.offsets is None else self.offsets[places].astype(np.int64)

    def place_of(self, addresses: Any) -> Any:
        """Return the place of each row that the files know by these addresses."""
        return self._place_at[self._starts[addresses >> 32] + (addresses & _LOCAL).astype(np.int64)]


def index_of(batches: Iterable[pa.RecordBatch]) -> Index:
    """Return the index of a version from its columns `id` and `_rowaddr`, given in the order of its table."""
    told = [(_flat(batch["id"]).copy(), batch["_rowaddr"].to_numpy(zero_copy_only=False).copy()) for batch in batches]
    ids = np.concatenate([np.array([], dtype="S1"), *(ids for ids, _ in told)])
    addresses = np.concatenate([np.array([], dtype=np.uint64), *(addresses for _, addresses in told)])
    del told
    in_order = bool((ids[:-1] <= ids[1:]).all())
    order = None if in_order else np.argsort(ids, kind="stable").astype(np.int32)
    fragments, numbers = (addresses >> 32).astype(np.int64), (addresses & _LOCAL).astype(np.int64)
    lasts = np.append(np.flatnonzero(fragments[1:] != fragments[:-1]), len(ids) - 1)
    sizes = np.zeros(int(fragments.max()) + 2, dtype=np.int64)
    sizes[fragments[lasts] + 1] = numbers[lasts] + 1
    starts = np.cumsum(sizes)
    place_at = np.full(int(starts[-1]), -1, dtype=np.int32)
    rows = starts[fragments] + numbers
    places = np.arange(len(ids), dtype=np.int32)
    if order is None:
        place_at[rows] = places
    else:
        place_at[rows[order]] = places
        ids, addresses = ids[order], addresses[order]
    return Index(ids, addresses, order, starts, place_at)


def _bytes(ids: Sequence[str] | pa.ChunkedArray) -> Any:
    """Return ids as bytes of one width, which sort as their text does."""
    column = ids if isinstance(ids, pa.ChunkedArray | pa.Array) else pa.array(list(ids), pa.string())
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    return np.concatenate([np.array([], dtype="S1"), *(_flat(chunk) for chunk in chunks)])


def _flat(ids: pa.Array) -> Any:
    _, offsets, content = ids.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[ids.offset : ids.offset + len(ids) + 1]
    lengths = np.diff(ends)
    if len(ids) and lengths[0] > 0 and (lengths == lengths[0]).all():  # the usual case, without an object for each
        return np.frombuffer(content, dtype=f"S{lengths[0]}", count=len(ids), offset=int(ends[0]))
    return np.array(ids.cast(pa.binary()).to_numpy(zero_copy_only=False), dtype=bytes)
