"""Keypoint detection: points in a picture, each with the name of what it marks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from workbench.core import labels
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

    def likeness(self, one: str, other: str) -> float:
        """Return how near the points of each name are, on the scale of all points of the item."""
        first, second = labels.loads(one), labels.loads(other)
        cloud = [region["point"] for region in (*first, *second)]
        sides = [max(axis) - min(axis) for axis in zip(*cloud, strict=True)]

        def alike(a: Region, b: Region) -> float:
            return likeness.nearness(a["point"], b["point"], math.hypot(*sides)) if a["label"] == b["label"] else 0.0

        return likeness.matched(first, second, alike)
