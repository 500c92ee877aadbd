"""What a table holds: its Arrow types and how they grow, and the hash of every cell."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.dataset import EMBEDDING, LABEL_AT
from workbench.core.errors import InputError
from workbench.core.ports import Row

#: Cell hashes are added modulo this, so that the digest of a version follows from the cells that changed, whatever
#: their order (Bellare and Micciancio, "A new paradigm for collision-free hashing", 1997: AdHash).
ROOM = 2**256
#: Lists of at least so many numbers, all equally long, are vectors: they lie side by side and are compared fast.
VECTOR = 8

_PRIMARY = {b"lance-schema:unenforced-primary-key": b"true"}
ID_FIELD = pa.field("id", pa.string(), nullable=False, metadata=_PRIMARY)
_TYPES: Mapping[type, pa.DataType] = {
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
    bytes: pa.binary(),
}

_KINDS: Sequence[tuple[pa.DataType, Sequence[Any]]] = (
    (pa.string(), (pa.types.is_null, pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)),
    (pa.bool_(), (pa.types.is_boolean,)),
    (pa.int64(), (pa.types.is_integer,)),
    (pa.float64(), (pa.types.is_floating,)),
    (pa.binary(), (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)),
)


def from_rows(rows: Sequence[Row], known: pa.Schema | None) -> pa.Table:
    """Return *rows* as a table; a value that does not fit its column is named with its row."""
    rows = [{column: _plain(value) for column, value in row.items()} for row in rows]
    columns = dict.fromkeys(["id", *(column for row in rows for column in row)])
    fields, arrays = [], []
    for column in columns:
        values = [row.get(column) for row in rows]
        field = ID_FIELD if column == "id" else pa.field(column, _type_of(column, values, _known(known, column)))
        for row, value in zip(rows, values, strict=True):
            if value is not None and not _fits(value, field.type):
                raise InputError(
                    f"Row {row.get('id')!r}: `{column}` holds {field.type}, got {value!r:.80}.",
                    hint="A column keeps its type; use another name for another type.",
                )
        fields.append(field)
        arrays.append(pa.array(values, field.type))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def canonical(table: pa.Table) -> pa.Table:
    """Return *table* in the types that a version keeps: one for whole numbers, one for others, one for text."""
    if "id" not in table.schema.names:
        raise InputError(
            f"The table has no column `id`: {', '.join(table.schema.names)}.", hint="Give every row an `id` of text."
        )
    fields, arrays = [], []
    for field, column in zip(table.schema, table.columns, strict=True):
        wanted = ID_FIELD.type if field.name == "id" else _vector(field.name, column, _canonical(field.name, field.type))
        fields.append(ID_FIELD if field.name == "id" else pa.field(field.name, wanted))
        arrays.append(column if field.type == wanted else column.cast(wanted))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def check_ids(table: pa.Table) -> None:
    """Refuse rows without an `id` of text."""
    ids = table["id"]
    wrong = pc.or_kleene(pc.is_null(ids), pc.or_(pc.equal(ids, ""), pc.match_substring(ids, "\0")))
    if pc.any(pc.fill_null(wrong, True)).as_py():
        row = table.filter(pc.fill_null(wrong, True)).slice(0, 1).to_pylist()[0]
        raise InputError(f"A row has no `id`: {row!r:.120}.", hint="Give every row an `id` of text.")


def agreed(known: pa.DataType, fresh: pa.DataType) -> pa.DataType | None:
    """Return the type that a column has when values of type *fresh* join those of type *known*; None when there is none."""
    if known == fresh or (pa.types.is_floating(known) and pa.types.is_integer(fresh)):
        return known
    if pa.types.is_integer(known) and pa.types.is_floating(fresh):
        return fresh
    if not (pa.types.is_nested(known) and pa.types.is_nested(fresh)):
        return None
    sizes = [kind.list_size if pa.types.is_fixed_size_list(kind) else None for kind in (known, fresh)]
    inner = agreed(known.value_type, fresh.value_type)
    return known if inner == known.value_type and (None in sizes or sizes[0] == sizes[1]) else None


def cells(table: pa.Table, columns: Iterable[str] | None = None) -> int:
    """Return the sum of the hashes of all cells that hold something, and of the rows being there when `id` is in *columns*.

    When a label was given is no content: the same label given once more is the same content.
    """
    ids = [id.encode() for id in table["id"].to_pylist()]
    return (
        sum(
            _column(name, ids, table[name]) for name in (table.schema.names if columns is None else columns) if name != LABEL_AT
        )
        % ROOM
    )


def changed(fresh: pa.ChunkedArray, old: pa.ChunkedArray) -> Any:
    """Return a mask of where a column changes; two absent values, and two NaN, are the same."""
    if old.type != fresh.type and agreed(old.type, fresh.type) is None:
        return np.asarray(fresh.is_valid()) | np.asarray(old.is_valid())
    one, other = _whole(fresh), _whole(cast(old, fresh.type))
    if pa.types.is_nested(one.type):
        if pa.types.is_fixed_size_list(one.type) and not one.null_count and not other.null_count:
            pair = [np.asarray(array.flatten()).reshape(len(array), one.type.list_size) for array in (one, other)]
            return ~np.all((pair[0] == pair[1]) | (np.isnan(pair[0]) & np.isnan(pair[1])), axis=1)
        both = zip(one.to_pylist(), other.to_pylist(), strict=True)
        return np.fromiter((a != b for a, b in both), dtype=bool, count=len(one))
    unequal = np.asarray(pc.fill_null(pc.not_equal(one, other), False))
    if pa.types.is_floating(one.type):
        unequal = unequal & ~np.asarray(pc.fill_null(pc.and_(pc.is_nan(one), pc.is_nan(other)), False))
    return unequal | (np.asarray(one.is_null()) != np.asarray(other.is_null()))


def cast(values: Any, kind: pa.DataType) -> Any:
    """Return values in another type that holds them; absent ones where it cannot."""
    if values.type == kind:
        return values
    if values.null_count == len(values) or agreed(kind, values.type) != kind:
        absent = pa.nulls(len(values), kind)
        return pa.chunked_array([absent]) if isinstance(values, pa.ChunkedArray) else absent
    return values.cast(kind)


def digest(total: int, meta: Mapping[str, Any]) -> str:
    """Return the digest of a version from the sum of its cells' hashes and what its labels mean."""
    said = json.dumps({"task": meta.get("task", ""), "classes": list(meta.get("classes", ()))}, sort_keys=True)
    return hashlib.sha256(f"{total:x}|{said}".encode()).hexdigest()


def _column(name: str, ids: list[bytes], values: pa.ChunkedArray) -> int:
    kind, sha = values.type, hashlib.sha256
    told: Iterable[bytes | None]
    if name == "id":
        told = [b""] * len(ids)
    elif pa.types.is_string(kind):
        told = _whole(values).cast(pa.binary()).to_pylist()
    elif pa.types.is_binary(kind):
        told = values.to_pylist()
    elif pa.types.is_nested(kind) and pa.types.is_floating(kind.value_type):
        told = (None if v is None else np.asarray(v, dtype="<f4").tobytes() for v in _vectors(values))
    elif pa.types.is_nested(kind) and pa.types.is_string(kind.value_type):
        told = _few(values.to_pylist())
    else:
        told = (None if v is None else _said(v) for v in values.to_pylist())
    head = b"%b\0%b\0" % (name.encode(), _mark(kind))
    hashes = [sha(b"%b%b\0%b" % (head, id, v)).digest() for id, v in zip(ids, told, strict=True) if v is not None]
    words = np.frombuffer(b"".join(hashes), dtype="<u4").reshape(-1, 8).astype(np.uint64).sum(axis=0)
    return sum(int(word) << (32 * place) for place, word in enumerate(words))


def _few(lists: Iterable[list[str] | None]) -> Iterable[bytes | None]:
    """Say lists one by one; many are the same, as tags are, and each is said once."""
    said = lru_cache(maxsize=10_000)(_said)
    return (None if texts is None else said(tuple(texts)) for texts in lists)


def _vectors(values: pa.ChunkedArray) -> Iterable[Any]:
    """Return lists of numbers one by one, without making Python numbers of vectors."""
    if not pa.types.is_fixed_size_list(values.type):
        yield from values.to_pylist()
        return
    for chunk in values.chunks:
        flat = iter(np.asarray(chunk.flatten()).reshape(-1, values.type.list_size))
        yield from (next(flat) if there else None for there in chunk.is_valid().to_pylist())


def _mark(kind: pa.DataType) -> bytes:
    if pa.types.is_string(kind):
        return b"s"
    return b"b" if pa.types.is_binary(kind) else b""


def _said(value: Any) -> bytes:
    # A column of whole numbers that becomes one of numbers holds the same values, and so has the same hash.
    whole = isinstance(value, float) and value.is_integer()
    return json.dumps(int(value) if whole else value).encode()


def _whole(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _known(schema: pa.Schema | None, column: str) -> pa.DataType | None:
    return schema.field(column).type if schema is not None and column in schema.names else None


def _type_of(column: str, values: list[Any], known: pa.DataType | None) -> pa.DataType:
    first = next((v for v in values if v is not None and v != []), None)
    if first is None:
        return known if known is not None else pa.list_(pa.string()) if [] in values else pa.string()
    found = _type(column, first)
    if found == pa.int64() and any(isinstance(v, float) for v in values):
        return pa.float64()
    if found == pa.list_(pa.float32()) and (column == EMBEDDING or len(first) >= VECTOR):
        alike = all(len(v) == len(first) for v in values if isinstance(v, list))
        found = pa.list_(pa.float32(), len(first)) if alike else found
    return known if known is not None and agreed(known, found) == known else found


def _type(column: str, value: Any) -> pa.DataType:
    if isinstance(value, list) and value:
        return pa.list_(pa.float32() if any(isinstance(v, float) for v in value) else _type(column, value[0]))
    found = _TYPES.get(type(value))
    if found is None:
        raise InputError(
            f"`{column}` holds a {type(value).__name__}, which a table cannot keep.",
            hint="Use text, numbers, true or false, bytes, or a list of these.",
        )
    return found


def _canonical(column: str, kind: pa.DataType) -> pa.DataType:
    types = pa.types
    if types.is_dictionary(kind):
        return _canonical(column, kind.value_type)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        inner = pa.float32() if types.is_floating(kind.value_type) else _canonical(column, kind.value_type)
        return pa.list_(inner, kind.list_size) if types.is_fixed_size_list(kind) else pa.list_(inner)
    for kept, belongs in _KINDS:
        if any(is_one(kind) for is_one in belongs):
            return kept
    raise InputError(f"`{column}` holds {kind}, which a table cannot keep.", hint="Write times as text, in ISO 8601.")


def _vector(name: str, column: pa.ChunkedArray, kind: pa.DataType) -> pa.DataType:
    """Return *kind*, or that of vectors when the lists of a column are all equally long."""
    if kind != pa.list_(pa.float32()):
        return kind
    ends = pc.min_max(pc.list_value_length(column)).as_py()
    long = ends["min"] is not None and ((name == EMBEDDING and ends["min"] > 0) or ends["min"] >= VECTOR)
    return pa.list_(pa.float32(), ends["min"]) if long and ends["min"] == ends["max"] else kind


def _plain(value: Any) -> Any:
    """Return a number or a vector of NumPy as one of Python."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value


def _fits(value: Any, kind: pa.DataType) -> bool:
    if pa.types.is_nested(kind):
        if not isinstance(value, list) or (pa.types.is_fixed_size_list(kind) and len(value) != kind.list_size):
            return False
        return all(_fits(v, kind.value_type) for v in value if v is not None)
    if isinstance(value, bool) or pa.types.is_boolean(kind):
        return isinstance(value, bool) and pa.types.is_boolean(kind)
    return isinstance(value, _wanted(kind))


@cache
def _wanted(kind: pa.DataType) -> Any:
    """Return the types of Python whose values a column of this kind takes."""
    kept = _canonical("", kind)
    wanted: Any = next(given for given, each in _TYPES.items() if each == kept)
    return float | int if wanted is float else wanted
