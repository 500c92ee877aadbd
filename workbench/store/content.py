"""What a row of a table is: its hash, its Arrow types."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from workbench.core.dataset import LABEL_AT
from workbench.core.errors import InputError
from workbench.core.ports import Row

#: Row hashes are added modulo this, so that the digest of a version follows from the rows that changed, whatever
#: their order (Bellare and Micciancio, "A new paradigm for collision-free hashing", 1997: AdHash).
ROOM = 2**256

_PRIMARY = {b"lance-schema:unenforced-primary-key": b"true"}
_TYPES: Mapping[type, pa.DataType] = {
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
    bytes: pa.binary(),
}


def row_hash(row: Row) -> int:
    """Return a hash of the row's values; an absent value and None are the same, and so is a label given once more."""
    told = {k: v for k, v in row.items() if v is not None and k != LABEL_AT}
    told = {k: hashlib.sha256(v).hexdigest() if isinstance(v, bytes) else v for k, v in told.items()}
    return int.from_bytes(hashlib.sha256(json.dumps(told, sort_keys=True).encode()).digest(), "big")


def digest(total: int, meta: Mapping[str, Any]) -> str:
    """Return the digest of a version from the sum of its rows' hashes and what its labels mean."""
    said = json.dumps({"task": meta.get("task", ""), "classes": list(meta.get("classes", ()))}, sort_keys=True)
    return hashlib.sha256(f"{total:x}|{said}".encode()).hexdigest()


def schema_of(rows: Iterable[Row], *, known: pa.Schema | None) -> pa.Schema:
    """Return a schema that holds *rows*: known columns as they are, new ones by the type of their first value."""
    fields: dict[str, pa.Field] = {f.name: f for f in known} if known is not None else {}
    if not fields:
        fields["id"] = pa.field("id", pa.string(), nullable=False, metadata=_PRIMARY)
    empty: set[str] = set()
    for row in rows:
        for column, value in row.items():
            if column in fields:
                continue
            if value is None:
                empty.add(column)
                continue
            fields[column] = pa.field(column, _type(column, value))
    for column in sorted(empty - set(fields)):
        fields[column] = pa.field(column, pa.string())
    return pa.schema(list(fields.values()))


def typed(rows: list[Row], schema: pa.Schema) -> pa.Table:
    """Return *rows* as a table of *schema*; a value of another type is named with its row."""
    for field in schema:
        for row in rows:
            value = row.get(field.name)
            if value is not None and not _fits(value, field.type):
                raise InputError(
                    f"Row {row['id']!r}: `{field.name}` holds {field.type}, got {value!r:.80}.",
                    hint="A column keeps its type; use another name for another type.",
                )
    return pa.Table.from_pylist(rows, schema=schema)


def _type(column: str, value: Any) -> pa.DataType:
    if isinstance(value, list | tuple) and value:
        inner = pa.float32() if isinstance(value[0], float) else _type(column, value[0])
        return pa.list_(inner)
    found = _TYPES.get(type(value))
    if found is None:
        raise InputError(
            f"`{column}` holds a {type(value).__name__}, which a table cannot keep.",
            hint="Use text, numbers, true or false, bytes, or a list of these.",
        )
    return found


def _fits(value: Any, type: pa.DataType) -> bool:
    if pa.types.is_floating(type):
        return isinstance(value, float | int) and not isinstance(value, bool)
    if pa.types.is_integer(type):
        return isinstance(value, int) and not isinstance(value, bool)
    if pa.types.is_string(type) or pa.types.is_large_string(type):
        return isinstance(value, str)
    if pa.types.is_binary(type) or pa.types.is_large_binary(type):
        return isinstance(value, bytes)
    return isinstance(value, bool) if pa.types.is_boolean(type) else isinstance(value, list | tuple)
