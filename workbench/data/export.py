"""The verb `export`: a dataset as files that other tools read."""

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workbench.core.dataset import ID, LABEL, LABEL_NAMES, MEDIA, NAME, SHA256, SOURCE, THUMB, Dataset
from workbench.core.errors import ConflictError, InputError
from workbench.core.files import disk
from workbench.data.formats import FORMATS

_log = logging.getLogger(__name__)

#: The format when none is named: by the ending of the path, else the one that holds every task and column.
_BY_ENDING = {".csv": "csv", ".jsonl": "jsonl", ".parquet": "parquet"}

#: What a row has from its file and its label; it comes again when they come in again.
COMPUTED = frozenset(
    {ID, MEDIA, f"{MEDIA}_b", SHA256, f"{SHA256}_b", SOURCE, THUMB, NAME, LABEL, LABEL_NAMES}
    | {"width", "height", "seconds", "rate", "channels"}
)


@dataclass(frozen=True)
class Exported:
    """What was written, and what the format had no place for. It stands for its path, as in `open(exported)`."""

    path: str
    format: str
    n_items: int
    losses: tuple[str, ...] = ()

    def __fspath__(self) -> str:
        return self.path

    def to_json(self) -> dict[str, Any]:
        """Return the facts that the faces show."""
        return {"path": self.path, "format": self.format, "n_items": self.n_items, "losses": list(self.losses)}


def export(data: Dataset, path: str, *, format: str = "", media: Literal["copy", "link", "none"] = "copy") -> Exported:
    """Write *data* into the new folder *path* in a format that other tools read; it stands there whole or not at all.

    Args:
        data: The dataset, or a selection of its rows.
        path: A folder that is not there yet, or is empty. When it ends in .csv, .jsonl or .parquet, that one file.
        format: A name such as "coco", "yolo" or "csv"; "jsonl" by default, which holds every task and every column.
        media: "copy" puts the files beside their labels, "link" symbolic links to them, "none" only names them.

    Returns:
        Where it is, how many items it holds, and the `losses`: what the format has no place for, each with its count.

    Raises:
        InputError: When the format does not hold the task.
        ConflictError: When *path* is there already and not empty.
    """
    from workbench.data.formats.outgoing import Outgoing
    from workbench.tasks import task as task_named

    target = Path(path).expanduser().absolute()
    used = format or _BY_ENDING.get(target.suffix.lower(), "jsonl")
    alone = _BY_ENDING.get(target.suffix.lower()) == used
    writer = FORMATS[used]()
    if data.task not in writer.tasks:
        fitting = [name for name in FORMATS if data.task in FORMATS[name].tasks]
        raise InputError(
            f"Format {used!r} does not hold {data.task or 'data without a task'}.", hint=f"Use {', '.join(fitting)}."
        )

    def progress(done: int) -> None:
        data.ws.events.emit("progress", data.ref, verb="export", done=done, total=data.n_items)

    with _staged(target, only=f"labels{target.suffix}" if alone else "") as folder:
        out = Outgoing(data, task_named(data.task), folder, "none" if alone else media, progress)
        writer.write(out)
    counted = tuple(f"{what} ({n:,})" if n > 1 else what for what, n in sorted(out.losses.items()))
    losses = counted + _unheld(data, writer.columns, COMPUTED | set(out.task.made_of))
    for loss in losses:
        _log.info("Not in %s: %s", target, loss)
    data.ws.events.emit("export", data.ref, path=str(target), format=used, n_items=out.n_items)
    return Exported(str(target), used, out.n_items, losses)


def _unheld(data: Dataset, columns: frozenset[str] | None, held: AbstractSet[str]) -> tuple[str, ...]:
    """Return a sentence on the columns that a format does not hold, if there are any."""
    left = sorted(set(data.columns) - held - columns) if columns is not None else []
    return (f"no place for the columns {', '.join(left)}",) if left else ()


@contextlib.contextmanager
def _staged(target: Path, *, only: str) -> Iterator[Path]:
    """Give a folder beside *target* to write into; rename it, or the file *only* in it, when all is written."""
    if target.exists() and (only or not target.is_dir() or any(target.iterdir())):
        raise ConflictError(f"{target} is there already.", hint="Name one that is not there yet.")
    with disk(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
        try:
            yield staging
            if only:
                (staging / only).rename(target)
                shutil.rmtree(staging)
            else:
                staging.chmod(0o755)
                staging.rename(target)  # over an empty folder, too
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
