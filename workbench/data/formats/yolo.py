"""YOLO: `data.yaml`, pictures in `images/<split>`, and beside them in `labels/<split>` a line of numbers per object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from workbench.core.dataset import LABEL
from workbench.core.errors import InputError
from workbench.core.files import within
from workbench.data.formats import reading
from workbench.data.formats.base import Contents, Format, Incoming, Item, LeftOut
from workbench.data.formats.folder import files_of
from workbench.data.formats.outgoing import regions_of
from workbench.data.formats.yolo_lines import BOXES, POINTS, POLYGONS, lines, regions, told_by, usual
from workbench.tasks import task as task_named

if TYPE_CHECKING:
    from workbench.data.formats.outgoing import Outgoing

_SPLITS = ("train", "val", "test")
_NAMES = ("data.yaml", "dataset.yaml", "classes.txt", "obj.names")


class Yolo(Format):
    """The format of Ultralytics' YOLO for boxes, turned ones too, polygons and keypoints; without a YAML, `classes.txt`."""

    name: ClassVar[str] = "yolo"
    tasks: ClassVar[tuple[str, ...]] = (BOXES, POLYGONS, POINTS)
    columns: ClassVar[frozenset[str] | None] = frozenset({"group"})
    told_in: ClassVar[tuple[str, ...]] = ("*.yaml", "*.yml", "*.txt", "*.names")

    def read(self, source: Incoming) -> Contents:
        """Return an item per picture: a text without a line says that nothing is to be seen, none that nobody looked."""
        path = source.path if source.path.is_file() else _told(source.path)
        told = reading.yaml(path) if path.suffix in (".yaml", ".yml") else {"names": reading.text(path).splitlines()}
        said = told_by(told, _names(told, path), path)
        root = source.root or path.parent
        found = list(_pictures(told, root))
        task = self.chosen(source.task, otherwise=usual(said, (label for _, _, label in found)))
        if task == POINTS and not said.points:
            raise InputError(f"{path} has no keypoints: it does not say `kpt_shape`.")
        losses: list[str] = []
        items = [
            one
            if isinstance(one, LeftOut)
            else Item(str(one), one, row={"group": split}, label=partial(regions, label, said, task, losses) if label else None)
            for split, one, label in found
        ]
        return Contents(task, items, said.classes(task), losses)

    def write(self, out: Outgoing) -> None:
        """Write pictures into `images`, objects into `labels`; the parts are those of the column `group`, if it names them.

        As soon as one box is turned, all of them are written with their four corners.
        """
        names = out.classes()
        if broken := [name for name in names if not name.strip() or "\n" in name]:
            raise InputError(f"The class {broken[0]!r} cannot stand in a YAML file.", hint="Export as 'coco' or 'jsonl'.")
        groups = {row.get("group") for row in out.data.rows(["group"])} if "group" in out.data.columns else set()
        split = groups <= set(_SPLITS) and bool(groups)
        turned = out.task.name == BOXES and any('"rotation"' in label for label in out.data.labels() if label is not None)
        for row in out.rows():
            part = str(row["group"]) if split else "train"
            name = out.place(row, under=f"images/{part}")
            if row.get(LABEL) is not None:
                made = lines(regions_of(row) or [], names, row, out, turned=turned)
                out.write(f"labels/{part}/{Path(name).stem}.txt", "".join(f"{line}\n" for line in made))
        parts = [part for part in _SPLITS if (part in groups if split else part == "train")]
        told: dict[str, Any] = {part: f"images/{part}" for part in parts}
        told.setdefault("train", told[parts[0]])
        told.setdefault("val", told["train"])  # training wants both
        told |= {"task": "obb"} if turned else {}
        if out.task.name == POINTS:
            told |= {"kpt_shape": [len(names), 3], "kpt_names": {0: names}}
            names = ["object"]
        out.write("data.yaml", reading.yaml_of({**told, "names": dict(enumerate(names))}))


def _told(folder: Path) -> Path:
    for name in _NAMES:
        if (folder / name).is_file():
            return folder / name
    raise InputError(f"{folder} is not YOLO: it has none of {', '.join(_NAMES)}.", hint="Name the YAML file itself.")


def _names(told: Any, path: Path) -> list[str]:
    """Return the classes in their order. YAML may name a list that names a list ...: as text, that would fill the memory."""
    names = told.get("names") if isinstance(told, dict) else None
    if isinstance(names, dict) and set(names) == set(range(len(names))):
        names = [names[i] for i in range(len(names))]
    if not isinstance(names, list) or not all(isinstance(name, str | int | float) for name in names):
        raise InputError(f"{path} is not YOLO: `names` is no list of classes, nor numbers 0, 1, ... with a class each.")
    return [str(name).strip() for name in names if str(name).strip()]


def _pictures(told: Mapping[str, Any], root: Path) -> Iterator[tuple[str, Path | LeftOut, Path | None]]:
    """Return the pictures of each part with the file of their objects, each picture once."""
    base = _base(told, root)
    suffixes = task_named(BOXES).suffixes
    seen: set[Path] = set()
    parts = [part for part in _SPLITS if told.get(part)]
    for part in parts or ("",):
        said = told[part] if part else "images" if (base / "images").is_dir() else "."
        for name in said if isinstance(said, list) else [said]:
            try:
                if not isinstance(name, str):
                    raise InputError("It is not the name of a folder.")
                place = within(base, name)
                listed = _listed(place, root) if place.is_file() else files_of(place, suffixes)
            except InputError as exc:
                yield part, LeftOut(name[:200] if isinstance(name, str) else part, exc.message), None
                continue
            for path in listed:
                if path not in seen:
                    seen.add(path)
                    yield part or path.parent.name, path, _objects_of(path, root)


def _base(told: Mapping[str, Any], root: Path) -> Path:
    """Return the folder that the parts are relative to: where the file lies, unless `path` names one below it."""
    said = told.get("path")
    try:
        base = within(root, said if isinstance(said, str) else "")
    except (InputError, OSError, ValueError):
        return root  # a place on the machine of whoever wrote it
    return base if base.is_dir() else root


def _listed(path: Path, root: Path) -> list[Path]:
    files = reading.Files(root)
    return [files.find(line.strip().removeprefix("./")) for line in reading.text(path).splitlines() if line.strip()]


def _objects_of(picture: Path, root: Path) -> Path | None:
    parts = list(picture.parts)
    if "images" in parts:
        parts[len(parts) - 1 - parts[::-1].index("images")] = "labels"
    for path in (Path(*parts).with_suffix(".txt"), picture.with_suffix(".txt")):
        if path.is_file() and path.resolve().is_relative_to(root.resolve()):
            return path
    return None
