"""`dataset.json` beside labels: the task and the order of the classes, where a format has no place for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.data.formats import reading
from workbench.tasks import TASKS

if TYPE_CHECKING:
    from workbench.data.formats.outgoing import Outgoing

_FILE = "dataset.json"


@dataclass(frozen=True)
class About:
    """What is known of a dataset beside its rows."""

    task: str = ""
    classes: tuple[str, ...] = ()


def written(out: Outgoing) -> None:
    """Write what is known of *out*'s dataset into its folder."""
    out.write_json(_FILE, {"task": out.data.task, "classes": list(out.data.classes), "dataset": out.data.ref})


def read(folder: Path) -> About:
    """Return what is told in *folder*; a file of somebody else's that is called so tells nothing."""
    path = folder / _FILE
    told = reading.parsed(path, limit=reading.MAX_SMALL) if path.is_file() else {}
    task, classes = (told.get("task"), told.get("classes")) if isinstance(told, dict) else (None, None)
    if not isinstance(task, str) or task not in TASKS or not isinstance(classes, list):
        return About()
    return About(task, tuple(dict.fromkeys(name for name in classes if isinstance(name, str))))
