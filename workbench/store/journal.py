"""The journal of answers in SQLite: one file with the queue of items, as an answer changes both in one transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.ports import Answer
from workbench.store import tally
from workbench.store.database import Database

#: `answer` is only ever added to: the row that counts for a key is `current`, those that it replaced stay.
#: `given` of an item counts the people who answered it; a lease says who has it before them, until when.
SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS answer (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, labeling TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL,
    annotator TEXT NOT NULL, at TEXT NOT NULL, moment REAL NOT NULL, result TEXT NOT NULL, seconds REAL NOT NULL,
    source TEXT NOT NULL, state TEXT NOT NULL, current INTEGER NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS answer_key ON answer (labeling, key) WHERE current;
CREATE INDEX IF NOT EXISTS answer_seq ON answer (labeling, seq) WHERE current;
CREATE INDEX IF NOT EXISTS answer_item ON answer (labeling, id, annotator, state, current) WHERE current;
CREATE INDEX IF NOT EXISTS answer_person ON answer (labeling, annotator, state, current) WHERE current;
CREATE TABLE IF NOT EXISTS item (
    labeling TEXT NOT NULL, id TEXT NOT NULL, place INTEGER NOT NULL, overlap INTEGER NOT NULL, given INTEGER NOT NULL,
    PRIMARY KEY (labeling, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS item_place ON item (labeling, place);
CREATE INDEX IF NOT EXISTS item_open ON item (labeling, place) WHERE given < overlap;
CREATE TABLE IF NOT EXISTS lease (
    labeling TEXT NOT NULL, id TEXT NOT NULL, annotator TEXT NOT NULL, session TEXT NOT NULL, until REAL NOT NULL,
    PRIMARY KEY (labeling, id, annotator)
) WITHOUT ROWID;
"""
    + tally.SCHEMA
)
_COLUMNS = "id, annotator, at, result, seconds, key, source, state"
#: How many people's answers an item has.
GIVEN = """(SELECT count(DISTINCT annotator) FROM answer
    WHERE answer.labeling = item.labeling AND answer.id = item.id AND current AND state = 'given')"""
#: For how long a person who took an answer back has the item before them again.
_AGAIN_S = 600.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SqliteJournal:
    """Answers in a SQLite file; any number of processes and threads may write."""

    def __init__(self, path: Path, *, clock: Callable[[], datetime] = _utc_now) -> None:
        self._db = Database(path, SCHEMA)
        self._clock = clock

    def write(self, labeling: str, answers: Sequence[Answer]) -> int:
        """Keep answers by their `key`, in one transaction; an older one never replaces a newer; return how many were news."""
        dated = [(answer, moment(answer)) for answer in answers]
        with self._db.transaction() as db:
            return sum(self._write(db, labeling, answer, at) for answer, at in dated)

    def answers(self, labeling: str, *, since: int = 0) -> tuple[int, list[Answer]]:
        """Return the answers that are news since that sequence number, oldest first, and the newest sequence number."""
        rows = self._db.connection().execute(
            f"SELECT seq, {_COLUMNS} FROM answer WHERE labeling = ? AND seq > ? AND current ORDER BY seq",  # noqa: S608  # constants
            (labeling, since),
        )
        seq, found = since, []
        for seq, *row in rows:  # noqa: B007  # the last one is wanted
            found.append(_answer(row))
        return seq, found

    def _write(self, db: sqlite3.Connection, labeling: str, answer: Answer, at: float) -> bool:
        key, result = key_of(answer), json.dumps(list(answer.result), ensure_ascii=False)
        said = (answer.id, answer.annotator, result, answer.seconds, answer.source, answer.state)
        before = db.execute(
            "SELECT seq, moment, id, annotator, result, seconds, source, state FROM answer"
            " WHERE labeling = ? AND key = ? AND current",
            (labeling, key),
        ).fetchone()
        if before and (at < before[1] or (at == before[1] and said == before[2:])):
            return False
        if before:
            db.execute("UPDATE answer SET current = 0 WHERE seq = ?", before[:1])
        db.execute(
            "INSERT INTO answer (labeling, key, id, annotator, result, seconds, source, state, at, moment, current)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
            (labeling, key, *said, answer.at, at),
        )
        self._settle(db, labeling, answer)
        return True

    def _settle(self, db: sqlite3.Connection, labeling: str, answer: Answer) -> None:
        """Bring the queue up to date: who answered has the item no longer, who took an answer back has it again."""
        db.execute(f"UPDATE item SET given = {GIVEN} WHERE labeling = ? AND id = ?", (labeling, answer.id))  # noqa: S608  # a constant
        held = (labeling, answer.id, answer.annotator)
        if answer.state == "withdrawn":
            until = self._clock().timestamp() + _AGAIN_S
            db.execute("INSERT OR IGNORE INTO lease SELECT ?, ?, ?, '', ?", (*held, until))
        else:
            db.execute("DELETE FROM lease WHERE labeling = ? AND id = ? AND annotator = ?", held)


def key_of(answer: Answer) -> str:
    """Return what tells an answer from every other: its key, else who said it of which item."""
    return answer.key or f"{answer.annotator}/{answer.id}"


def moment(answer: Answer) -> float:
    """Return when an answer was given as a Unix time; raise `InputError` when it does not say."""
    try:
        at = datetime.fromisoformat(answer.at)
    except ValueError as exc:
        raise InputError(f"An answer to {answer.id!r} was given at {answer.at!r}, which is no ISO 8601 time.") from exc
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _answer(row: Sequence[Any]) -> Answer:
    id, annotator, at, result, seconds, key, source, state = row
    return Answer(id, annotator, at, json.loads(result), seconds, key, source, state)
