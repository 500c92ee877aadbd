"""Writing rows: what a commit changes in a version, and the cheapest way to change it.

Few changed rows are written anew, whole, at the end of the table. Of many, only the columns that differ are written anew:
a new label for each of a million pictures does not write the pictures again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import lance
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.dataset import LABEL_AT
from workbench.core.errors import InputError
from workbench.store.content import ID_FIELD, ROOM, cast, cells, changed, check_ids
from workbench.store.given import fitted, given, once, renewed, streamed
from workbench.store.places import ADDED, CHANGED, REMOVED
from workbench.store.view import AHEAD, View

#: Changed rows are written whole when they are fewer than this, or than this share of all.
_FEW, _SHARE = 1000, 0.02
_BATCH = 16384
#: Pieces of at least so many rows are left as they are.
LARGE = 100_000
#: A table in more pieces than this is put together while it is written anyway.
PIECES = 64


def create(uri: str, rows: Any) -> tuple[Any, int] | None:
    """Write the first rows of a table, a batch at a time; return Lance's dataset and the sum of its cells' hashes."""
    tables = (t for t in streamed(rows) if len(t))
    first = next(tables, None)
    if first is None:
        return None
    seen: list[pa.ChunkedArray] = []
    raised: list[Exception] = []
    total = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal total
        try:
            for given_now in chain([first], tables):
                check_ids(given_now)
                table = given_now.cast(first.schema)
                seen.append(table["id"])
                total += cells(table)
                yield from table.combine_chunks().to_batches(max_chunksize=_BATCH)
        except Exception as exc:
            raised.append(exc)
            raise

    # "overwrite": what a first commit left that a crash cut off is not a version, and is replaced.
    reader = pa.RecordBatchReader.from_batches(first.schema, batches())
    try:
        data = lance.write_dataset(reader, uri, mode="overwrite", data_storage_version="stable")
    except OSError:
        if raised:  # what the rows' own source says, and not what Lance makes of it
            raise raised[0] from None
        raise
    once(pa.chunked_array([chunk for column in seen for chunk in column.chunks]))
    return data, total % ROOM


def at(uri: str, version: int) -> Any:
    """Return the table as it was at Lance's *version*, for writing: what came after it is no version of ours."""
    data = lance.dataset(uri)
    if data.version == version:
        return data
    data = lance.dataset(uri, version=version)
    data.restore()
    return data


def change(view: View, rows: Any, remove: Sequence[str]) -> Change:
    """Return what *rows* and *remove* change in a version."""
    known = view.data.schema
    fresh = given(view, rows)
    check_ids(fresh)
    once(fresh["id"])
    gone = pa.array(sorted(set(remove)), pa.string())
    both = fresh["id"].filter(pc.is_in(fresh["id"], value_set=gone))
    if len(both):
        raise InputError(f"Row {both[0].as_py()!r} is both given and removed.", hint="Do one of the two.")
    old, there = view.having(fresh["id"].combine_chunks(), [c for c in fresh.schema.names if c in view.columns])
    fresh = fitted(view, fresh, old.schema, fresh["id"].filter(pa.array(there)))
    fresh, old = renewed(view, fresh, old, there)
    hits, news = _those(fresh, there), _those(fresh, ~there)
    masks = {c: changed(hits[c], old[c]) if c in view.columns else np.asarray(hits[c].is_valid()) for c in fresh.schema.names}
    differ = np.zeros(len(hits), dtype=bool)
    for column, mask in masks.items():
        if column not in (LABEL_AT, "id"):
            differ |= mask
    return Change(
        view=view,
        news=news,
        before=_those(old, differ),
        after=_those(hits, differ),
        differs=tuple(c for c, mask in masks.items() if c != "id" and (mask & differ).any()),
        removed=view.having(gone, view.columns)[0],
        fields=tuple(f for f in fresh.schema if f.name not in view.columns or f.type != known.field(f.name).type),
    )


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one commit does: rows that are new, rows that change (as they were and as they will be), rows that go."""

    view: View
    news: pa.Table
    before: pa.Table
    after: pa.Table
    differs: tuple[str, ...]
    removed: pa.Table
    #: Columns that are new, or hold another type than before.
    fields: tuple[pa.Field, ...]

    @property
    def nothing(self) -> bool:
        """Return whether the version stays as it is."""
        return not (len(self.news) or len(self.after) or len(self.removed))

    @property
    def sum(self) -> int:
        """Return how the sum of the cells' hashes changes."""
        columns = [c for c in self.after.schema.names if c != "id"]
        total = cells(self.news) + cells(self.after, columns)
        total -= cells(self.before, [c for c in columns if c in self.before.schema.names])
        return total - cells(self.removed)

    def columns(self, known: Sequence[str]) -> list[str]:
        """Return the columns of the version after this, in their order."""
        return list(dict.fromkeys([*known, *self.news.schema.names]))

    def touched(self) -> pa.Table:
        """Return the ids of the rows that are touched, with what was done."""
        parts = [(self.news["id"], ADDED), (self.after["id"], CHANGED), (self.removed["id"], REMOVED)]
        ids = pa.chunked_array([chunk for column, _ in parts for chunk in column.chunks], pa.string())
        did = np.concatenate([np.full(len(column), kind, dtype=np.int8) for column, kind in parts])
        return pa.table({"id": ids, "did": pa.array(did)})

    def write(self, data: Any) -> Any:
        """Write it to the table *data*, which holds the version before, and return the table after."""
        many = len(self.after) > max(_FEW, _SHARE * data.count_rows())
        anew = [f.name for f in self.fields if f.name in data.schema.names]
        if many:
            anew = list(dict.fromkeys([*anew, *(c for c in self.differs if c in data.schema.names)]))
        if self.fields or many:
            data = self._columns(data, anew, many=many)
        rows, gone = [self.news] if len(self.news) else [], self.removed["id"].to_pylist()
        if len(self.after) and not many:
            rows.append(self._whole())
            gone += self.after["id"].to_pylist()
        if gone:
            data = _without(data, gone)
        if rows:
            data = _append(data, rows)
        if len(data.get_fragments()) > PIECES:
            data.optimize.compact_files(target_rows_per_fragment=LARGE)
            data = lance.dataset(data.uri)
        return data

    def _whole(self) -> pa.Table:
        """Return the changed rows with all their columns."""
        others = [c for c in self.view.columns if c not in self.after.schema.names]
        if not others:
            return self.after
        rest, _ = self.view.having(self.after["id"].combine_chunks(), others)
        whole = self.after
        for column in others:
            whole = whole.append_column(rest.schema.field(column), rest[column])
        return whole

    def _columns(self, data: Any, anew: list[str], *, many: bool) -> Any:
        """Add the new columns, and write those anew that many rows change, all other columns being left alone."""
        new = [f for f in self.fields if f.name not in data.schema.names]
        filled = [f for f in new if f.name in self.differs] if many else []
        empty = [f for f in new if f not in filled]
        if empty:
            data.add_columns(pa.schema(empty))
            data = lance.dataset(data.uri)
        fields = [*filled, *(next((f for f in self.fields if f.name == c), None) or data.schema.field(c) for c in anew)]
        if not fields:
            return data
        # The version before is read while its columns are dropped from the next: what was written stays.
        batches = self._patched(data, fields)
        if anew:
            data.drop_columns(anew)
            data = lance.dataset(data.uri)
        data.add_columns(pa.RecordBatchReader.from_batches(pa.schema(fields), batches))
        return lance.dataset(data.uri)

    def _patched(self, data: Any, fields: list[pa.Field]) -> Iterator[pa.RecordBatch]:
        source = lance.dataset(data.uri, version=data.version)
        names = [f.name for f in fields]
        there = [f.name for f in fields if f.name in source.schema.names]
        index = self.view.index
        which = np.full(len(index), -1, dtype=np.int64)
        which[index.at(index.find(self.after["id"])[0])] = np.arange(len(self.after))
        after = self.after.select(names)

        def batches() -> Iterator[pa.RecordBatch]:
            start = 0
            for batch in source.scanner(columns=there or ["id"], batch_size=_BATCH, io_buffer_size=AHEAD).to_batches():
                rows = which[start : start + len(batch)]
                start += len(batch)
                news = rows >= 0
                values = []
                for field in fields:
                    old = batch[field.name] if field.name in there else pa.nulls(len(batch), field.type)
                    values.append(_mixed(cast(old, field.type), after[field.name].take(pa.array(rows[news])), news))
                yield pa.RecordBatch.from_arrays(values, schema=pa.schema(fields))

        return batches()


def _those(table: pa.Table, chosen: Any) -> pa.Table:
    """Return the chosen rows; all of them are no copy, which a million vectors would feel."""
    return table if chosen.all() else table.filter(pa.array(chosen))


def _mixed(old: pa.Array, fresh: pa.ChunkedArray, news: Any) -> pa.Array:
    """Return *old* with the values of *fresh*, in their order, where there are *news*."""
    places = np.arange(len(old))
    places[news] = len(old) + np.arange(len(fresh))
    return pa.concat_arrays([old, *fresh.chunks]).take(pa.array(places))


def _without(data: Any, ids: list[str]) -> Any:
    gone = pa.table({"id": pa.array(ids, pa.string())}, schema=pa.schema([ID_FIELD]))
    data.merge_insert("id").when_matched_delete().execute(gone)
    return lance.dataset(data.uri)


def _append(data: Any, tables: list[pa.Table]) -> Any:
    schema = data.schema

    def batches() -> Iterator[pa.RecordBatch]:
        for table in tables:
            for batch in table.combine_chunks().to_batches(max_chunksize=_BATCH):
                values = [batch[f.name] if f.name in table.schema.names else pa.nulls(len(batch), f.type) for f in schema]
                yield pa.RecordBatch.from_arrays([v.cast(f.type) for v, f in zip(values, schema, strict=True)], schema=schema)

    return lance.write_dataset(pa.RecordBatchReader.from_batches(schema, batches()), data.uri, mode="append")
