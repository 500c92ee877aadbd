"""Small hot state in SQLite: one table of records with a sequence number; the standard library alone."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.core.errors import ConflictError, ExternalError, not_found
from workbench.core.ports import Record

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    kind TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, state TEXT NOT NULL,
    made INTEGER NOT NULL, updated TEXT NOT NULL, fields TEXT NOT NULL, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS record_seq ON record (seq);
CREATE INDEX IF NOT EXISTS record_state ON record (kind, state, made);
"""
_COLUMNS = "kind, id, seq, state, updated, fields"
_BUSY_S = 30.0
_RETRY_S = 0.02


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SqliteRecords:
    """Records in a SQLite file; any number of processes and threads may write, each change is one transaction."""

    def __init__(self, path: Path, *, clock: Callable[[], datetime] = _utc_now) -> None:
        self._path = path
        self._clock = clock
        self._local = threading.local()

    def put(self, kind: str, id: str, fields: Mapping[str, Any], *, state: str, new: bool = False) -> Record:
        """Write a record whole; with *new*, raise `ConflictError` when it is there already."""
        with self._transaction() as db:
            before = db.execute("SELECT made FROM record WHERE kind = ? AND id = ?", (kind, id)).fetchone()
            if before and new:
                raise ConflictError(f"There is a {kind} named {id!r} already.", hint="Choose another name.")
            return self._write(db, kind, id, fields, state, made=before[0] if before else None)

    def update(self, kind: str, id: str, *, state: str | None = None, only: Sequence[str] = (), **fields: Any) -> Record:
        """Merge *fields* in one transaction; raise `ConflictError` when the state is not in *only* (if given)."""
        with self._transaction() as db:
            row = db.execute("SELECT state, fields, made FROM record WHERE kind = ? AND id = ?", (kind, id)).fetchone()
            if row is None:
                raise not_found(kind, id, self._ids(db, kind))
            if only and row[0] not in only:
                raise ConflictError(f"{kind.capitalize()} {id} is {row[0]}, not {' or '.join(only)}.", state=row[0])
            return self._write(db, kind, id, json.loads(row[1]) | fields, state or row[0], made=row[2])

    def get(self, kind: str, id: str) -> Record:
        """Return a record; raise `NotFoundError` with its neighbours."""
        db = self._connection()
        row = db.execute(f"SELECT {_COLUMNS} FROM record WHERE kind = ? AND id = ?", (kind, id)).fetchone()  # noqa: S608  # a constant
        if row is None:
            raise not_found(kind, id, self._ids(db, kind))
        return _record(row)

    def all(self, kind: str, *, states: Sequence[str] = ()) -> list[Record]:
        """Return the records of a kind, oldest first; with *states*, only those in one of them."""
        among = f" AND state IN ({', '.join('?' * len(states))})" if states else ""
        query = f"SELECT {_COLUMNS} FROM record WHERE kind = ?{among} ORDER BY made"  # noqa: S608  # constants
        return [_record(row) for row in self._connection().execute(query, (kind, *states))]

    def since(self, seq: int) -> list[Record]:
        """Return every record changed after *seq*, in the order of change."""
        rows = self._connection().execute(f"SELECT {_COLUMNS} FROM record WHERE seq > ? ORDER BY seq", (seq,))  # noqa: S608  # a constant
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

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = self._connection()
        try:
            # IMMEDIATE takes the write lock at once: two writers queue here instead of one losing at its commit.
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError as exc:
            raise self._translated(exc) from exc

    def _translated(self, exc: sqlite3.OperationalError) -> Exception:
        said = str(exc)
        if "full" in said or "disk I/O" in said:
            return ExternalError(
                f"The disk that holds {self._path} is full.",
                hint="Nothing that was there is lost. Free some space, then do it again.",
                system="disk",
                retryable=True,
            )
        if "locked" in said or "busy" in said:
            return ConflictError(f"Another process has kept {self._path} locked for {_BUSY_S:g} s.", hint="Do it again.")
        return ExternalError(
            f"{self._path}: {said}.", hint="Check the permissions of the folder.", system="disk", retryable=False
        )

    def _connection(self) -> sqlite3.Connection:
        # A connection must not cross a fork, nor a thread.
        if getattr(self._local, "pid", None) != os.getpid():
            self._local.db = self._connect()
            self._local.pid = os.getpid()
        connection: sqlite3.Connection = self._local.db
        return connection

    def _connect(self) -> sqlite3.Connection:
        until = time.monotonic() + _BUSY_S
        while True:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                return _opened(self._path)
            except sqlite3.OperationalError as exc:
                # The change to WAL mode and the recovery of a log ask for the whole file, and do not wait for it.
                if "locked" not in str(exc) or time.monotonic() > until:
                    raise self._translated(exc) from exc
            time.sleep(_RETRY_S)


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    try:
        # In WAL mode NORMAL keeps every commit through a killed process; a power cut may cost the last few.
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.executescript(_SCHEMA)
    except BaseException:
        db.close()
        raise
    return db


def _record(row: tuple[Any, ...]) -> Record:
    kind, id, seq, state, updated, fields = row
    return Record(kind, id, seq, state, updated, json.loads(fields))
