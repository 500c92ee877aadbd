"""Semantic segmentation: which pixels of a picture belong to each class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, ClassVar

from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.ops import masks
from workbench.tasks.pictures import MAX_PIXELS
from workbench.tasks.regions import InPicture, Region


class SemanticSegmentation(InPicture):
    """A region has `mask`: {"size": [height, width], "counts": COCO's compressed runs}; strokes of a class are one mask."""

    name: ClassVar[str] = "semantic-segmentation"
    key: ClassVar[str] = "mask"
    tool: ClassVar[str] = "BrushLabels"
    kind: ClassVar[str] = "brushlabels"

    def place(self, region: Region, row: Row | None) -> Region:
        """Return the mask, which has the size of the picture."""
        mask = region["mask"]
        height, width = (int(n) for n in mask["size"])
        if not 0 < height * width <= MAX_PIXELS or min(height, width) < 1:
            raise InputError(f"A mask of {width} x {height} is not of 1 to {MAX_PIXELS:,} pixels.")
        if row and row.get("width") and [height, width] != [int(row["height"]), int(row["width"])]:
            raise InputError(f"The mask is {width} x {height}, the picture {row['width']} x {row['height']}.")
        if not masks.n_pixels(mask):
            raise InputError("Nothing is painted.")
        return {"mask": masks.tidy(mask)}

    def merged(self, regions: list[Region]) -> list[Region]:
        """Return one mask per class: all of its strokes."""
        strokes: dict[str, list[Any]] = defaultdict(list)
        for region in regions:
            strokes[region["label"]].append(region["mask"])
        if len({tuple(region["mask"]["size"]) for region in regions}) > 1:
            raise InputError("The masks of a picture are of one size.")
        return [{"label": name, "mask": masks.union(strokes[name])} for name in sorted(strokes)]

    def to_studio(self, region: Region, row: Row | None) -> tuple[Region, Region]:
        """Return the mask as the brush writes it."""
        height, width = region["mask"]["size"]
        beside = {"original_width": width, "original_height": height, "image_rotation": 0}
        return {"format": "rle", "rle": masks.to_brush(masks.decode(region["mask"]))}, beside

    def from_studio(self, marked: Mapping[str, Any], row: Row | None) -> Region:
        """Return the mask that was painted."""
        width, height = (int(n) for n in self.marked_size(marked, row))
        if width * height > MAX_PIXELS:
            raise InputError(f"A mask of {width} x {height} has more than {MAX_PIXELS:,} pixels.")
        return {"mask": masks.encode(masks.from_brush(marked["value"]["rle"], height, width))}

    def overlap(self, one: Region, other: Region) -> float:
        """Return the overlap over the union, pixel by pixel."""
        return masks.iou(one["mask"], other["mask"])
