"""What a format writes: the rows of a dataset, their media, and the list of what did not fit."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from workbench.core import labels
from workbench.core.dataset import EMBEDDING, ID, LABEL, MEDIA, NAME, THUMB, Dataset
from workbench.core.errors import InputError, WorkbenchError
from workbench.core.files import disk
from workbench.core.labels import PX_DIGITS
from workbench.core.ports import Row
from workbench.core.task import Task
from workbench.ops import shapes

Placing = Literal["copy", "link", "none"]

#: Rows are read so many at a time, so that a million of them need no more memory than these.
PAGE = 4096

_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


@dataclass
class Outgoing:
    """A dataset on its way into files below `folder`."""

    data: Dataset
    task: Task
    folder: Path
    media: Placing = "copy"
    progress: Callable[[int], None] = lambda _done: None
    losses: Counter[str] = field(default_factory=Counter)
    n_items: int = 0
    _taken: dict[str, str] = field(default_factory=dict)

    def rows(self, *, without: tuple[str, ...] = (THUMB, EMBEDDING)) -> Iterator[Row]:
        """Return the rows in their order, without the columns that are computed again on the way in."""
        columns = [c for c in self.data.columns if c not in without]
        tables, data = self.data.ws.tables, self.data
        ids = data.ids() if data.selection else None
        self.n_items = 0
        for start in range(0, data.n_items, PAGE):
            if ids is None:
                page = data.rows(columns, offset=start, limit=PAGE)
            else:
                page = tables.read(data.name, data.version, columns=columns, ids=ids[start : start + PAGE])
            for row in page:
                self.n_items += 1
                yield row
            self.progress(self.n_items)

    def lose(self, what: str) -> None:
        """Count something that the format has no place for; the export's `losses` tell it."""
        self.losses[what] += 1

    def place(self, row: Row, *, under: str, column: str = MEDIA, stem: str = "") -> str:
        """Bring a row's media below the folder and return its name there, '' when it has none."""
        key = row.get(column)
        if not key:
            return ""
        name = self.name_of(row, under=under, column=column, stem=stem)
        if self.media == "none":
            return name
        target = self.folder / name
        try:
            source = self.data.media(row, column=column)
        except WorkbenchError as exc:
            self.lose(f"{exc.message.rstrip('.')}; named, not written")
            return name
        with disk(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            if self.media == "link":
                target.symlink_to(source.resolve())
            else:
                _copy(source, target)
        return name

    def name_of(self, row: Row, *, under: str, column: str = MEDIA, stem: str = "", suffix: str = "") -> str:
        """Return the name that a row's file has below the folder: its own where that is free, else with its id."""
        suffix = suffix or Path(str(row[column])).suffix.lower()
        own = Path(_UNSAFE.sub("_", stem or str(row.get(NAME) or row[ID]))).stem.strip(". ")[:100] or str(row[ID])
        name = f"{under}/{own}{suffix}" if under else f"{own}{suffix}"
        # Two files that differ only in their ending would share their label file; in their case, a file on some disks.
        place = f"{under}/{own}".lower()
        if self._taken.setdefault(place, str(row[ID])) != str(row[ID]):
            name = f"{under}/{own}-{row[ID]}{suffix}" if under else f"{own}-{row[ID]}{suffix}"
        return name

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file below the folder."""
        path = self.folder / name
        with disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def write_json(self, name: str, value: Any) -> None:
        """Write a JSON file below the folder."""
        self.write(name, json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")

    def classes(self) -> list[str]:
        """Return the classes of the dataset, and after them those that only its labels know."""
        known = list(self.data.classes)
        more: set[str] = set()
        for label in set(self.data.labels()) - {None}:
            more |= set(self.task.names_in(str(label)))
        return known + sorted(more - set(known))


def regions_of(row: Row) -> list[dict[str, Any]] | None:
    """Return the regions of a row's label, None when nobody has labeled it."""
    said = row.get(LABEL)
    if said is None:
        return None
    made = labels.loads(str(said))
    if not isinstance(made, list):
        raise InputError(f"Item {row[ID]}: its label is no list of regions.")
    return made


def objects_of(regions: Sequence[Mapping[str, Any]]) -> list[dict[str, list[float]]]:
    """Return points as objects that have each keypoint once: a second one of a name begins another object."""
    objects: list[dict[str, list[float]]] = []
    for region in regions:
        free = next((one for one in objects if region["label"] not in one), None)
        if free is None:
            objects.append(free := {})
        free[region["label"]] = region["point"]
    return objects


def upright(region: dict[str, Any], row: Row, out: Outgoing) -> list[float]:
    """Return a region's box; around a turned one, for formats that know none, the upright box within the picture."""
    if not region.get("rotation"):
        return list(region["box"])
    out.lose("the rotation of a box, written as the upright box around it")
    corners = shapes.corners(region["box"], region["rotation"])
    xs, ys = [min(max(x, 0), row["width"]) for x, _ in corners], [min(max(y, 0), row["height"]) for _, y in corners]
    return [round(value, PX_DIGITS) for value in (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))]


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    target.chmod(0o644)
