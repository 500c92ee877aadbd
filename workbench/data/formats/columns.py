"""Rows as cells of a sheet and back: which columns name files, which hold lists, what is text and what is a number."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.core.dataset import EMBEDDING, ID, LABEL, LABEL_AT, LABEL_BY, LABEL_NAMES, MEDIA, NAME, SOURCE, TAGS, TEXT, THUMB
from workbench.core.errors import InputError
from workbench.core.ports import Row

#: The column that names a row's file, by the names that it has elsewhere too; the second file of a pair.
FILE, FILE_B = "file", "file_b"
_FILE_NAMES = (FILE, "file_name", "filename", "file_path", "filepath")

#: Never read from a sheet: they point into the workspace, or come from the file itself.
_NEVER = frozenset({MEDIA, f"{MEDIA}_b", THUMB, "sha256", LABEL_NAMES, SOURCE})
_TEXTS = frozenset({ID, NAME, TEXT, "text_b", LABEL, LABEL_BY, LABEL_AT, "group", "reviewed_by", "prediction", "prediction_by"})
_LISTS = frozenset({TAGS, "candidates", EMBEDDING})

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})")
_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def cell(value: Any) -> str:
    """Return a value as a cell; text that a spreadsheet would calculate gets an apostrophe before it.

    >>> cell("=1+1"), cell(-5), cell(["a"]), cell(None)
    ("'=1+1", '-5', '["a"]', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}" if _FORMULA.match(value) else value
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else repr(value)


def uncell(column: str, cells: Sequence[str]) -> list[Any]:
    """Return the values of a column's cells: lists where it holds lists, numbers where all are, else text.

    >>> uncell("size", ["1", "", "2.5"])
    [1.0, None, 2.5]
    >>> uncell("note", ["'=1+1", "2"])
    ['=1+1', '2']
    """
    if column in _LISTS:
        return [_list(text) for text in cells]
    plain = [text[1:] if text.startswith("'") and _FORMULA.match(text) else text for text in cells]
    told = [text for text in cells if text]
    if column not in _TEXTS and told:
        if all(map(_INTEGER.fullmatch, told)):
            return [int(text) if text else None for text in cells]
        if all(map(_NUMBER.fullmatch, told)) and not any(re.match(r"-?0\d", text) for text in told):
            return [float(text) if text else None for text in cells]
        if set(told) <= {"true", "false"}:
            return [text == "true" if text else None for text in cells]
    return [text or None for text in plain]


def called(names: Iterable[str], given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return what each column of a sheet is called here ('' for one that is not read), and a sentence per change."""
    made: dict[str, str] = {}
    told: list[str] = []
    missing = sorted(set(given) - set(names))
    if missing:
        raise InputError(f"No column named {', '.join(map(repr, missing))}.", hint=f"Columns: {', '.join(names)}.")
    for name in names:
        here = given.get(name) or (
            FILE if name in _FILE_NAMES and FILE not in made.values() else re.sub(r"\W+", "_", name).strip("_")
        )
        if here in _NEVER or not here:
            made[name] = ""
            continue
        if here in made.values():
            raise InputError(f"Two columns would be called {here!r} here.", hint="Rename one with `columns`.")
        made[name] = here
        if here != name and name not in given and here != FILE:
            told.append(f"column {name!r} is called {here!r} here")
    return made, told


def settled(rows: Sequence[Row]) -> None:
    """Give each column one type: numbers that mix are floats, anything else that mixes is text."""
    kinds: dict[str, set[type]] = {}
    for row in rows:
        for column, value in row.items():
            kinds.setdefault(column, set()).add(_kind(column, value))
    for column, found in kinds.items():
        found.discard(type(None))
        if found <= {int, float} and len(found) == 2:
            for row in rows:
                if row.get(column) is not None:
                    row[column] = float(row[column])
        elif len(found) > 1 or found == {dict} or (column in _TEXTS and found != {str}):
            for row in rows:
                if row.get(column) is not None and not isinstance(row[column], str):
                    row[column] = json.dumps(row[column], ensure_ascii=False, sort_keys=True)


def _kind(column: str, value: Any) -> type:
    if not isinstance(value, list):
        return type(value)
    if column == EMBEDDING:
        value[:] = [float(v) for v in value]
    kinds = {type(v) for v in value}
    return list if len(kinds) <= 1 and kinds <= {str, int, float, bool} else dict


def _list(text: str) -> list[Any] | None:
    try:
        made = json.loads(text) if text else None
    except ValueError as exc:
        raise InputError(f"{text!r:.80} is not a list in JSON.") from exc
    return made if isinstance(made, list) else None
