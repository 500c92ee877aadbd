"""Who labels what next, in the file of the journal: an answer there makes room here in the same transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from workbench.core.errors import InputError
from workbench.store import tally
from workbench.store.database import Database
from workbench.store.journal import GIVEN, SCHEMA

#: Where SQLite would read every item, it is said which index to take; `CROSS JOIN` begins with the leases.
#: Items that are open to a person: not theirs already, and fewer people have them or answered them than are wanted.
_OPEN = """
SELECT id FROM item INDEXED BY item_open WHERE labeling = :labeling AND given < overlap
AND NOT EXISTS (SELECT 1 FROM answer WHERE answer.labeling = item.labeling AND answer.id = item.id AND current
    AND answer.annotator = :annotator AND state != 'withdrawn')
AND NOT EXISTS (SELECT 1 FROM lease WHERE lease.labeling = item.labeling AND lease.id = item.id
    AND lease.annotator = :annotator)
AND given + (SELECT count(*) FROM lease WHERE lease.labeling = item.labeling AND lease.id = item.id) < overlap
ORDER BY place LIMIT :n
"""
_HELD = """
SELECT id FROM lease CROSS JOIN item USING (labeling, id) WHERE labeling = :labeling AND annotator = :annotator
AND session IN ('', :session) ORDER BY place LIMIT :n
"""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SqliteAssignments:
    """The queue of items and their leases in a SQLite file; a claim is one transaction."""

    def __init__(self, path: Path, *, clock: Callable[[], datetime] = _utc_now) -> None:
        self._db = Database(path, SCHEMA)
        self._clock = clock

    def enqueue(self, labeling: str, items: Sequence[str], *, overlap: int = 1) -> int:
        """Add items in this order, return how many are new; those that are there keep their place, with the larger overlap."""
        check_overlap(overlap)
        with self._db.transaction() as db:
            last = db.execute("SELECT coalesce(max(place), -1) FROM item WHERE labeling = ?", (labeling,)).fetchone()[0]
            before = _count(db, labeling)
            db.executemany(
                "INSERT INTO item VALUES (?, ?, ?, ?, 0) ON CONFLICT DO UPDATE SET overlap = max(overlap, excluded.overlap)",
                ((labeling, id, last + 1 + n, overlap) for n, id in enumerate(items)),
            )
            # What was answered before it was enqueued counts too.
            db.execute(f"UPDATE item SET given = {GIVEN} WHERE labeling = ? AND place > ?", (labeling, last))  # noqa: S608  # a constant
            return _count(db, labeling) - before

    def claim(self, labeling: str, annotator: str, n: int, *, session: str = "", lease_s: float = 600.0) -> list[str]:
        """Return up to *n* items for this person, those that they hold already first; a lease that ran out is given away.

        What the same person holds in another *session*, such as a second window, stays there.
        """
        now = self._clock().timestamp()
        asked = {"labeling": labeling, "annotator": annotator, "session": session, "n": n}
        with self._db.transaction() as db:
            db.execute("DELETE FROM lease WHERE labeling = ? AND until <= ?", (labeling, now))
            found = [row[0] for row in db.execute(_HELD, asked)]
            found += [row[0] for row in db.execute(_OPEN, asked | {"n": n - len(found)})]
            db.executemany(
                "INSERT OR REPLACE INTO lease VALUES (?, ?, ?, ?, ?)",
                ((labeling, id, annotator, session, now + lease_s) for id in found),
            )
        return found

    def release(self, labeling: str, annotator: str, items: Sequence[str]) -> None:
        """Give items back that this person holds and did not answer."""
        with self._db.transaction() as db:
            db.executemany(
                "DELETE FROM lease WHERE labeling = ? AND annotator = ? AND id = ?",
                ((labeling, annotator, id) for id in items),
            )

    def progress(self, labeling: str) -> Mapping[str, int]:
        """Return `items`, `answers`, `done` (items with all the answers they need), `held`, `people`."""
        db, now = self._db.connection(), self._clock().timestamp()
        counts = tally.counted(db, labeling)
        if counts is None:
            with self._db.transaction():
                tally.count(db, labeling)
                counts = tally.counted(db, labeling) or {}
        held = db.execute("SELECT count(*) FROM lease WHERE labeling = ? AND until > ?", (labeling, now)).fetchone()[0]
        return {**counts, "held": held}


def check_overlap(overlap: int) -> None:
    """Refuse an overlap that asks nobody."""
    if overlap < 1:
        raise InputError(f"`overlap` must be at least 1, got {overlap}.")


def _count(db: sqlite3.Connection, labeling: str) -> int:
    return int(db.execute("SELECT count(*) FROM item WHERE labeling = ?", (labeling,)).fetchone()[0])
