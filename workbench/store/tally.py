"""How far a labeling is, kept beside its answers: to count a hundred thousand items takes longer than to answer one."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

#: Triggers keep the counts, so that whatever changes an answer or an item changes them in the same transaction. A labeling
#: without a row in `tally` was never counted; until then the counts of its people are of no use.
SCHEMA = """
CREATE TABLE IF NOT EXISTS tally (labeling TEXT PRIMARY KEY, items INTEGER NOT NULL, open INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS person (
    labeling TEXT NOT NULL, annotator TEXT NOT NULL, said INTEGER NOT NULL, given INTEGER NOT NULL,
    PRIMARY KEY (labeling, annotator)
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS item_new AFTER INSERT ON item BEGIN
    UPDATE tally SET items = items + 1, open = open + (NEW.given < NEW.overlap) WHERE labeling = NEW.labeling;
END;
CREATE TRIGGER IF NOT EXISTS item_changed AFTER UPDATE OF overlap, given ON item BEGIN
    UPDATE tally SET open = open + (NEW.given < NEW.overlap) - (OLD.given < OLD.overlap) WHERE labeling = NEW.labeling;
END;
CREATE TRIGGER IF NOT EXISTS answer_new AFTER INSERT ON answer WHEN NEW.current AND NEW.state != 'withdrawn' BEGIN
    INSERT INTO person VALUES (NEW.labeling, NEW.annotator, 1, NEW.state = 'given')
    ON CONFLICT DO UPDATE SET said = said + 1, given = given + excluded.given;
END;
CREATE TRIGGER IF NOT EXISTS answer_replaced AFTER UPDATE OF current ON answer
WHEN OLD.current AND NOT NEW.current AND OLD.state != 'withdrawn' BEGIN
    UPDATE person SET said = said - 1, given = given - (OLD.state = 'given')
    WHERE labeling = OLD.labeling AND annotator = OLD.annotator;
END;
"""


def counted(db: sqlite3.Connection, labeling: str) -> Mapping[str, int] | None:
    """Return `items`, `answers`, `done` and `people` of a labeling; None when it was never counted."""
    row = db.execute("SELECT items, open FROM tally WHERE labeling = ?", (labeling,)).fetchone()
    if row is None:
        return None
    answers, people = db.execute(
        "SELECT coalesce(sum(given), 0), count(*) FROM person WHERE labeling = ? AND said > 0", (labeling,)
    ).fetchone()
    return {"items": row[0], "answers": answers, "done": row[0] - row[1], "people": people}


def count(db: sqlite3.Connection, labeling: str) -> None:
    """Count a labeling, within a transaction; from then on its counts are kept."""
    db.execute("DELETE FROM person WHERE labeling = ?", (labeling,))
    db.execute(
        "INSERT INTO person SELECT labeling, annotator, count(*), sum(state = 'given') FROM answer INDEXED BY answer_person"
        " WHERE labeling = ? AND current AND state != 'withdrawn' GROUP BY annotator",
        (labeling,),
    )
    db.execute(
        "INSERT OR REPLACE INTO tally SELECT ?, count(*), coalesce(sum(given < overlap), 0) FROM item WHERE labeling = ?",
        (labeling, labeling),
    )
