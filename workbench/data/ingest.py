"""Bringing files into a dataset: each is checked, hashed and kept once; what cannot be read is named and left out."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from workbench.core.dataset import AGREEMENT, ID, LABEL, REVIEWED_BY, Dataset, commit
from workbench.core.errors import InputError, not_found
from workbench.core.files import digest as digest_of
from workbench.core.ports import Row
from workbench.core.refs import check_name
from workbench.core.task import Task
from workbench.core.workspace import Workspace
from workbench.data.formats import FORMATS
from workbench.data.formats.base import Contents, Incoming, LeftOut

_log = logging.getLogger(__name__)

#: So many of those left out are listed in the dataset's record; the log names all of them.
_LISTED = 1000
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
            such as `s3://bucket/photos`, several of these, or a label file.
        task: What the samples are for; it decides which files count and how they are checked. Left out: what the
            dataset or the format is for, else image classification.
        labels: With "folder", the name of a file's folder is its label.
        format: The format of the labels, such as "coco"; a label file of a known ending needs none.
        root: The folder that the label file's names of media are relative to, its own by default.
        columns: What columns of a sheet are called here, such as {"review": "text"}.
        media: "copy" keeps the files in the workspace, "link" leaves them where they are and notes their hash.

    Returns:
        The dataset. Corrupt files and labels that do not fit are left out, logged by name with the reason, and listed
        in the dataset's record as `left_out`.

    Raises:
        NotFoundError: When a folder or file is not there.
        InputError: When nothing readable was found, or the label file is not of its format.
    """
    from workbench.data.items import Importer, gathered
    from workbench.tasks import task as task_named

    check_name(name, what="dataset")
    known = ws.dataset(name) if name in ws.tables.names() else None
    asked = task or (known.task if known else "")
    contents, used, digest = _contents(source, format, asked, root, columns or {}, labeled=labels == "folder")
    kind = task_named(contents.task)
    items = deque(contents.items)
    n_items, contents.items = len(items), ()
    made = Importer(
        ws,
        kind,
        contents.classes,
        by=used or "folder",
        at=ws.now(),
        source=f"{used}:{digest[:12]}" if digest else "",
        media=media,
        known=known if used else None,
    )

    def step(done: int) -> None:
        if done % 100 == 0 or done == n_items:
            ws.events.emit("progress", f"dataset:{name}", verb="ingest", done=done, total=n_items)

    # What became a row is let go: a million items are in memory once, not twice.
    rows, left_out = gathered(made.rows(items.popleft() for _ in range(n_items)), step=step)
    for one in left_out:
        _log.warning("Left out %s: %s", one.file, one.reason)
    if not rows:
        raise _nothing(source, n_items, left_out)
    classes = _classes(kind, known, contents.classes, rows.values())
    note = f"{len(rows)} {'items' if used else 'files'} from {source}"
    _forget_reviews(known, rows)
    data = commit(ws, name, rows.values(), task=contents.task, classes=classes, note=note, verb="ingest")
    listed = [vars(one) for one in left_out[:_LISTED]]
    ws.records.update("dataset", name, left_out=listed, n_left_out=len(left_out), losses=list(contents.losses))
    return data


def _contents(
    source: str | Sequence[str], format: str, task: str, root: str, columns: Mapping[str, str], *, labeled: bool
) -> tuple[Contents, str, str]:
    """Return what is to be read, the format that it is in ('' for files as such), and the digest of its label file."""
    from workbench.data.sources import format_of, plain

    used = format or format_of(source)
    if not used:
        return plain(source, task, labeled=labeled), "", ""
    if not isinstance(source, str):
        raise InputError(f"Format {used!r} reads one file or folder at a time, got {len(source)}.")
    path = Path(source).expanduser().resolve()
    if not path.exists():
        raise not_found("file or folder", str(path), [str(p) for p in path.parent.glob("*")])
    media = Path(root).expanduser().resolve() if root else None
    contents = FORMATS[used]().read(Incoming(path, task, media, columns))
    return contents, used, digest_of(path) if path.is_file() else ""


def _classes(kind: Task, known: Dataset | None, told: Sequence[str], rows: Iterable[Row]) -> tuple[str, ...]:
    """Return the classes that were known, those that the files list, and those that only their labels have."""
    found = {name for row in rows if row.get(LABEL) is not None for name in kind.names_in(row[LABEL])}
    listed = dict.fromkeys([*(known.classes if known else ()), *told])
    return (*listed, *sorted(found - set(listed)))


def _forget_reviews(known: Dataset | None, rows: Mapping[str, Row]) -> None:
    """Take from rows whose label changes what was said of the label before: who looked at it again, how many agreed."""
    columns = [c for c in _OF_LABEL if known and c in known.columns]
    if known is None or not columns:
        return
    for row in known.rows([ID, LABEL]):
        fresh = rows.get(row[ID], {})
        if fresh.get(LABEL) not in (None, row.get(LABEL)):
            fresh.update({column: fresh.get(column) for column in columns})


def _nothing(source: str | Sequence[str], n: int, left_out: Sequence[LeftOut]) -> InputError:
    if not left_out:
        return InputError(f"There is nothing to read in {source!r}.")
    first = left_out[0]
    return InputError(f"None of {n} files can be read; {Path(first.file).name}: {first.reason}", left_out=list(left_out))
