"""Object detection: boxes around what is to be seen, each with a class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.ops import shapes
from workbench.tasks.regions import InPicture, Region, clamped, inside, numbers

_SIDES = ("x", "y", "width", "height")


class ObjectDetection(InPicture):
    """A region has `box`: [x, y, width, height], and `rotation` when it is turned: degrees clockwise around its corner."""

    name: ClassVar[str] = "object-detection"
    key: ClassVar[str] = "box"
    tool: ClassVar[str] = "RectangleLabels"
    kind: ClassVar[str] = "rectanglelabels"

    def place(self, region: Region, row: Row | None) -> Region:
        """Return the box; an upright one lies within the picture."""
        x, y, width, height = numbers(region["box"], 4)
        [rotation] = numbers([region.get("rotation") or 0.0])
        if width <= 0 or height <= 0:
            raise InputError(f"A box of {width:g} x {height:g} pixels has no area.")
        if rotation % 360:
            return {"box": [x, y, width, height], "rotation": round(rotation % 360, 3)}
        (left, top), (right, bottom) = inside([(x, y), (x + width, y + height)], row)
        if right <= left or bottom <= top:
            raise InputError(f"The box at {x:g}, {y:g} is outside of the picture.")
        return {"box": numbers([left, top, right - left, bottom - top])}

    def to_studio(self, region: Region, row: Row | None) -> tuple[Region, Region]:
        """Return the box in percent of the picture."""
        (width, height), box = self.size(row), region["box"]
        value = {"x": box[0] / width * 100, "y": box[1] / height * 100}
        value |= {"width": box[2] / width * 100, "height": box[3] / height * 100, "rotation": region.get("rotation", 0)}
        return value, self.beside(row)

    def from_studio(self, marked: Mapping[str, Any], row: Row | None) -> Region:
        """Return the box in pixels."""
        (width, height), value = self.marked_size(marked, row), marked["value"]
        x, y, w, h = (value[k] * side / 100 for k, side in zip(_SIDES, (width, height) * 2, strict=True))
        rotation = value.get("rotation") or 0
        if rotation % 360:
            return {"box": numbers((x, y, w, h)), "rotation": rotation}
        (left, top), (right, bottom) = clamped([(x, y), (x + w, y + h)], (width, height))
        return {"box": numbers((left, top, right - left, bottom - top))}

    def overlap(self, one: Region, other: Region) -> float:
        """Return the overlap over the union."""
        if "rotation" not in one and "rotation" not in other:
            return shapes.box_iou(one["box"], other["box"])
        return shapes.convex_iou(*(shapes.corners(each["box"], each.get("rotation", 0)) for each in (one, other)))
