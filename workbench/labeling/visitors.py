"""What is known of the people who pass by: how far each can be trusted, and what they said that still waits for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.store.database import Database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS visitor (labeling TEXT, name TEXT, trust REAL, PRIMARY KEY (labeling, name));
CREATE TABLE IF NOT EXISTS question (id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS held (labeling TEXT, name TEXT, item TEXT, at TEXT, result TEXT, seconds REAL,
    PRIMARY KEY (labeling, name, item));
"""


@dataclass(frozen=True)
class Held:
    """An answer that waits until its visitor is trusted."""

    item: str
    at: str
    result: Sequence[Mapping[str, Any]]
    seconds: float


class Visitors:
    """The visitors of one labeling, in a SQLite file that all labelings share."""

    def __init__(self, path: Path, labeling: str) -> None:
        self._db, self._labeling = Database(path, _SCHEMA), labeling

    def trust(self, name: str) -> float:
        """Return the trust in a visitor; 1 in a new one."""
        row = (
            self._db.connection()
            .execute("SELECT trust FROM visitor WHERE labeling = ? AND name = ?", (self._labeling, name))
            .fetchone()
        )
        return float(row[0]) if row else 1.0

    def answered(self, question: str, name: str, *, factor: float, most: float, held: Held | None) -> bool:
        """Multiply the trust in a visitor and keep what they said; return False when the question was answered before."""
        with self._db.transaction() as db:
            if db.execute("INSERT OR IGNORE INTO question VALUES (?)", (question,)).rowcount == 0:
                return False
            db.execute(
                "INSERT INTO visitor VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET trust = min(trust * ?, ?)",
                (self._labeling, name, min(factor, most), factor, most),
            )
            if held:
                told = (held.item, held.at, json.dumps(list(held.result)), held.seconds)
                db.execute("INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?, ?, ?)", (self._labeling, name, *told))
        return True

    def held(self, name: str) -> list[Held]:
        """Return what a visitor said that waits."""
        rows = self._db.connection().execute(
            "SELECT item, at, result, seconds FROM held WHERE labeling = ? AND name = ?", (self._labeling, name)
        )
        return [Held(item, at, json.loads(result), seconds) for item, at, result, seconds in rows]

    def let_go(self, name: str, held: Sequence[Held]) -> None:
        """Forget answers that have a place in the journal now."""
        with self._db.transaction() as db:
            db.executemany(
                "DELETE FROM held WHERE labeling = ? AND name = ? AND item = ? AND at = ?",
                [(self._labeling, name, each.item, each.at) for each in held],
            )
