"""Audio folders: recordings with a metadata file, a text file each, or a folder per class."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from workbench.core.dataset import LABEL
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.data.formats import about, reading
from workbench.data.formats.base import Contents, Format, Incoming, Item, LeftOut
from workbench.data.formats.folder import files_of
from workbench.data.formats.outgoing import regions_of
from workbench.tasks import task as task_named

if TYPE_CHECKING:
    from workbench.data.formats.outgoing import Outgoing

_CLASS, _SPOKEN, _EVENTS = "audio-classification", "automatic-speech-recognition", "audio-event-detection"
_METADATA = ("metadata.jsonl", "metadata.csv")
#: What the column of a transcript is called in data sets that are spoken.
_TRANSCRIPTS = ("transcription", "transcript", "sentence", "text")
#: A line of an Audacity label track: from, to, what.
_MARK = re.compile(r"\s*(\d+(?:[.,]\d+)?)\t(\d+(?:[.,]\d+)?)\t(.*)")


class AudioFolder(Format):
    """AudioFolder of HF datasets (`metadata`), transcripts and Audacity label tracks beside files, or classes as folders."""

    name: ClassVar[str] = "audio-folder"
    tasks: ClassVar[tuple[str, ...]] = (_CLASS, _SPOKEN, _EVENTS)
    told_in: ClassVar[tuple[str, ...]] = ("*.csv", "*.json", "*.jsonl", "*.txt")

    def read(self, source: Incoming) -> Contents:
        """Return an item per recording."""
        folder = source.folder
        found = files_of(folder, task_named(_CLASS).suffixes)
        if not found:
            raise InputError(f"{folder} has no recordings.", hint=f"They end in {', '.join(task_named(_CLASS).suffixes)}.")
        known, rows = about.read(folder), _rows(folder)
        beside = {path: path.with_suffix(".txt") for path in found if path.with_suffix(".txt").is_file()}
        task = self.chosen(source.task, otherwise=known.task if known.task in self.tasks else _usual(rows, beside))
        spoken = _librispeech(folder) if task == _SPOKEN else {}
        items: list[Item | LeftOut] = []
        for path in found:
            row = rows.pop(path.relative_to(folder).as_posix(), {} if rows else None)
            items.append(Item(str(path), path, label=_label(path, row, beside.get(path), spoken, task)))
        items += [LeftOut(name, f"There is no such recording below {folder}.") for name in rows]
        classes = known.classes or _classes(items, task)
        return Contents(task, items, classes)

    def write(self, out: Outgoing) -> None:
        """Write `metadata.jsonl` beside the recordings; of events, an Audacity label track beside each."""
        lines = []
        for row in out.rows():
            name = out.place(row, under="data")
            label = row.get(LABEL)
            if out.task.name == _EVENTS:
                if label is not None:
                    out.write(str(Path(name).with_suffix(".txt")), _track(row))
                continue
            lines.append(json.dumps({"file_name": name, "label" if out.task.name == _CLASS else _TRANSCRIPTS[0]: label}))
        if lines:
            out.write(_METADATA[0], "\n".join(lines) + "\n")
        about.written(out)


def _rows(folder: Path) -> dict[str, Row]:
    """Return the rows of the metadata file by the name of their recording."""
    path = next((folder / name for name in _METADATA if (folder / name).is_file()), None)
    if path is None:
        return {}
    said = reading.text(path)
    if path.suffix == ".csv":
        try:
            rows: list[Any] = list(csv.DictReader(io.StringIO(said, newline=""), strict=True))
        except csv.Error as exc:
            raise InputError(f"{path} is not CSV: {exc}.") from exc
    else:
        rows = [reading.json_of(line, what=str(path)) for line in said.split("\n") if line.strip()]
    if not all(isinstance(row, dict) and isinstance(row.get("file_name"), str) for row in rows):
        raise InputError(f"{path} does not name the recording of each row in a column 'file_name'.")
    return {row["file_name"]: row for row in rows}


def _usual(rows: Mapping[str, Row], beside: Mapping[Path, Path]) -> str:
    names = {key for row in rows.values() for key in row}
    if rows:
        return _SPOKEN if names & set(_TRANSCRIPTS) and LABEL not in names else _CLASS
    tracks = [_marks(reading.text(path, limit=reading.MAX_SMALL)) for path in beside.values()]
    return _CLASS if not beside else _EVENTS if any(tracks) and None not in tracks else _SPOKEN


def _librispeech(folder: Path) -> dict[str, str]:
    """Return the transcripts of LibriSpeech, a file per chapter, by the stem of their recording."""
    found: dict[str, str] = {}
    for path in folder.rglob("*.trans.txt"):
        lines = reading.text(path, limit=reading.MAX_SMALL).splitlines()
        found |= {stem: said for stem, _, said in (line.partition(" ") for line in lines if line.strip())}
    return found


def _label(path: Path, row: Row | None, beside: Path | None, spoken: Mapping[str, str], task: str) -> Any:
    if task == _EVENTS:
        return partial(_events, beside) if beside else None
    if row is not None:
        names = (LABEL,) if task == _CLASS else _TRANSCRIPTS
        return next((str(row[name]) for name in names if row.get(name) not in (None, "")), None)
    if task == _CLASS:
        return path.parent.name
    return partial(_transcript, beside) if beside else spoken.get(path.stem)


def _transcript(path: Path, _row: Row) -> str | None:
    return reading.text(path, limit=reading.MAX_SMALL).strip() or None


def _events(path: Path, _row: Row) -> list[dict[str, Any]]:
    marks = _marks(reading.text(path, limit=reading.MAX_SMALL))
    if marks is None:
        raise InputError(f"{path.name} is no label track: a line is from, to and what, with tabs between.")
    return [{"label": name, "start": start, "end": end} for start, end, name in marks]


def _marks(said: str) -> list[tuple[float, float, str]] | None:
    """Return the marks of an Audacity label track, None when it is none."""
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith("\\")]  # a backslash tells of pitch
    found = [_MARK.fullmatch(line) for line in lines]
    return [_mark(one) for one in found if one] if all(found) else None


def _mark(found: re.Match[str]) -> tuple[float, float, str]:
    start, end = (float(found[i].replace(",", ".")) for i in (1, 2))
    return start, end, found[3].strip()


def _track(row: Row) -> str:
    marks = regions_of(row) or []
    if broken := [one["label"] for one in marks if re.search(r"[\t\r\n]", one["label"])]:
        raise InputError(f"The class {broken[0]!r} cannot stand in a label track.", hint="Export as 'jsonl'.")
    return "".join(f"{one['start']:.6f}\t{one['end']:.6f}\t{one['label']}\n" for one in marks)


def _classes(items: list[Item | LeftOut], task: str) -> list[str]:
    return sorted({str(one.label) for one in items if isinstance(one, Item) and one.label}) if task == _CLASS else []
