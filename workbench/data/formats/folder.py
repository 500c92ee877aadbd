"""A folder per class: `crack/1.png`, `ok/2.png`; the oldest format there is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from workbench.core.dataset import MEDIA, TEXT
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.data.formats import about
from workbench.data.formats.base import Contents, Format, Incoming, Item
from workbench.tasks import task as task_named

if TYPE_CHECKING:
    from workbench.data.formats.outgoing import Outgoing

#: Where the items lie that nobody has labeled; no class is called so.
UNLABELED = "_unlabeled"


class Folder(Format):
    """Files in folders that are named as their classes."""

    name: ClassVar[str] = "folder"
    tasks: ClassVar[tuple[str, ...]] = ("image-classification", "text-classification", "audio-classification")
    told_in: ClassVar[tuple[str, ...]] = ("dataset.json",)

    def read(self, source: Incoming) -> Contents:
        """Return every file below the folder that the task can read, labeled with its folder's name."""
        known = about.read(source.folder)
        there = {path.suffix.lower() for path in source.folder.rglob("*")}
        usual = next((task for task in self.tasks if there & set(task_named(task).suffixes)), "")
        task = self.chosen(source.task, otherwise=known.task if known.task in self.tasks else usual)
        found = files_of(source.folder, task_named(task).suffixes)
        items = [Item(str(path), path, row=_row(path), label=_label(path)) for path in found]
        return Contents(task, items, known.classes or sorted({label for label in map(_label, found) if label}))

    def write(self, out: Outgoing) -> None:
        """Write each file below the folder of its class; a class that cannot name a folder is refused."""
        for row in out.rows():
            label = row.get("label")
            if label is not None and (label in (".", "..", UNLABELED) or not label.strip() or set(label) & set("/\\\0")):
                raise InputError(f"The class {label!r} cannot name a folder.", hint="Export as 'csv' or 'jsonl'.")
            under = UNLABELED if label is None else label
            if row.get(MEDIA):
                out.place(row, under=under)
            else:
                out.write(out.name_of(row, under=under, suffix=".txt"), str(row.get(TEXT) or ""))
        about.written(out)


def files_of(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Return the files below *folder* with these endings, sorted."""
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in suffixes and p.is_file())


def _row(path: Path) -> Row:
    return {"name": path.name, "group": path.parent.name}


def _label(path: Path) -> str | None:
    return None if path.parent.name == UNLABELED else path.parent.name
