"""Rows as they are given, made into a table that fits those that are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.dataset import COMPUTED, outdated
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.store.content import agreed, canonical, cast, changed, from_rows
from workbench.store.view import View


def streamed(rows: Any) -> Iterator[pa.Table]:
    """Return the rows of a first version as tables of one schema."""
    if isinstance(rows, pa.RecordBatchReader):
        yield from (canonical(pa.Table.from_batches([batch])) for batch in rows)
    else:
        yield (
            canonical(rows)
            if isinstance(rows, pa.Table)
            else from_rows([row for _, row in sorted(_merged(rows).items())], None)
        )


def given(view: View, rows: Any) -> pa.Table:
    """Return the rows as one table; what a dictionary does not say of a row that is there stays as it is."""
    if isinstance(rows, pa.RecordBatchReader):
        rows = rows.read_all()
    if isinstance(rows, pa.Table):
        return canonical(rows)
    given = _merged(rows)
    columns = dict.fromkeys(column for row in given.values() for column in row)
    partial = [id for id, row in given.items() if len(row) < len(columns)]
    told = [c for c in columns if c in view.columns]
    if partial and len(told) > 1:
        before, _ = view.having(pa.array(partial, pa.string()), told)
        for row in before.to_pylist():
            said = given[row["id"]]
            gone = set(outdated(row, said))
            given[row["id"]] = {name: value for name, value in row.items() if name not in gone} | said
    return from_rows(list(given.values()), view.data.schema)


def _merged(rows: Iterable[Row]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in rows:
        if not isinstance(row.get("id"), str) or not row["id"]:
            raise InputError(f"A row has no `id`: {row!r:.120}.", hint="Give every row an `id` of text.")
        found[row["id"]] = found.get(row["id"], {}) | row
    return found


def once(ids: pa.ChunkedArray) -> None:
    """Refuse an id that is there twice."""
    if pc.count_distinct(ids).as_py() == len(ids):
        return
    twice = next(pair["values"] for pair in pc.value_counts(ids).to_pylist() if pair["counts"] > 1)
    raise InputError(f"The id {twice!r} is there more than once.", hint="Give every row an id of its own.")


def fitted(view: View, fresh: pa.Table, known: pa.Schema, hits: pa.ChunkedArray) -> pa.Table:
    """Return the new rows in one type per column with those that are there: the known one, a wider one, or a new one."""
    for place, field in enumerate(fresh.schema):
        if field.name not in known.names or (was := known.field(field.name).type) == field.type:
            continue
        values = fresh[field.name]
        kind = was if values.null_count == len(values) else agreed(was, field.type)
        if kind is None and not _replaced(view, field.name, hits):
            raise InputError(
                f"`{field.name}` of dataset {view.name} holds {was}, the new rows hold {field.type}.",
                hint="A column keeps its type unless all its values are given; use another name for another type.",
            )
        wanted = pa.field(field.name, kind or field.type)
        fresh = fresh.set_column(place, wanted, cast(values, wanted.type))
    return fresh


def renewed(view: View, fresh: pa.Table, old: pa.Table, there: Any) -> tuple[pa.Table, pa.Table]:
    """Return new and known rows with what was computed of them, where contents change: of those nothing is known yet."""
    for column, parts in COMPUTED.items():
        if column not in view.columns or column in fresh.schema.names:
            continue
        moved = np.zeros(int(there.sum()), dtype=bool)
        for part in set(parts) & set(fresh.schema.names):
            told = fresh[part].filter(pa.array(there))
            moved |= changed(told, old[part]) if part in old.schema.names else np.asarray(told.is_valid())
        if not moved.any():
            continue
        known, _ = view.having(fresh["id"].combine_chunks(), [column])
        absent, places = ~there, np.cumsum(there) - 1
        absent[there] = moved
        field = known.schema.field(column)
        old = old.append_column(field, known[column])
        fresh = fresh.append_column(field, known[column].take(pa.array(places, mask=absent)))
    return fresh, old


def _replaced(view: View, column: str, ids: pa.ChunkedArray) -> bool:
    """Return whether every row that has a value of *column* is given anew."""
    given = np.zeros(len(view.index), dtype=bool)
    given[view.index.find(ids)[0]] = True
    return bool(given[view.chosen(where=f"`{column}` is not null")].all())
