"""Bringing files into a dataset: each is checked, hashed and kept once; what cannot be read is named and left out."""

from __future__ import annotations

import glob
import hashlib
import logging
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.core.dataset import Dataset, commit
from workbench.core.errors import InputError, not_found
from workbench.core.ports import Row
from workbench.core.refs import check_name
from workbench.core.task import Task
from workbench.core.workspace import Workspace
from workbench.tasks import task as task_named

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LeftOut:
    """A file that did not go in, and why."""

    file: str
    reason: str


def ingest(
    ws: Workspace,
    name: str,
    source: str | Sequence[str],
    *,
    task: str = "image-classification",
    labels: Literal["none", "folder"] = "none",
) -> Dataset:
    """Make the next version of dataset *name* from files; files that are in it already change nothing.

    Args:
        ws: The workspace.
        name: The dataset's name; made on first use.
        source: A folder (every file below it that the task can read), a pattern such as `photos/**/*.jpg`, or several.
        task: What the samples are for; it decides which files count and how they are checked.
        labels: With "folder", the name of a file's folder is its label.

    Returns:
        The dataset. Corrupt files are left out, logged by name with the reason, and listed in the dataset's record
        as `left_out`.

    Raises:
        NotFoundError: When a folder or file is not there.
        InputError: When nothing readable was found.
    """
    check_name(name, what="dataset")
    kind = task_named(task)
    paths = sorted({path for pattern in ([source] if isinstance(source, str) else source) for path in _files(pattern, kind)})
    if not paths:
        raise InputError(f"No {kind.modality} files in {source!r}.", hint=f"Files end in {', '.join(kind.suffixes)}.")
    rows: dict[str, Row] = {}
    left_out: list[LeftOut] = []
    for done, found in enumerate(_described(ws, paths, kind), start=1):
        if isinstance(found, LeftOut):
            left_out.append(found)
            _log.warning("Left out %s: %s", found.file, found.reason)
        else:
            if labels == "folder":
                found |= {"label": found["group"], "label_by": "folder", "label_at": ws.now()}
            rows.setdefault(found["id"], found)
        if done % 100 == 0 or done == len(paths):
            ws.events.emit("progress", f"dataset:{name}", verb="ingest", done=done, total=len(paths))
    if not rows:
        first = left_out[0]
        raise InputError(f"None of {len(paths)} files can be read; {Path(first.file).name}: {first.reason}", left_out=left_out)
    classes = sorted({str(row["label"]) for row in rows.values()}) if labels == "folder" else ()
    data = commit(ws, name, rows.values(), task=task, classes=classes, note=f"{len(rows)} files from {source}")
    ws.records.update("dataset", name, left_out=[vars(item) for item in left_out])
    return data


def _files(pattern: str, kind: Task) -> Iterator[Path]:
    path = Path(pattern).expanduser()
    if path.is_dir():
        yield from (p.resolve() for p in path.rglob("*") if p.suffix.lower() in kind.suffixes and p.is_file())
    elif path.is_file():
        yield path.resolve()
    elif glob.has_magic(pattern):
        yield from (Path(p).resolve() for p in glob.iglob(str(path), recursive=True) if Path(p).is_file())
    else:
        beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise not_found("file or folder", str(path.absolute()), [str(path.absolute().parent / n) for n in beside])


def _described(ws: Workspace, paths: Sequence[Path], kind: Task) -> Iterator[Row | LeftOut]:
    # Decoding and hashing leave the interpreter, so a few threads help; chunks keep little in memory.
    with ThreadPoolExecutor(min(8, (os.cpu_count() or 1) + 1)) as pool:
        for start in range(0, len(paths), 256):
            yield from pool.map(lambda path: _row(ws, path, kind), paths[start : start + 256])


def _row(ws: Workspace, path: Path, kind: Task) -> Row | LeftOut:
    try:
        facts = kind.describe(path)
        content = path.read_bytes()
    except InputError as exc:
        return LeftOut(str(path), exc.message)
    except OSError as exc:
        return LeftOut(str(path), f"It cannot be read: {exc.strerror}.")
    id = hashlib.sha256(content).hexdigest()[:16]
    suffix = path.suffix.lower() if path.suffix.lower() in kind.suffixes else ""
    media = ws.blobs.put(content, suffix=suffix)
    return {"id": id, "media": media, "name": path.name, "group": path.parent.name, **facts}
