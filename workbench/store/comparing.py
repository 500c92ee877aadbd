"""Which rows differ between two versions: only what can differ is read.

A row that lies where it lay has the values that it had, in every column whose file is the same: a million pictures are
not compared because each got a new label.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from workbench.core.dataset import LABEL_AT
from workbench.store.content import changed
from workbench.store.view import View

_CHUNK = 20_000


def differing_rows(before: View, after: View, ids: pa.Array) -> Any:
    """Return a mask of the *ids*, which are in both versions, whose rows differ."""
    was, is_now = before.index.find(ids)[0], after.index.find(ids)[0]
    columns = [c for c in dict.fromkeys([*before.columns, *after.columns]) if c not in ("id", LABEL_AT)]
    stayed = before.index.addresses[was] == after.index.addresses[is_now]
    same = _same_files(before, after)
    found = np.zeros(len(ids), dtype=bool)
    rows = np.flatnonzero(stayed)
    for column in (c for c in columns if c not in same):
        found[rows] |= _differ(_values(before, column, was[rows]), _values(after, column, is_now[rows]))
    moved = np.flatnonzero(~stayed)
    for start in range(0, len(moved), _CHUNK):
        rows = moved[start : start + _CHUNK]
        for column in columns:
            found[rows] |= _differ(_values(before, column, was[rows]), _values(after, column, is_now[rows]))
    return found


def _differ(old: pa.ChunkedArray | None, new: pa.ChunkedArray | None) -> Any:
    if old is not None and new is not None:
        return changed(new, old)
    there = old if new is None else new
    return np.asarray(there.is_valid()) if there is not None else False


def _values(view: View, column: str, places: Any) -> pa.ChunkedArray | None:
    return view.table([column], places)[column] if column in view.columns else None


def _same_files(before: View, after: View) -> set[str]:
    """Return the columns that both versions read from the same files, as far as both have these pieces of the table."""
    one, two = _files(before), _files(after)
    both = {piece for _, piece in one} & {piece for _, piece in two}
    columns = {column for column, _ in one} & {column for column, _ in two}
    return {column for column in columns if all(one.get((column, piece)) == two.get((column, piece)) for piece in both)}


def _files(view: View) -> dict[tuple[str, int], tuple[str, int]]:
    names = {field.id(): field.name() for field in view.data.lance_schema.fields()}
    return {
        (names[number], fragment.fragment_id): (file.path, number)
        for fragment in view.data.get_fragments()
        for file in fragment.metadata.files
        for number in file.fields
        if number in names
    }
