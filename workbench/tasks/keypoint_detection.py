"""Keypoint detection: points in a picture, each with the name of what it marks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from workbench.core.ports import Row
from workbench.ops import likeness
from workbench.tasks.regions import InPicture, Region, clamped, inside, points

#: The diameter of a mark in the editor, in percent of the picture's width.
_MARK = 0.5


class KeypointDetection(InPicture):
    """A region has `point`: [x, y]."""

    name: ClassVar[str] = "keypoint-detection"
    key: ClassVar[str] = "point"
    tool: ClassVar[str] = "KeyPointLabels"
    kind: ClassVar[str] = "keypointlabels"

    def place(self, region: Region, row: Row | None) -> Region:
        """Return the point, within the picture."""
        [point] = inside(points([region["point"]], least=1), row)
        return {"point": point}

    def to_studio(self, region: Region, row: Row | None) -> tuple[Region, Region]:
        """Return the point in percent of the picture."""
        (width, height), (x, y) = self.size(row), region["point"]
        return {"x": x / width * 100, "y": y / height * 100, "width": _MARK}, self.beside(row)

    def from_studio(self, marked: Mapping[str, Any], row: Row | None) -> Region:
        """Return the point in pixels."""
        (width, height), value = self.marked_size(marked, row), marked["value"]
        [point] = clamped([(value["x"] * width / 100, value["y"] * height / 100)], (width, height))
        return {"point": point}

    def overlap(self, one: Region, other: Region) -> float:
        """Return 1 for the same point: two points alone say nothing of what is near."""
        return float(one["point"] == other["point"])

    def alike(self, regions: Sequence[Region]) -> Callable[[Region, Region], float]:
        """Return what says how near two points are, on the scale of all points of the item."""
        sides = [max(axis) - min(axis) for axis in zip(*(region["point"] for region in regions), strict=True)]
        return lambda one, other: likeness.nearness(one["point"], other["point"], math.hypot(*sides))
