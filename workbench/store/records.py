"""Small hot state in SQLite: one table of records with a sequence number."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.core.errors import ConflictError, not_found
from workbench.core.ports import Record
from workbench.store.database import Database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    kind TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, state TEXT NOT NULL,
    made INTEGER NOT NULL, updated TEXT NOT NULL, fields TEXT NOT NULL, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS record_seq ON record (seq);
CREATE INDEX IF NOT EXISTS record_state ON record (kind, state, made);
"""
_COLUMNS = "kind, id, seq, state, updated, fields"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SqliteRecords:
    """Records in a SQLite file; any number of processes and threads may write, each change is one transaction."""

    def __init__(self, path: Path, *, clock: Callable[[], datetime] = _utc_now) -> None:
        self._db = Database(path, _SCHEMA)
        self._clock = clock

    def put(self, kind: str, id: str, fields: Mapping[str, Any], *, state: str, new: bool = False) -> Record:
        """Write a record whole; with *new*, raise `ConflictError` when it is there already."""
        with self._db.transaction() as db:
            before = db.execute("SELECT made FROM record WHERE kind = ? AND id = ?", (kind, id)).fetchone()
            if before and new:
                raise ConflictError(f"There is a {kind} named {id!r} already.", hint="Choose another name.")
            return self._write(db, kind, id, fields, state, made=before[0] if before else None)

    def update(self, kind: str, id: str, *, state: str | None = None, only: Sequence[str] = (), **fields: Any) -> Record:
        """Merge *fields* in one transaction; raise `ConflictError` when the state is not in *only* (if given)."""
        with self._db.transaction() as db:
            row = db.execute("SELECT state, fields, made FROM record WHERE kind = ? AND id = ?", (kind, id)).fetchone()
            if row is None:
                raise not_found(kind, id, self._ids(db, kind))
            if only and row[0] not in only:
                raise ConflictError(f"{kind.capitalize()} {id} is {row[0]}, not {' or '.join(only)}.", state=row[0])
            return self._write(db, kind, id, json.loads(row[1]) | fields, state or row[0], made=row[2])

    def get(self, kind: str, id: str) -> Record:
        """Return a record; raise `NotFoundError` with its neighbours."""
        db = self._db.connection()
        row = db.execute(f"SELECT {_COLUMNS} FROM record WHERE kind = ? AND id = ?", (kind, id)).fetchone()  # noqa: S608  # a constant
        if row is None:
            raise not_found(kind, id, self._ids(db, kind))
        return _record(row)

    def all(self, kind: str, *, states: Sequence[str] = ()) -> list[Record]:
        """Return the records of a kind, oldest first; with *states*, only those in one of them."""
        among = f" AND state IN ({', '.join('?' * len(states))})" if states else ""
        query = f"SELECT {_COLUMNS} FROM record WHERE kind = ?{among} ORDER BY made"  # noqa: S608  # constants
        return [_record(row) for row in self._db.connection().execute(query, (kind, *states))]

    def since(self, seq: int) -> list[Record]:
        """Return every record changed after *seq*, in the order of change."""
        rows = self._db.connection().execute(f"SELECT {_COLUMNS} FROM record WHERE seq > ? ORDER BY seq", (seq,))  # noqa: S608  # a constant
        return [_record(row) for row in rows]

    def _write(
        self, db: sqlite3.Connection, kind: str, id: str, fields: Mapping[str, Any], state: str, *, made: int | None
    ) -> Record:
        seq = db.execute("SELECT coalesce(max(seq), 0) + 1 FROM record").fetchone()[0]
        now = self._clock().isoformat(timespec="milliseconds")
        text = json.dumps(fields)
        db.execute(
            "INSERT OR REPLACE INTO record (kind, id, seq, state, made, updated, fields) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (kind, id, seq, state, made if made is not None else seq, now, text),
        )
        return Record(kind, id, seq, state, now, json.loads(text))

    @staticmethod
    def _ids(db: sqlite3.Connection, kind: str) -> list[str]:
        return [row[0] for row in db.execute("SELECT id FROM record WHERE kind = ?", (kind,))]


def _record(row: tuple[Any, ...]) -> Record:
    kind, id, seq, state, updated, fields = row
    return Record(kind, id, seq, state, updated, json.loads(fields))
