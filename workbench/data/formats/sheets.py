"""Sheets: a row per item, in CSV or JSON Lines; they hold every task, and every column but pictures of pictures."""

from __future__ import annotations

import csv
import io
import json
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from workbench.core.dataset import EMBEDDING, ID, LABEL, LABEL_NAMES, MEDIA, PREDICTION, SOURCE, TEXT, THUMB
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.data.formats import about, reading
from workbench.data.formats.base import Contents, Format, Incoming, Item, LeftOut
from workbench.data.formats.columns import FILE, FILE_B, called, cell, settled, uncell
from workbench.tasks import TASKS
from workbench.tasks import task as task_named

if TYPE_CHECKING:
    from workbench.data.formats.outgoing import Outgoing

#: Told by the file of a row, or made of its label.
_NOT_WRITTEN = frozenset({MEDIA, f"{MEDIA}_b", "sha256", LABEL_NAMES, SOURCE, THUMB})


class Sheet(Format):
    """A row per item, and the files beside it."""

    tasks: ClassVar[tuple[str, ...]] = tuple(TASKS)
    columns: ClassVar[frozenset[str] | None] = None
    ending: ClassVar[str]

    @abstractmethod
    def rows(self, source: Incoming, path: Path) -> tuple[list[tuple[str, Row] | LeftOut], list[str]]:
        """Return where each row stands and its columns as they are called here, and a sentence per change of a name."""

    def read(self, source: Incoming) -> Contents:
        """Return a row per item; what it says of its file is read from the file."""
        path = source.path / f"labels{self.ending}" if source.path.is_dir() else source.path
        known = about.read(path.parent)
        found, told = self.rows(source, path)
        rows = [row for one in found if not isinstance(one, LeftOut) for row in one[1:]]
        settled(rows)
        task = self.chosen(source.task, otherwise=known.task or usual(rows))
        files = reading.Files(source.root or path.parent)
        items = [one if isinstance(one, LeftOut) else item_of(one[0], one[1], files) for one in found]
        return Contents(task, items, known.classes, told)


class Lines(Sheet):
    """A sheet that is text, line by line."""

    @abstractmethod
    def lines(self, rows: Iterable[Row], columns: Sequence[str]) -> Iterator[str]:
        """Return the text of the sheet, piece by piece."""

    def write(self, out: Outgoing) -> None:
        """Write `labels`, `dataset.json`, and the files into `files`."""
        columns = written(out.data.columns)
        path = out.folder / f"labels{self.ending}"
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(self.lines(placed(out), columns))
        about.written(out)


class Csv(Lines):
    """Comma-separated values, as RFC 4180 has them; tabs and semicolons are read too."""

    name: ClassVar[str] = "csv"
    ending: ClassVar[str] = ".csv"
    told_in: ClassVar[tuple[str, ...]] = ("labels.csv", "dataset.json")

    def rows(self, source: Incoming, path: Path) -> tuple[list[tuple[str, Row] | LeftOut], list[str]]:
        """Return the rows below the header; one of another length is left out."""
        said = reading.text(path)
        header = said.partition("\n")[0]
        mark = max("\t;,", key=header.count) if header.strip() else ","
        lines, broken = _cells(said, mark, path.name)
        if not lines:
            raise InputError(f"{path} is empty.", hint="Its first line names the columns.")
        names = lines[0][1]
        if len(set(names)) < len(names):
            raise InputError(f"{path} names a column twice: {', '.join(names)}.")
        here, told = called(names, source.columns)
        whole = [(where, cells) for where, cells in lines[1:] if len(cells) == len(names)]
        values = [uncell(here[name], [cells[i] for _, cells in whole]) if here[name] else [] for i, name in enumerate(names)]
        made: list[tuple[str, Row] | LeftOut] = [
            (where, {here[name]: values[i][n] for i, name in enumerate(names) if here[name]})
            for n, (where, _) in enumerate(whole)
        ]
        odd = [(where, len(cells)) for where, cells in lines[1:] if len(cells) != len(names)]
        made += [LeftOut(where, f"It has {n} cells, the header {len(names)}.") for where, n in odd]
        return made + broken, told

    def lines(self, rows: Iterable[Row], columns: Sequence[str]) -> Iterator[str]:
        """Return the header, and a line per row."""
        line = io.StringIO()
        writer = csv.writer(line)
        for cells in ([*columns], *([cell(row.get(c)) for c in columns] for row in rows)):
            writer.writerow(cells)
            yield line.getvalue()
            line.seek(0)
            line.truncate()


class Jsonl(Lines):
    """A JSON object per line; a list of objects is read too."""

    name: ClassVar[str] = "jsonl"
    ending: ClassVar[str] = ".jsonl"
    told_in: ClassVar[tuple[str, ...]] = ("labels.jsonl", "dataset.json")

    def rows(self, source: Incoming, path: Path) -> tuple[list[tuple[str, Row] | LeftOut], list[str]]:
        """Return a row per line; a line that is no object is left out."""
        said = reading.text(path)
        made: list[tuple[str, Row] | LeftOut] = []
        for where, value in _objects(said, path.name):
            if isinstance(value, LeftOut):
                made.append(value)
            elif not isinstance(value, dict):
                made.append(LeftOut(where, f"It is no JSON object: {value!r:.60}."))
            else:
                made.append((where, value))
        names = dict.fromkeys(name for one in made if not isinstance(one, LeftOut) for name in one[1])
        here, told = called(list(names), source.columns)
        return [
            one if isinstance(one, LeftOut) else (one[0], {here[k]: v for k, v in one[1].items() if here[k]}) for one in made
        ], told

    def lines(self, rows: Iterable[Row], columns: Sequence[str]) -> Iterator[str]:
        """Return a line per row, without what it has no value for."""
        for row in rows:
            yield json.dumps({c: row[c] for c in columns if row.get(c) is not None}, ensure_ascii=False) + "\n"


def written(columns: Sequence[str]) -> list[str]:
    """Return the columns of a sheet for these columns of a dataset."""
    files = [name for name, column in ((FILE, MEDIA), (FILE_B, f"{MEDIA}_b")) if column in columns]
    return [ID, *files, *(c for c in columns if c not in _NOT_WRITTEN and c != ID)]


def placed(out: Outgoing, *, without: tuple[str, ...] = (THUMB, EMBEDDING)) -> Iterator[Row]:
    """Return the rows, their files placed and named."""
    for row in out.rows(without=without):
        row[FILE] = out.place(row, under="files") or None
        row[FILE_B] = out.place(row, under="files_b", column=f"{MEDIA}_b") or None
        yield row


def item_of(where: str, row: Row, files: reading.Files) -> Item | LeftOut:
    """Return a row of a sheet as an item."""
    label, guess = row.pop(LABEL, None), row.pop(PREDICTION, None)
    named = {name: row.pop(name, None) for name in (FILE, FILE_B)}
    try:
        found = {name: files.find(said) if said is not None else None for name, said in named.items()}
    except InputError as exc:
        if row.get(ID) is None:
            return LeftOut(where, exc.message)
        return Item(where, row=row, label=label, guess=guess, missing=exc.message)
    return Item(where, found[FILE], file_b=found[FILE_B], row=row, label=label, guess=guess)


def usual(rows: Sequence[Row]) -> str:
    """Return the task that rows with these columns are most likely for."""
    file = next((str(row[FILE]) for row in rows if row.get(FILE)), "")
    if not file:
        return "text-classification" if any(row.get(TEXT) for row in rows) else "tabular-classification"
    ending = Path(file).suffix.lower()
    return "audio-classification" if ending in task_named("audio-classification").suffixes else "image-classification"


def _cells(said: str, mark: str, name: str) -> tuple[list[tuple[str, list[str]]], list[LeftOut]]:
    """Return the cells of each line with where it stands, and why the rest could not be read."""
    made: list[tuple[str, list[str]]] = []
    limit = csv.field_size_limit(reading.MAX_SMALL)
    lines = csv.reader(io.StringIO(said, newline=""), delimiter=mark, strict=True)
    try:
        while True:
            at = lines.line_num + 1
            cells = next(lines, None)
            if cells is None:
                return made, []
            if cells:
                made.append((f"{name} line {at}", cells))
    except csv.Error as exc:
        return made, [LeftOut(f"{name} from line {at}", f"The rest of the file cannot be read: {exc}.")]
    finally:
        csv.field_size_limit(limit)


def _objects(said: str, name: str) -> Iterator[tuple[str, Any]]:
    if said.lstrip().startswith("["):
        listed = reading.json_of(said, what=name)
        yield from ((f"{name} item {n}", value) for n, value in enumerate(listed, start=1))
        return
    for n, line in enumerate(said.split("\n"), start=1):
        if line.strip():
            where = f"{name} line {n}"
            try:
                yield where, reading.json_of(line, what="The line")
            except InputError as exc:
                yield where, LeftOut(where, exc.message)
