"""From an item that files tell to a row of a dataset: checked, hashed, kept once, its label in canonical form."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from workbench.core import labels
from workbench.core.dataset import (
    ID,
    LABEL,
    LABEL_AT,
    LABEL_BY,
    LABEL_NAMES,
    MEDIA,
    NAME,
    PREDICTION,
    SHA256,
    SOURCE,
    TEXT,
    Dataset,
)
from workbench.core.errors import InputError, WorkbenchError
from workbench.core.files import digest
from workbench.core.ports import Row
from workbench.core.task import Task
from workbench.core.workspace import Workspace
from workbench.data.familiar import Familiar
from workbench.data.formats.base import Held, Item, LeftOut

Placing = Literal["copy", "link"]
Found = tuple[Item | LeftOut, Row | None, str]

#: What was said of a row is no part of it.
_SAID = frozenset({LABEL, LABEL_BY, LABEL_AT, LABEL_NAMES, PREDICTION, SOURCE})
#: What a label is checked against.
_FACTS = (ID, MEDIA, "width", "height", "seconds", TEXT, "text_b", "prompt", "candidates")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,10}")
#: The ending of a file that has none, by how it begins.
_ENDINGS = {b"\x89PNG": ".png", b"\xff\xd8": ".jpg", b"GIF8": ".gif", b"BM": ".bmp", b"fLaC": ".flac", b"OggS": ".ogg"}
_CHUNK = 256
#: Decoding and hashing leave the interpreter; and a disk that many wait for writes what all of them wait for at once.
_THREADS = 16


@dataclass(frozen=True)
class Importer:
    """How the items of one import become rows of a dataset; *known* is the version that they are added to."""

    ws: Workspace
    task: Task
    classes: Sequence[str]
    by: str
    at: str
    source: str = ""
    media: Placing = "copy"
    known: Dataset | None = None
    _ids: frozenset[str] = field(init=False, default=frozenset())
    _known: Familiar = field(init=False)

    def __post_init__(self) -> None:
        """Note which items are there already."""
        object.__setattr__(self, "_known", Familiar(self.ws, self.task))
        if self.known is not None:
            object.__setattr__(self, "_ids", frozenset(self.known.ids()))

    def rows(self, items: Iterable[Item | LeftOut]) -> Iterator[Found]:
        """Return each item with its row, None when it was left out, and the reason why it or its label was."""
        # Chunks keep little in memory.
        with ThreadPoolExecutor(_THREADS) as pool:
            waiting = iter(items)
            while chunk := list(islice(waiting, _CHUNK)):
                there = self._there(chunk)
                familiar = self._familiar(chunk, pool)
                made = pool.map(lambda item, there=there, familiar=familiar: self._row(item, there, familiar), chunk)
                yield from ((item, *found) for item, found in zip(chunk, made, strict=True))

    def _there(self, chunk: Sequence[Item | LeftOut]) -> dict[str, Row]:
        """Return what is known of the items that are named by their id, without a file."""
        named = {str(one.row.get(ID)) for one in chunk if isinstance(one, Item) and not (one.file or one.address)}
        if self.known is None or not named & self._ids:
            return {}
        columns = [c for c in _FACTS if c in self.known.columns]
        ids = sorted(named & self._ids)
        return {r[ID]: r for r in self.ws.tables.read(self.known.name, self.known.version, columns=columns, ids=ids)}

    def _familiar(self, chunk: Sequence[Item | LeftOut], pool: ThreadPoolExecutor) -> dict[Path, Row]:
        """Return what the workspace says of these files, for those whose content it has."""
        if not self._known:
            return {}
        paths = [one.file for one in chunk if isinstance(one, Item) and isinstance(one.file, Path) and not one.address]
        digests = list(pool.map(self._known.digest, paths))
        facts = self._known.of(digests)
        return {path: facts[found] for path, found in zip(paths, digests, strict=True) if found in facts}

    def _row(self, item: Item | LeftOut, there: Mapping[str, Row], familiar: Mapping[Path, Row]) -> tuple[Row | None, str]:
        if isinstance(item, LeftOut):
            return None, item.reason
        known = there.get(str(item.row.get(ID))) if not (item.file or item.address) else None
        try:
            row = self._added(item, familiar) if known is None else self._joined(item, known)
        except WorkbenchError as exc:
            return None, exc.message
        except OSError as exc:
            return None, f"It cannot be read: {exc.strerror}."
        problems = []
        for column, said in ((LABEL, item.label), (PREDICTION, item.guess)):
            try:
                row |= self._said(column, said, row if known is None else known | row)
            except InputError as exc:
                problems.append(f"Its {column} was left out: {exc.message}")
        return row, " ".join(problems)

    def _joined(self, item: Item, known: Row) -> Row:
        """Return what an item says of one that is there."""
        made_of = set(self.task.made_of)
        told = {k: v for k, v in item.row.items() if v is not None}
        if other := sorted(c for c in made_of & set(told) if known.get(c) is not None and told[c] != known[c]):
            raise InputError(f"Item {known[ID]!r} is there with another {' and '.join(other)}.")
        return {k: v for k, v in told.items() if k not in made_of} | ({SOURCE: self.source} if self.source else {})

    def _added(self, item: Item, familiar: Mapping[Path, Row]) -> Row:
        if item.missing:
            raise InputError(item.missing)
        told = {k: v for k, v in item.row.items() if v is not None}
        named = told.pop(ID, None)
        row: Row = {SOURCE: self.source} if self.source else {}
        digests: dict[str, str] = {}
        with self._at_hand(item.address or item.file) as path:
            if path is not None:
                facts = dict(familiar.get(path) or self.task.describe(path))
                # A text lies in its row.
                row |= (
                    facts
                    if TEXT in facts
                    else facts | self._kept(path, MEDIA, digests, item.address, held=isinstance(item.file, Held))
                )
                row |= {NAME: told.get(NAME) or Path(item.address or path).name}
                row |= {"group": told.get("group") or Path(item.address or path).parent.name}
        with self._at_hand(item.address_b or item.file_b) as path:
            if path is not None:
                self.task.describe(path)
                row |= self._kept(path, f"{MEDIA}_b", digests, item.address_b, held=isinstance(item.file_b, Held))
        row = told | row  # what a file says of itself, it says best
        row[ID] = self._id(row, digests, named, item.apart)
        if named is not None and row[ID] != str(named):
            row.setdefault(NAME, str(named))
        return row

    @contextmanager
    def _at_hand(self, file: Path | Held | str | None) -> Iterator[Path | None]:
        """Give a file of this machine: that one, what lies at an address, or a copy of one that stands within another."""
        if isinstance(file, Held):
            with TemporaryDirectory() as folder:
                path = Path(folder, Path(file.name).name or "item")
                path.write_bytes(file.read())
                yield path
        else:
            yield self.ws.blobs.fetch(file) if isinstance(file, str) else file

    def _kept(self, path: Path, column: str, digests: dict[str, str], address: str, *, held: bool = False) -> Row:
        if self.media == "link" and not held:
            digests[column] = digest(path)
            return {column: address or str(path), column.replace(MEDIA, SHA256): digests[column]}
        content = path.read_bytes()
        suffix = Path(address or path).suffix.lower()
        if not _SUFFIX.fullmatch(suffix):
            suffix = next((ending for mark, ending in _ENDINGS.items() if content.startswith(mark)), "")
        key = self.ws.blobs.put(content, suffix=suffix)
        digests[column] = key[:64]
        return {column: key}

    def _id(self, row: Row, digests: Mapping[str, str], named: Any, apart: str) -> str:
        parts = {c: digests.get(c) or row.get(c) for c in self.task.made_of if digests.get(c) or row.get(c)}
        if MEDIA in self.task.made_of and MEDIA not in parts:
            raise InputError("It names no file, and no item that is there.")
        if not parts and self.task.made_of:
            raise InputError(f"It has none of the columns {', '.join(self.task.made_of)}, and is no item that is there.")
        if not parts:  # a row of a table, which may have a name of its own
            own = {k: v for k, v in row.items() if k not in _SAID and not isinstance(v, bytes)}
            return str(named) if named is not None else _hash(own)
        if list(parts) == [TEXT] and not apart:
            return hashlib.sha256(str(row[TEXT]).encode(errors="surrogatepass")).hexdigest()[:16]
        if list(parts) == [MEDIA] and not apart:
            return str(parts[MEDIA])[:16]  # the same picture under two names is one item
        return _hash([parts, apart])

    def _said(self, column: str, said: Any, row: Row) -> Row:
        value = said(row) if callable(said) else said
        if value is None:
            return {}
        told = self.task.check(value if isinstance(value, str) else labels.dumps(value), self.classes, row=row)
        if column == PREDICTION:
            return {PREDICTION: told}
        made: Row = {LABEL: told, LABEL_BY: row.get(LABEL_BY) or self.by, LABEL_AT: row.get(LABEL_AT) or self.at}
        if self.task.shape in ("classes", "regions"):
            made[LABEL_NAMES] = list(self.task.names_in(told))
        return made


def gathered(
    found: Iterable[Found], *, step: Callable[[int], None] = lambda _done: None
) -> tuple[dict[str, Row], list[LeftOut]]:
    """Return one row per item and what was left out; of two labels of one item the first counts, the other is named."""
    rows: dict[str, Row] = {}
    left_out: list[LeftOut] = []
    for done, (item, row, reason) in enumerate(found, start=1):
        where = item.file if isinstance(item, LeftOut) else item.where
        if reason:
            left_out.append(LeftOut(where, reason))
        if row is not None:
            first = rows.setdefault(row[ID], row)
            if first is not row and row.get(LABEL) is not None and first.get(LABEL) is None:
                rows[row[ID]] = row
            elif first is not row and row.get(LABEL) not in (None, first.get(LABEL)):
                left_out.append(LeftOut(where, f"It is the same item as {first.get(NAME) or first[ID]!r}, with another label."))
        step(done)
    return rows, left_out


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
