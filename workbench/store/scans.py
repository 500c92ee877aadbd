"""Versioned tables by the column: filters, orders, counts and neighbours over a million rows.

What a second click would compute again is kept: orders, the codes of columns of few values, sketches of vectors; the least
recently used goes when they outgrow a fixed size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.store.kept import Kept
from workbench.store.neighbors import Vectors
from workbench.store.tables import LanceTables
from workbench.store.view import View

#: What is kept of all tables together.
_BYTES = 128 * 2**20
#: A column of more values than this is counted anew each time.
_VALUES = 65_536


@dataclass(frozen=True)
class _Codes:
    """A column as numbers: which value each row has, -1 for none; `rows` says whose it is in a column of lists."""

    codes: Any
    values: list[Any]
    rows: Any = None
    n_rows: int = 0


class LanceScans:
    """Columns of the tables that *tables* keeps; a place is the number of a row in the order of `id`."""

    def __init__(self, tables: LanceTables) -> None:
        self._shelf = tables.shelf
        self._kept = Kept(_BYTES)

    def columns(
        self, name: str, version: int, columns: Sequence[str], *, ids: Sequence[str] | None = None, where: str | None = None
    ) -> pa.Table:
        """Return columns as a `pyarrow.Table`, rows in the order of `id`, or in the order of *ids*."""
        view = self._shelf.view(name, version)
        return view.table(columns, None if ids is None and where is None else view.chosen(ids=ids, where=where))

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
        view = self._shelf.view(name, version)
        chosen = None if ids is None and where is None else view.chosen(ids=ids, where=where)
        if sort == "id":
            places = np.arange(len(view.index)) if chosen is None else chosen if ids is None else np.sort(chosen)
            return places[::-1] if descending else places
        ranked = self._ranked(view, sort, descending)
        if chosen is None:
            return ranked.astype(np.int64)
        wanted = np.zeros(len(ranked), dtype=bool)
        wanted[chosen] = True
        return ranked[wanted[ranked]].astype(np.int64)

    def take(self, name: str, version: int, places: Any, *, columns: Sequence[str]) -> list[Row]:
        """Return the rows at these places, in their order."""
        return list(self._shelf.view(name, version).table(columns, np.asarray(places, dtype=np.int64)).to_pylist())

    def counts(
        self, name: str, version: int, column: str, *, ids: Sequence[str] | None = None, where: str | None = None
    ) -> dict[Any, int]:
        """Return how many rows have each value of a column (each member, for a column of lists); None is a value."""
        view = self._shelf.view(name, version)
        coded = self._codes(view, column)
        chosen = None if ids is None and where is None else view.chosen(ids=ids, where=where)
        none = 0
        if coded.rows is None:
            codes = coded.codes if chosen is None else coded.codes[chosen]
        else:
            wanted = np.ones(coded.n_rows, dtype=bool) if chosen is None else np.zeros(coded.n_rows, dtype=bool)
            wanted[chosen if chosen is not None else slice(0)] = True
            codes = coded.codes[wanted[coded.rows]]
            wanted[coded.rows] = False
            none = int(wanted.sum())
        absent, *found = np.bincount(codes + 1, minlength=len(coded.values) + 1).tolist()
        told = {value: n for value, n in zip(coded.values, found, strict=True) if n}
        return told | {None: none + absent} if none + absent else told

    def nearest(
        self, name: str, version: int, column: str, vector: Sequence[float], k: int, *, where: str | None = None
    ) -> list[tuple[str, float]]:
        """Return the ids whose vectors are nearest by cosine, nearest first, with their similarity."""
        vectors = Vectors(self._shelf.view(name, version), column, self._kept)
        return vectors.nearest(np.asarray(vector, dtype=np.float32), k, where=where)

    def _ranked(self, view: View, column: str, descending: bool) -> Any:
        def make() -> Any:
            values = view.table([column])[column]
            if pa.types.is_nested(values.type) or pa.types.is_binary(values.type):
                raise InputError(f"`{column}` holds {values.type}, which has no order.", hint="Sort by text or numbers.")
            how = "descending" if descending else "ascending"
            return np.asarray(pc.array_sort_indices(values.combine_chunks(), order=how, null_placement="at_end")).astype(
                np.int32
            )

        key = ("order", *view.key, column, descending)
        return self._kept.get(key, make, size=lambda made: made.nbytes)

    def _codes(self, view: View, column: str) -> _Codes:
        def make() -> _Codes:
            values = view.table([column])[column].combine_chunks()
            if pa.types.is_fixed_size_list(values.type) or pa.types.is_binary(values.type):
                raise InputError(f"`{column}` holds {values.type}, which is not counted.", hint="Count text or numbers.")
            rows, n_rows = None, len(values)
            if pa.types.is_list(values.type):
                rows, values = np.asarray(pc.list_parent_indices(values)), pc.list_flatten(values)
            coded = pc.dictionary_encode(values)
            codes = np.asarray(pc.fill_null(coded.indices, -1)).astype(np.int32)
            return _Codes(codes, coded.dictionary.to_pylist(), rows, n_rows)

        def size(made: _Codes) -> int:
            rows = made.rows.nbytes if made.rows is not None else 0
            return made.codes.nbytes + rows + 100 * len(made.values) if len(made.values) <= _VALUES else _BYTES + 1

        key = ("codes", *view.key, column)
        found: _Codes = self._kept.get(key, make, size=size)
        return found
