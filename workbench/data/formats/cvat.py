"""CVAT for images 1.1: `annotations.xml` with the shapes of every picture, pictures in `images`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from xml.etree import ElementTree as Tree

from workbench.core import labels
from workbench.core.dataset import LABEL
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.data.formats import reading
from workbench.data.formats.base import Contents, Format, Incoming, Item, LeftOut
from workbench.ops import masks, shapes
from workbench.tasks import task as task_named

if TYPE_CHECKING:
    from workbench.data.formats.outgoing import Outgoing

Region = dict[str, Any]

_FILE = "annotations.xml"
#: The element that holds a task's labels, the usual task of an element first.
_ELEMENTS = {
    "object-detection": "box",
    "instance-segmentation": "polygon",
    "semantic-segmentation": "mask",
    "keypoint-detection": "points",
    "image-classification": "tag",
    "multi-label-image-classification": "tag",
}
_OTHERS = ("polyline", "cuboid", "ellipse", "skeleton")


class Cvat(Format):
    """The XML that CVAT exports as "CVAT for images 1.1", and imports."""

    name: ClassVar[str] = "cvat"
    tasks: ClassVar[tuple[str, ...]] = tuple(_ELEMENTS)
    columns: ClassVar[frozenset[str] | None] = frozenset({"group"})
    told_in: ClassVar[tuple[str, ...]] = ("annotations.xml",)

    def read(self, source: Incoming) -> Contents:
        """Return an item per picture; one without a shape of the task says that nothing is to be seen."""
        path = source.path / _FILE if source.path.is_dir() else source.path
        root = reading.xml(path)
        if root.tag != "annotations":
            raise InputError(f"{path} is not CVAT for images: it begins with <{root.tag}>.")
        names = [(label.findtext("name") or "").strip() for label in root.iter("label")]
        images = list(root.iter("image"))
        found = {shape.tag for image in images for shape in image}
        usual = next((task for task, element in _ELEMENTS.items() if element in found), "")
        several = any(len(image.findall("tag")) > 1 for image in images)
        if usual == "image-classification" and (several or root.get("task") == "multi-label-image-classification"):
            usual = "multi-label-image-classification"
        told = str(root.findtext("meta/task/workbench") or "")
        task = self.chosen(source.task, otherwise=told if told in self.tasks else usual)
        files = reading.Files(source.root or path.parent)
        items = [_item(image, task, files) for image in images]
        element = _ELEMENTS[task]
        unread = found - {element} - ({"skeleton"} if element == "points" else set())  # its points are read
        losses = [f"<{tag}> of {path.name}" for tag in sorted(unread) if tag in (*_ELEMENTS.values(), *_OTHERS)]
        if root.find("track") is not None:
            losses.append("tracks of a video")
        return Contents(task, items, [name for name in dict.fromkeys(names) if name], losses)

    def write(self, out: Outgoing) -> None:
        """Write `annotations.xml`, and the pictures into `images`."""
        root = Tree.Element("annotations")
        Tree.SubElement(root, "version").text = "1.1"
        about = Tree.SubElement(Tree.SubElement(root, "meta"), "task")
        Tree.SubElement(about, "name").text = out.data.name
        Tree.SubElement(about, "workbench").text = out.task.name
        listed = Tree.SubElement(about, "labels")
        for name in out.classes():
            Tree.SubElement(Tree.SubElement(listed, "label"), "name").text = name
        for n, row in enumerate(out.rows()):
            size = {"width": str(row.get("width")), "height": str(row.get("height"))}
            image = Tree.SubElement(root, "image", {"id": str(n), "name": out.place(row, under="images"), **size})
            if row.get("group"):
                image.set("subset", str(row["group"]))
            if row.get(LABEL) is None:
                image.set("labeled", "false")  # told from a picture that shows nothing
                continue
            for shape in _shapes(row, out.task.shape):
                label = {"label": shape.pop("label"), "source": "manual", "occluded": "0"}
                Tree.SubElement(image, _ELEMENTS[out.task.name], label | {k: str(v) for k, v in shape.items()})
        Tree.indent(root)
        out.write(_FILE, Tree.tostring(root, encoding="utf-8", xml_declaration=True))


def _item(image: Any, task: str, files: reading.Files) -> Item | LeftOut:
    name = image.get("name") or ""
    try:
        file = files.find(name)
    except InputError:
        try:
            file = files.find(f"images/{name}")
        except InputError as exc:
            return LeftOut(name or f"image {image.get('id')}", exc.message)
    row = {"group": image.get("subset")} if image.get("subset") else {}
    if image.get("labeled") == "false":
        return Item(name, file, row=row)
    shape = task_named(task).shape
    if shape == "regions":
        return Item(name, file, row=row, label=partial(_regions, image, task))
    tags = [str(tag.get("label")) for tag in image.findall("tag")]
    return Item(name, file, row=row, label=tags if shape == "classes" else tags[0] if len(tags) == 1 else partial(_one, tags))


def _one(tags: list[str], _row: Row) -> str | None:
    if tags:
        raise InputError(f"It has {len(tags)} tags, {', '.join(tags)}.", hint="Read it as multi-label-image-classification.")
    return None


def _regions(image: Any, task: str, row: Row) -> list[Region]:
    told = tuple(int(float(image.get(side) or 0)) for side in ("width", "height"))
    found = [*image.iter(_ELEMENTS[task])]
    if found and all(told) and told != (row["width"], row["height"]):
        raise InputError(
            f"Its shapes are for {told[0]} x {told[1]} pixels, the upright picture has {row['width']} x {row['height']}."
        )
    try:
        return [region for shape in found for region in _FROM[task](shape, str(shape.get("label") or ""), row)]
    except (ValueError, TypeError, AttributeError, OverflowError) as exc:
        raise InputError(f"A shape cannot be read: {exc}.".replace("..", ".")) from exc


def _box(shape: Any, label: str, _row: Row) -> list[Region]:
    left, top, right, bottom = reading.numbers([shape.get(side) for side in ("xtl", "ytl", "xbr", "ybr")])
    width, height = right - left, bottom - top
    rotation = reading.numbers([shape.get("rotation") or 0])[0]
    if not rotation:
        return [{"label": label, "box": [round(v, 6) for v in (left, top, width, height)]}]
    # CVAT turns a box around its middle, a region is turned around its corner.
    corner = _turned(left - (left + right) / 2, top - (top + bottom) / 2, rotation)
    x, y = (left + right) / 2 + corner[0], (top + bottom) / 2 + corner[1]
    return [{"label": label, "box": [round(v, 6) for v in (x, y, width, height)], "rotation": rotation}]


def _polygon(shape: Any, label: str, _row: Row) -> list[Region]:
    return [{"label": label, "polygon": _points_of(shape)}]


def _points(shape: Any, label: str, _row: Row) -> list[Region]:
    return [{"label": label, "point": point} for point in _points_of(shape)]


def _mask(shape: Any, label: str, row: Row) -> list[Region]:
    left, top, width, height = (int(v) for v in reading.numbers([shape.get(k) for k in ("left", "top", "width", "height")]))
    if left < 0 or top < 0 or left + width > row["width"] or top + height > row["height"]:
        raise InputError(f"A mask at {left}, {top} of {width} x {height} pixels is outside of the picture.")
    import numpy as np

    runs = [int(v) for v in reading.numbers((shape.get("rle") or "").split(","))]
    # The runs of CVAT go along the rows; those of a mask turned on its side go along its columns.
    part = masks.decode({"size": [width, height], "counts": runs}).T
    whole = np.zeros((row["height"], row["width"]), bool)
    whole[top : top + height, left : left + width] = part
    return [{"label": label, "mask": masks.encode(whole)}]


_FROM: Mapping[str, Callable[[Any, str, Row], list[Region]]] = {
    "object-detection": _box,
    "instance-segmentation": _polygon,
    "semantic-segmentation": _mask,
    "keypoint-detection": _points,
}


def _points_of(shape: Any) -> list[list[float]]:
    return [reading.numbers(point.split(","), 2) for point in (shape.get("points") or "").split(";")]


def _turned(x: float, y: float, degrees: float) -> tuple[float, float]:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return x * cos - y * sin, x * sin + y * cos


def _shapes(row: Row, shape: str) -> list[dict[str, Any]]:
    label = str(row[LABEL])
    if shape != "regions":
        return [{"label": name} for name in (labels.loads(label) if shape == "classes" else [label])]
    return [{"label": region["label"], **_to(region)} for region in labels.loads(label)]


def _to(region: Region) -> dict[str, Any]:
    if "box" in region:
        x, y, width, height = region["box"]
        rotation = region.get("rotation") or 0
        if rotation:
            middle = [sum(axis) / 4 for axis in zip(*shapes.corners(region["box"], rotation), strict=True)]
            x, y = middle[0] - width / 2, middle[1] - height / 2
        sides = {"xtl": x, "ytl": y, "xbr": x + width, "ybr": y + height}
        return {k: round(v, 6) for k, v in sides.items()} | ({"rotation": rotation} if rotation else {})
    if "mask" in region:
        left, top, width, height = masks.bounds(region["mask"])
        part = masks.decode(region["mask"])[top : top + height, left : left + width]
        runs = masks.lengths(masks.encode(part.T)).tolist()
        return {"rle": ", ".join(map(str, runs)), "left": left, "top": top, "width": width, "height": height, "z_order": 0}
    points = region.get("polygon") or [region["point"]]
    return {"points": ";".join(f"{x},{y}" for x, y in points), "z_order": 0}
