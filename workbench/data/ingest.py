"""Bringing files into a dataset: each is checked, hashed and kept once; what cannot be read is named and left out."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from workbench.core.dataset import AGREEMENT, ID, LABEL, LABEL_AT, REVIEWED_BY, SOURCE, THUMB, Dataset, commit
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.core.refs import check_name
from workbench.core.task import Task
from workbench.core.workspace import Workspace
from workbench.data.formats.base import LeftOut

_log = logging.getLogger(__name__)

#: So many of those left out are listed in the dataset's record; the log names all of them.
_LISTED = 1000
#: What differs between two imports that say the same.
_OF_IMPORT = (SOURCE, LABEL_AT, THUMB)
_PAGE = 4096
#: What is said of a label, and of no other.
_OF_LABEL = (REVIEWED_BY, AGREEMENT, "n_answers", "confidence", "label_seconds")


def ingest(
    ws: Workspace,
    name: str,
    source: str | Sequence[str],
    *,
    task: str = "",
    labels: Literal["none", "folder"] = "none",
    format: str = "",
    root: str = "",
    columns: Mapping[str, str] | None = None,
    media: Literal["copy", "link"] = "copy",
) -> Dataset:
    """Make the next version of dataset *name* from files; files that are in it already change nothing.

    Args:
        ws: The workspace.
        name: The dataset's name; made on first use.
        source: A folder (every file below it that the task can read), a pattern such as `photos/**/*.jpg`, an address
            such as `s3://bucket/photos`, several of these, or a label file, here or behind an address.
        task: What the samples are for; it decides which files count and how they are checked. Left out: what the
            dataset or the format is for, else image classification.
        labels: With "folder", the name of a file's folder is its label.
        format: The format of the labels, such as "coco"; a label file of a known ending needs none.
        root: The folder or address that the label file's names of media are relative to, its own by default.
        columns: What columns of a sheet are called here, such as {"review": "text"}.
        media: "copy" keeps the files in the workspace, "link" leaves them where they are and notes their hash.

    Returns:
        The dataset. Corrupt files and labels that do not fit are left out, logged by name with the reason, and listed
        in the dataset's record as `left_out`.

    Raises:
        NotFoundError: When a folder or file is not there.
        InputError: When nothing readable was found, or the label file is not of its format.
    """
    from workbench.data.found import Asked, found
    from workbench.data.items import Importer, gathered
    from workbench.tasks import task as task_named

    check_name(name, what="dataset")
    known = ws.dataset(name) if name in ws.tables.names() else None

    def step(done: int, total: int, verb: str = "ingest") -> None:
        if done % 100 == 0 or done == total:
            ws.events.emit("progress", f"dataset:{name}", verb=verb, done=done, total=total)

    asked = Asked(source, format, task or (known.task if known else ""), root, columns or {}, labels == "folder")
    with found(asked, beside=ws.root, step=lambda done, total: step(done, total, "fetch")) as there:
        contents, used = there.contents, there.format
        kind = task_named(contents.task)
        items = deque(contents.items)
        n_items, contents.items = len(items), ()
        made = Importer(
            ws,
            kind,
            contents.classes,
            by=used or "folder",
            at=ws.now(),
            source=f"{used}:{there.digest[:12]}" if there.digest else "",
            media=media,
            known=known if used else None,
        )
        # What became a row is let go: a million items are in memory once, not twice.
        each = made.rows(there.near.item(items.popleft()) for _ in range(n_items))
        rows, left_out = gathered(each, step=lambda done: step(done, n_items))
    left_out = [LeftOut(there.near.said(one.file), there.near.said(one.reason)) for one in left_out]
    for one in left_out:
        _log.warning("Left out %s: %s", one.file, one.reason)
    if not rows:
        raise _nothing(source, n_items, left_out)
    classes = _classes(kind, known, contents.classes, rows.values())
    note = f"{len(rows)} {'items' if used else 'files'} from {source}"
    if known is not None:
        _settle(known, rows)
    data = commit(ws, name, rows.values(), task=contents.task, classes=classes, note=note, verb="ingest")
    listed = [vars(one) for one in left_out[:_LISTED]]
    ws.records.update("dataset", name, left_out=listed, n_left_out=len(left_out), losses=list(contents.losses))
    return data


def _classes(kind: Task, known: Dataset | None, told: Sequence[str], rows: Iterable[Row]) -> tuple[str, ...]:
    """Return the classes that were known, those that the files list, and those that only their labels have."""
    found = {name for row in rows if row.get(LABEL) is not None for name in kind.names_in(row[LABEL])}
    listed = dict.fromkeys([*(known.classes if known else ()), *told])
    return (*listed, *sorted(found - set(listed)))


def _settle(known: Dataset, rows: dict[str, Row]) -> None:
    """Leave rows as they are that say nothing new; of a label that changes, forget who looked at it again, how many agreed."""
    about = [c for c in _OF_LABEL if c in known.columns]
    told = [c for c in known.columns if c != THUMB]  # it is made of the file, which the id tells
    there = [id for id in known.ids() if id in rows]
    for start in range(0, len(there), _PAGE):
        for row in known.ws.tables.read(known.name, known.version, columns=told, ids=there[start : start + _PAGE]):
            fresh = rows[row[ID]]
            if all(value == row.get(c) for c, value in fresh.items() if c not in _OF_IMPORT):
                rows[row[ID]] = {c: value for c, value in fresh.items() if c not in _OF_IMPORT}  # the rest stays
            elif fresh.get(LABEL) not in (None, row.get(LABEL)):
                fresh |= {column: fresh.get(column) for column in about}


def _nothing(source: str | Sequence[str], n: int, left_out: Sequence[LeftOut]) -> InputError:
    if not left_out:
        return InputError(f"There is nothing to read in {source!r}.")
    first = left_out[0]
    return InputError(f"None of {n} files can be read; {Path(first.file).name}: {first.reason}", left_out=list(left_out))
