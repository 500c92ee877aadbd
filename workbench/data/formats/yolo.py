"""YOLO: `data.yaml`, pictures in `images/<split>`, and beside them in `labels/<split>` a line of numbers per object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from workbench.core.dataset import LABEL
from workbench.core.errors import InputError
from workbench.core.files import within
from workbench.core.ports import Row
from workbench.data.formats import reading
from workbench.data.formats.base import Contents, Format, Incoming, Item, LeftOut
from workbench.data.formats.folder import files_of
from workbench.data.formats.outgoing import regions_of, upright
from workbench.tasks import task as task_named

if TYPE_CHECKING:
    from workbench.data.formats.outgoing import Outgoing

Region = dict[str, Any]

_BOXES, _POLYGONS = "object-detection", "instance-segmentation"
_SPLITS = ("train", "val", "test")
_NAMES = ("data.yaml", "dataset.yaml", "classes.txt", "obj.names")


class Yolo(Format):
    """The format of Ultralytics' YOLO for boxes and polygons; `classes.txt` in place of `data.yaml` is read too."""

    name: ClassVar[str] = "yolo"
    tasks: ClassVar[tuple[str, ...]] = (_BOXES, _POLYGONS)
    columns: ClassVar[frozenset[str] | None] = frozenset({"group"})

    def read(self, source: Incoming) -> Contents:
        """Return an item per picture: a text without a line says that nothing is to be seen, none that nobody looked."""
        path = source.path if source.path.is_file() else _told(source.path)
        told = reading.yaml(path) if path.suffix in (".yaml", ".yml") else {"names": reading.text(path).splitlines()}
        names = _names(told, path)
        root = source.root or path.parent
        found = list(_pictures(told, root))
        task = self.chosen(source.task, otherwise=_usual(label for _, _, label in found))
        losses: list[str] = []
        items = [
            one
            if isinstance(one, LeftOut)
            else Item(str(one), one, row={"group": split}, label=partial(_label, label, names, task, losses) if label else None)
            for split, one, label in found
        ]
        return Contents(task, items, names, losses)

    def write(self, out: Outgoing) -> None:
        """Write pictures into `images`, objects into `labels`; the parts are those of the column `group`, if it names them."""
        names = out.classes()
        if broken := [name for name in names if not name.strip() or "\n" in name]:
            raise InputError(f"The class {broken[0]!r} cannot stand in a YAML file.", hint="Export as 'coco' or 'jsonl'.")
        groups = {row.get("group") for row in out.data.rows(["group"])} if "group" in out.data.columns else set()
        split = groups <= set(_SPLITS) and bool(groups)
        places = {name: i for i, name in enumerate(names)}
        for row in out.rows():
            part = str(row["group"]) if split else "train"
            name = out.place(row, under=f"images/{part}")
            if row.get(LABEL) is not None:
                lines = [_line(region, places, row, out) for region in regions_of(row) or []]
                out.write(f"labels/{part}/{Path(name).stem}.txt", "".join(f"{line}\n" for line in lines))
        parts = [part for part in _SPLITS if (part in groups if split else part == "train")]
        told: dict[str, Any] = {part: f"images/{part}" for part in parts}
        told.setdefault("train", told[parts[0]])
        told.setdefault("val", told["train"])  # training wants both
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
    suffixes = task_named(_BOXES).suffixes
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


def _usual(labels: Iterator[Path | None]) -> str:
    """Return the task of the first objects that there are: five numbers are a box, more a polygon."""
    for path in labels:
        try:
            line = next(iter(reading.text(path, limit=reading.MAX_SMALL).split("\n")), "") if path else ""
        except InputError:
            continue
        if line.strip():
            return _BOXES if len(line.split()) <= 6 else _POLYGONS
    return ""


def _label(path: Path, names: Sequence[str], task: str, losses: list[str], row: Row) -> list[Region]:
    lines = [line.split() for line in reading.text(path, limit=reading.MAX_SMALL).splitlines()]
    made = []
    for n, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            kind, place = int(float(line[0])), reading.numbers(line[1:])
            if not 0 <= kind < len(names):
                raise InputError(f"There is no class {kind}, the last is {len(names) - 1}.")
            if len(place) != 4 and (len(place) < 6 or len(place) % 2):
                raise InputError(f"{len(place)} numbers are neither a box nor a polygon.")
            region = _FROM[task](place, float(row["width"]), float(row["height"]))
        except (InputError, ValueError, OverflowError) as exc:
            raise InputError(f"{path.name} line {n}: {exc}") from exc
        if task == _BOXES and len(place) != 4:
            _tell(losses, "the outlines of objects, read as boxes around them")
        made.append({"label": names[kind], **region})
    return made


def _box(place: Sequence[float], width: float, height: float) -> Region:
    if len(place) == 4:
        x, y, w, h = place[0] * width, place[1] * height, place[2] * width, place[3] * height
        return {"box": [round(v, 6) for v in (x - w / 2, y - h / 2, w, h)]}
    xs, ys = [x * width for x in place[::2]], [y * height for y in place[1::2]]
    return {"box": [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]}


def _polygon(place: Sequence[float], width: float, height: float) -> Region:
    if len(place) == 4:
        x, y, w, h = _box(place, width, height)["box"]
        return {"polygon": [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]}
    return {"polygon": [[x * width, y * height] for x, y in reading.pairs(place)]}


_FROM: Mapping[str, Callable[[Sequence[float], float, float], Region]] = {_BOXES: _box, _POLYGONS: _polygon}


def _line(region: Region, places: Mapping[str, int], row: Row, out: Outgoing) -> str:
    width, height = float(row["width"]), float(row["height"])
    if "polygon" in region:
        values = [v for x, y in region["polygon"] for v in (x / width, y / height)]
    else:
        x, y, w, h = upright(region, row, out)
        values = [(x + w / 2) / width, (y + h / 2) / height, w / width, h / height]
    return " ".join([str(places[region["label"]]), *(f"{value:.10g}" for value in values)])


def _tell(losses: list[str], what: str) -> None:
    if what not in losses:
        losses.append(what)
