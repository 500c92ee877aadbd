"""The verb `export`: a dataset as files that other tools read."""

from __future__ import annotations

import logging
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workbench.core.dataset import ID, LABEL, LABEL_NAMES, MEDIA, NAME, SHA256, SOURCE, THUMB, Dataset
from workbench.core.errors import InputError
from workbench.data.formats import FORMATS
from workbench.data.staging import staged
from workbench.store.files import is_remote

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
        path: A folder that is not there yet, or is empty, or an address such as `s3://bucket/caps`. When it ends in .csv,
            .jsonl or .parquet, that one file.
        format: A name such as "coco", "yolo" or "csv"; "jsonl" by default, which holds every task and every column.
        media: "copy" puts the files beside their labels, "link" symbolic links to them, "none" only names them.

    Returns:
        Where it is, how many items it holds, and the `losses`: what the format has no place for, each with its count.

    Raises:
        InputError: When the format does not hold the task, or links are asked for behind an address.
        ConflictError: When *path* is there already and not empty.
    """
    from workbench.data.formats.outgoing import Outgoing
    from workbench.tasks import task as task_named

    target, used, only = _meant(path, format)
    far = is_remote(target)
    if far and media == "link":
        raise InputError(f"There are no symbolic links at {target}.", hint='Use media="copy" or media="none".')
    writer = FORMATS[used]()
    if data.task not in writer.tasks:
        fitting = [name for name in FORMATS if data.task in FORMATS[name].tasks]
        raise InputError(
            f"Format {used!r} does not hold {data.task or 'data without a task'}.", hint=f"Use {', '.join(fitting)}."
        )

    def step(done: int, total: int = data.n_items, verb: str = "export") -> None:
        data.ws.events.emit("progress", data.ref, verb=verb, done=done, total=total)

    # What goes to an address is read from where it lies, without a copy in between.
    placing = "none" if only else "link" if far and media == "copy" else media
    with staged(target, only, beside=data.ws.root, sent=lambda done, total: step(done, total, "upload")) as folder:
        out = Outgoing(data, task_named(data.task), folder, placing, step)
        writer.write(out)
    counted = tuple(f"{what} ({n:,})" if n > 1 else what for what, n in sorted(out.losses.items()))
    losses = counted + _unheld(data, writer.columns, COMPUTED | set(out.task.made_of))
    for loss in losses:
        _log.info("Not in %s: %s", target, loss)
    data.ws.events.emit("export", data.ref, path=target, format=used, n_items=out.n_items)
    return Exported(target, used, out.n_items, losses)


def _meant(path: str, format: str) -> tuple[str, str, str]:
    """Return the place that *path* means, the format, and the name of the one file that is wanted, '' for a folder."""
    target = path.rstrip("/") if is_remote(path) else str(Path(path.removeprefix("file://")).expanduser().absolute())
    ending = Path(target).suffix
    usual = _BY_ENDING.get(ending.lower(), "")
    used = format or usual or "jsonl"
    return target, used, f"labels{ending}" if used == usual else ""


def _unheld(data: Dataset, columns: frozenset[str] | None, held: AbstractSet[str]) -> tuple[str, ...]:
    """Return a sentence on the columns that a format does not hold, if there are any."""
    left = sorted(set(data.columns) - held - columns) if columns is not None else []
    return (f"no place for the columns {', '.join(left)}",) if left else ()
