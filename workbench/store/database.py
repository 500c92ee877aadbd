"""A SQLite file that any number of processes and threads write to, each change one transaction; the standard library alone."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from workbench.core.errors import ConflictError, ExternalError

_BUSY_S = 30.0
_RETRY_S = 0.02


class Database:
    """Connections to the file at *path*, which has the tables of *schema*; what SQLite says is told in our words."""

    def __init__(self, path: Path, schema: str) -> None:
        self._path = path
        self._schema = schema
        self._local = threading.local()

    def connection(self) -> sqlite3.Connection:
        """Return this thread's connection, to read with; a connection must not cross a fork, nor a thread."""
        if getattr(self._local, "pid", None) != os.getpid():
            self._local.db = self._connect()
            self._local.pid = os.getpid()
        connection: sqlite3.Connection = self._local.db
        return connection

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection whose changes all happen, or none."""
        db = self.connection()
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

    def _connect(self) -> sqlite3.Connection:
        until = time.monotonic() + _BUSY_S
        while True:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                return self._opened()
            except sqlite3.OperationalError as exc:
                # The change to WAL mode and the recovery of a log ask for the whole file, and do not wait for it.
                if "locked" not in str(exc) or time.monotonic() > until:
                    raise self._translated(exc) from exc
            time.sleep(_RETRY_S)

    def _opened(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)
        try:
            # In WAL mode NORMAL keeps every commit through a killed process; a power cut may cost the last few.
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.executescript(self._schema)
        except BaseException:
            db.close()
            raise
        return db
