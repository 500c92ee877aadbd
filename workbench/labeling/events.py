"""Logs of behaviour: who saw and did what with which item, and when."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, NotFoundError

_NEEDED = ("item", "event", "at")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that somebody did with an item; `at` in seconds since 1970, `said_at` as ISO 8601."""

    item: str
    name: str
    user: str
    at: float
    said_at: str


def read(path: Path) -> list[Event]:
    """Return the events of a CSV or JSON Lines file; raise `InputError` that names the first line which is none."""
    if not path.is_file():
        raise NotFoundError(f"There is no log at {path}.", kind="log", name=str(path), neighbours=())
    lines = _json_lines(path) if path.suffix in (".jsonl", ".ndjson") else _csv(path)
    found = [_event(path, number, row) for number, row in lines]
    if not found:
        raise InputError(f"{path} has no events.")
    return found


def _csv(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
        if missing:
            raise InputError(f"{path} has no column {', '.join(map(repr, missing))}.", hint="Needed: item, event, at.")
        yield from enumerate(reader, start=2)


def _json_lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as exc:
                raise InputError(f"Line {number} of {path} is not JSON: {line.strip()!r:.80}.") from exc
            if not isinstance(row, dict):
                raise InputError(f"Line {number} of {path} is not an object: {line.strip()!r:.80}.")
            yield number, row


def _event(path: Path, number: int, row: Mapping[str, Any]) -> Event:
    missing = [name for name in _NEEDED if row.get(name) in (None, "")]
    if missing:
        raise InputError(f"Line {number} of {path} has no {', '.join(map(repr, missing))}.")
    at = _time(path, number, row["at"])
    said = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return Event(str(row["item"]), str(row["event"]), str(row.get("user") or ""), at, said)


def _time(path: Path, number: int, said: Any) -> float:
    try:
        at = datetime.fromtimestamp(float(said), UTC) if _is_number(said) else datetime.fromisoformat(str(said))
    except (ValueError, OverflowError, OSError) as exc:
        raise InputError(
            f"Line {number} of {path} has the time {said!r}.", hint="Write ISO 8601 or seconds since 1970."
        ) from exc
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _is_number(said: Any) -> bool:
    try:
        float(said)
    except (TypeError, ValueError):
        return False
    return True
