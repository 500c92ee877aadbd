"""The request log of a service: one SQLite file that the service writes and monitoring reads; the standard library alone."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS request (
    id TEXT PRIMARY KEY, at REAL NOT NULL, model TEXT NOT NULL, status INTEGER NOT NULL, label TEXT, score REAL,
    latency_ms REAL NOT NULL, media TEXT
);
CREATE INDEX IF NOT EXISTS request_at ON request (at);
CREATE INDEX IF NOT EXISTS request_media ON request (media) WHERE media IS NOT NULL;
"""
_KEEP_S = 30 * 86400.0


@dataclass(frozen=True, slots=True)
class Request:
    """One item that a service was asked about; `at` is a Unix time, `media` the blob key of the input if it was kept."""

    id: str
    at: float
    model: str
    status: int
    label: str | None
    score: float | None
    latency_ms: float
    media: str | None = None


_COLUMNS = ", ".join(f.name for f in fields(Request))
_PLACES = ", ".join("?" for _ in fields(Request))


class RequestLog:
    """The log in *folder* and the inputs in its subfolder `media`; one thread writes, any process reads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "requests.db"

    def append(self, requests: Sequence[Request]) -> None:
        """Add requests in one transaction; what was committed survives a killed process."""
        with self._open() as db:
            db.executemany(f"INSERT OR REPLACE INTO request ({_COLUMNS}) VALUES ({_PLACES})", [astuple(r) for r in requests])  # noqa: S608  # constants

    def since(self, at: float, *, until: float = float("inf")) -> list[Request]:
        """Return the requests from *at* to *until*, oldest first."""
        if not self._path.exists():
            return []
        with self._open() as db:
            rows = db.execute(f"SELECT {_COLUMNS} FROM request WHERE at >= ? AND at <= ? ORDER BY at", (at, until))  # noqa: S608  # constants
            return [Request(*row) for row in rows]

    def kept(self) -> list[tuple[str, float]]:
        """Return the key of every kept input, with the lowest score that it got."""
        with self._open() as db:
            return list(db.execute("SELECT media, min(score) FROM request WHERE media IS NOT NULL GROUP BY media"))

    def forget(self, keys: Iterable[str]) -> None:
        """Drop inputs; the requests stay."""
        dropped = list(keys)
        with self._open() as db:
            db.executemany("UPDATE request SET media = NULL WHERE media = ?", [(key,) for key in dropped])
        for key in dropped:
            self.media(key).unlink(missing_ok=True)

    def trim(self, now: float) -> None:
        """Drop requests that are more than 30 days old."""
        with self._open() as db:
            db.execute("DELETE FROM request WHERE at < ? AND media IS NULL", (now - _KEEP_S,))

    def media(self, key: str) -> Path:
        """Return the file of a kept input."""
        return self._folder / "media" / key

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._path, timeout=30.0)
        try:
            # In WAL mode readers never wait for the writer, and NORMAL keeps every commit through a killed process.
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.executescript(_SCHEMA)
            with db:
                yield db
        finally:
            db.close()
