"""Instance segmentation: a polygon around each thing, with its class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.ops import shapes
from workbench.tasks.regions import InPicture, Region, clamped, inside, points


class InstanceSegmentation(InPicture):
    """A region has `polygon`: [[x, y], ...], closed by itself."""

    name: ClassVar[str] = "instance-segmentation"
    key: ClassVar[str] = "polygon"
    tool: ClassVar[str] = "PolygonLabels"
    kind: ClassVar[str] = "polygonlabels"

    def place(self, region: Region, row: Row | None) -> Region:
        """Return the polygon, within the picture."""
        ring = inside(points(region["polygon"], least=3), row)
        if shapes.area(ring) == 0 and len({tuple(point) for point in ring}) < 3:
            raise InputError("A polygon has at least 3 points of its own.")
        return {"polygon": ring}

    def to_studio(self, region: Region, row: Row | None) -> tuple[Region, Region]:
        """Return the points in percent of the picture."""
        width, height = self.size(row)
        ring = [[x / width * 100, y / height * 100] for x, y in region["polygon"]]
        return {"points": ring, "closed": True}, self.beside(row)

    def from_studio(self, marked: Mapping[str, Any], row: Row | None) -> Region:
        """Return the points in pixels."""
        width, height = self.marked_size(marked, row)
        ring = [(x * width / 100, y * height / 100) for x, y in marked["value"]["points"]]
        return {"polygon": clamped(ring, (width, height))}

    def overlap(self, one: Region, other: Region) -> float:
        """Return the overlap over the union, to about a hundredth."""
        return shapes.polygon_iou(one["polygon"], other["polygon"])
