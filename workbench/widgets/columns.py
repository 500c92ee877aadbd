"""The columns of a dataset in memory, small: what filtering, counting and sorting a million rows by the click takes.

A column is read when it is first asked for. Repeated values become numbers of 4 bytes that stand for them; names and texts stay
in Arrow's own buffers. Rows are known by their place in the order of the dataset.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.dataset import EMBEDDING, ID, LABEL_AT, MEDIA, NAME, TEXT, THUMB, Dataset
from workbench.core.errors import InputError, not_found
from workbench.widgets.coded import Coded
from workbench.widgets.memory import give_back

#: A column with more values than this is searched or sorted, not listed.
MAX_VALUES = 1000
#: Text beyond this is searched by the store, not kept.
MAX_TEXT_BYTES = 64 * 2**20
#: Columns that are never a list of values to choose from.
_NO_FACETS = {ID, MEDIA, THUMB, EMBEDDING, NAME, TEXT, LABEL_AT}
_SAMPLE = 4000
_PART = 50_000
BINS = 24


class Columns:
    """The columns of one dataset, read on first use."""

    def __init__(self, data: Dataset) -> None:
        self.data = data
        self.ids = data.ids() if data.selection else None
        self.n_rows = data.n_items
        self._kept: dict[tuple[str, str], Any] = {}
        self._schema: pa.Schema | None = None

    def facets(self) -> list[str]:
        """Return the columns whose values, or whose range, a person can choose from."""
        found: list[str] = self._once("facets", "", lambda _: [c for c in self.data.columns if self._suits(c)])
        return found

    def is_number(self, column: str) -> bool:
        """Return whether a column holds numbers that are measured rather than named."""
        kind = self._type(column)
        return bool(pa.types.is_floating(kind) or (pa.types.is_integer(kind) and self._n_sampled(column) > 12))

    def coded(self, column: str) -> Coded:
        """Return a column as codes; raise `InputError` when it is not one of few values."""
        found: Coded = self._once("coded", column, self._read_coded)
        return found

    def numbers(self, column: str) -> Any:
        """Return a column as float64, NaN where a value is absent."""
        return self._once("numbers", column, self._read_numbers)

    def order(self, column: str, *, descending: bool) -> Any:
        """Return the places of all rows by the values of a column; those without one come last."""
        order, n_known = self._once("order", column, self._sorted)
        if not descending:
            return order
        return np.concatenate([order[:n_known][::-1], order[n_known:]])

    def containing(self, text: str) -> Any:
        """Return which rows have *text* in their name or their text, whatever the case."""
        found = np.zeros(self.n_rows, dtype=bool)
        for column in (c for c in (NAME, TEXT) if c in self.data.columns):
            found |= self._containing(column, text.lower())
        return found

    def differing(self, column: str, other: str) -> Any:
        """Return which rows have two different values in two columns, both of them there."""
        return self._once("differing", f"{column} {other}", lambda _: self._differing(column, other))

    def histogram(self, column: str, kept: Any) -> tuple[list[int], float, float, int]:
        """Return the counts in bins of equal width, the lowest and the highest value, and how many are absent."""
        values = self.numbers(column)
        low, high = self._once("ends", column, lambda _: _ends(values))
        binned = self._once("bins", column, lambda _: _binned(values, low, high))
        counts = np.bincount((binned if kept is None else binned[kept]) + 1, minlength=BINS + 1)  # 0 is for -1
        return counts[1:].tolist(), low, high, int(counts[0])

    def vectors(self) -> tuple[Any, Iterator[Any]]:
        """Return some 20,000 vectors, evenly taken, and all of them part by part; NaN for a row without one.

        A million vectors may be more than this machine holds, so they are never here all at once.
        """
        if self.n_rows <= _PART:
            found = _vectors(self._read(EMBEDDING)[EMBEDDING])
            return found, iter([found])
        ids = pa.array(self.ids) if self.ids is not None else self._read(ID)[ID]
        scans, name, version = self.data.ws.scans, self.data.name, self.data.version
        size = min(_PART, self.n_rows // 25)  # few enough for the store to fetch only those

        def read(some: Any) -> Any:
            return _vectors(scans.columns(name, version, [EMBEDDING], ids=some.to_pylist())[EMBEDDING])

        sample = read(ids.take(np.arange(0, self.n_rows, self.n_rows // 20_000)))
        return sample, (read(ids.slice(at, size)) for at in range(0, self.n_rows, size))

    def places(self, ids: Sequence[str], *, missing_ok: bool = False) -> Any:
        """Return the places of these ids, in their order."""
        if not ids:
            return np.zeros(0, dtype=np.int32)
        if self.ids is not None:
            there = self._once("places", "", lambda _: {id: place for place, id in enumerate(self.ids or ())})
            if not missing_ok and (missing := [id for id in ids if id not in there]):
                raise not_found("item", missing[0], None)
            return np.array([there[id] for id in ids if id in there], dtype=np.int32)
        # Rows lie in the order of their ids, so sorted ids and sorted places go together.
        found = np.sort(self.data.ws.scans.order(self.data.name, self.data.version, ids=ids))
        rank = {id: n for n, id in enumerate(sorted(ids))}
        return found[[rank[id] for id in ids]].astype(np.int32)

    def keep(self, column: str, coded: Coded) -> None:
        """Add a column that the table does not have."""
        self._kept["coded", column] = coded

    def _once(self, what: str, column: str, make: Any) -> Any:
        if (what, column) not in self._kept:
            self._kept[what, column] = make(column)
            give_back()  # what was read to make it is large, and done with
        return self._kept[what, column]

    def _read(self, *columns: str) -> pa.Table:
        for column in columns:
            self._check(column)
        return self.data.ws.scans.columns(self.data.name, self.data.version, columns, ids=self.ids)

    def _check(self, column: str) -> None:
        if column not in self.data.columns:
            known = ", ".join(c for c in self.data.columns if c not in (THUMB, EMBEDDING))
            raise InputError(f"{self.data.ref} has no column {column!r}.", hint=f"Columns: {known}.")

    def _sampled(self) -> pa.Table:
        columns = [c for c in self.data.columns if c not in (ID, THUMB, EMBEDDING)]
        first = self.ids[:_SAMPLE] if self.ids is not None else None
        scans, name, version = self.data.ws.scans, self.data.name, self.data.version
        if first is None and self.n_rows > _SAMPLE:
            rows = scans.take(name, version, np.linspace(0, self.n_rows - 1, _SAMPLE).astype(np.int64), columns=[ID])
            first = [str(row[ID]) for row in rows]
        return scans.columns(name, version, columns, ids=first)

    def _type(self, column: str) -> pa.DataType:
        self._check(column)
        return self._once("sample", "", lambda _: self._sampled()).schema.field(column).type

    def _n_sampled(self, column: str) -> int:
        values = self._once("sample", "", lambda _: self._sampled())[column]
        return int(self._once("n sampled", column, lambda _: pc.count_distinct(_flat(values)).as_py()))

    def _suits(self, column: str) -> bool:
        if column in _NO_FACETS:
            return False
        kind = self._type(column)
        item = kind.value_type if _is_list(kind) else kind
        if pa.types.is_floating(kind):
            return True
        return bool(
            (
                pa.types.is_string(item)
                or pa.types.is_large_string(item)
                or pa.types.is_boolean(item)
                or pa.types.is_integer(item)
            )
            and (pa.types.is_integer(kind) or self._n_sampled(column) <= min(MAX_VALUES, max(20, _SAMPLE // 4)))
        )

    def _read_coded(self, column: str) -> Coded:
        values = self._read(column)[column]
        owners = None
        if _is_list(values.type):
            lengths = np.asarray(pc.fill_null(pc.list_value_length(values), 0))
            owners = np.repeat(np.arange(self.n_rows, dtype=np.int32), lengths)
            values = pc.list_flatten(values)
        encoded = values.dictionary_encode().unify_dictionaries()
        names = encoded.chunk(0).dictionary.to_pylist() if encoded.num_chunks else []
        if len(names) > MAX_VALUES:
            raise InputError(
                f"Column {column!r} has {len(names):,} values, too many to choose from.", hint="Search or sort instead."
            )
        codes = [np.asarray(pc.fill_null(chunk.indices, -1), dtype=np.int32) for chunk in encoded.chunks]
        found = np.concatenate(codes) if codes else np.zeros(0, dtype=np.int32)
        return Coded(found, names, owners, self.n_rows)

    def _read_numbers(self, column: str) -> Any:
        return np.asarray(pc.fill_null(pc.cast(self._read(column)[column], pa.float64()), float("nan")))

    def _sorted(self, column: str) -> tuple[Any, int]:
        """Return the places by value, absent ones last, and how many are not absent."""
        if _is_list(self._type(column)):
            raise InputError(f"{self.data.ref} cannot be sorted by {column!r}: it is a column of lists.")
        if self._is_text(column) and self._suits(column):
            coded = self.coded(column)
            rank = np.empty(len(coded.values) + 1, dtype=np.int16)
            rank[sorted(range(len(coded.values)), key=coded.values.__getitem__)] = np.arange(len(coded.values))
            rank[-1] = len(coded.values)
            return np.argsort(rank[coded.codes], kind="stable").astype(np.int32), int((coded.codes >= 0).sum())
        values = self._read(column)[column]
        found = np.asarray(pc.sort_indices(values, sort_keys=[("", "ascending", "at_end")]))
        return found.astype(np.int32), len(values) - values.null_count

    def _is_text(self, column: str) -> bool:
        kind = self._type(column)
        return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))

    def _containing(self, column: str, text: str) -> Any:
        values = self._once("text", column, lambda _: self._text(column))
        if values is None:  # too much to keep: the store looks through it
            said = text.replace("'", "''")
            found = np.zeros(self.n_rows, dtype=bool)
            where = f"contains(lower({column}), '{said}')"
            found[self.data.ws.scans.order(self.data.name, self.data.version, where=where)] = True
            return found
        lowered = pc.ascii_lower(values) if text.isascii() else pc.utf8_lower(values)  # the first is fifty times as fast
        return np.asarray(pc.fill_null(pc.match_substring(lowered, text), False))

    def _differing(self, column: str, other: str) -> Any:
        table = self._read(column, other)
        return np.asarray(pc.fill_null(pc.not_equal(table[column], table[other]), False))

    def _text(self, column: str) -> Any:
        values = self._read(column)[column]
        return values if self.ids is not None or values.nbytes <= MAX_TEXT_BYTES else None


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _flat(values: Any) -> Any:
    return pc.list_flatten(values) if _is_list(values.type) else values


def _ends(values: Any) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    return (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)


def _binned(values: Any, low: float, high: float) -> Any:
    """Return the bin of each value as int8, -1 where there is none."""
    with np.errstate(invalid="ignore"):
        place = (values - low) * (BINS / (high - low or 1.0))
    return np.where(np.isfinite(place), np.minimum(np.nan_to_num(place), BINS - 1), -1).astype(np.int8)


def _vectors(values: Any) -> Any:
    """Return a column of lists of one length as a float32 matrix, NaN where there is none."""
    values = values.combine_chunks()
    there = np.asarray(values.is_valid())
    flat = np.asarray(pc.list_flatten(values), dtype=np.float32)
    width = len(flat) // max(1, int(there.sum()))
    if there.all():
        return flat.reshape(len(there), width)
    found = np.full((len(there), width), np.nan, dtype=np.float32)
    found[there] = flat.reshape(-1, width)
    return found
