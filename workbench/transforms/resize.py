"""The step that gives every picture the same size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workbench.core.errors import InputError
from workbench.core.need import need
from workbench.tasks.pictures import MAX_PIXELS
from workbench.transforms.regions import Move, Points, moved
from workbench.transforms.sample import Sample
from workbench.transforms.step import State, Step


@dataclass(frozen=True, kw_only=True)
class Resize(Step):
    """Scale a picture to `width` by `height`.

    `mode` "exact" stretches it; "fit" keeps its proportions and stays within the size; "pad" does that and fills the rest
    with `fill`; "cover" keeps its proportions and cuts off what sticks out. `backend` "opencv" scales by
    `cv2.INTER_AREA`, "pillow" by its antialiased bilinear filter; both take and give RGB.
    """

    modality: ClassVar[str] = "image"
    width: int = 224
    height: int = 224
    mode: Literal["exact", "fit", "pad", "cover"] = "exact"
    fill: int = 0
    backend: Literal["pillow", "opencv"] = "pillow"

    def __post_init__(self) -> None:
        """Refuse a size that is none."""
        if min(self.width, self.height) < 1:
            raise InputError(f"A picture is at least 1 by 1 pixels, got {self.width} by {self.height}.")
        if self.width * self.height > MAX_PIXELS:
            raise InputError(f"A picture has at most {MAX_PIXELS:,} pixels, got {self.width} by {self.height}.")
        super().__post_init__()

    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the sample at its new size."""
        height, width = sample.content.shape[:2]
        by_x, by_y = self.width / width, self.height / height
        if self.mode != "exact":
            by_x = by_y = (max if self.mode == "cover" else min)(by_x, by_y)
        scaled = max(1, round(width * by_x)), max(1, round(height * by_y))
        size = scaled if self.mode == "fit" else (self.width, self.height)
        left, top = (size[0] - scaled[0]) // 2, (size[1] - scaled[1]) // 2
        by_x, by_y = scaled[0] / width, scaled[1] / height

        def points(p: Points) -> Points:
            there: Points = p * (by_x, by_y) + (left, top)
            return there

        def raster(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
            small = np.asarray(Image.fromarray(mask).resize(scaled, Image.Resampling.NEAREST))
            return _placed(small, size, (left, top), 0)

        pixels = _placed(self._scaled(sample.content, scaled), size, (left, top), self.fill)
        return replace(sample, content=pixels, regions=moved(sample.regions, Move(size[0], size[1], points, raster)))

    def _scaled(self, pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
        if self.backend == "opencv":
            cv2 = need("cv2", extra="annotate", use="the backend 'opencv' of the step resize")
            found: NDArray[np.uint8] = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
            return found
        return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR))


def _placed(pixels: NDArray[np.uint8], size: tuple[int, int], at: tuple[int, int], fill: int) -> NDArray[np.uint8]:
    """Return *pixels* on a canvas of *size* with their corner *at* that place, which may lie outside of it."""
    (width, height), (left, top) = size, at
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    canvas = np.full((height, width, *pixels.shape[2:]), fill, np.uint8)
    seen = pixels[max(0, -top) : height - top, max(0, -left) : width - left]
    y, x = max(0, top), max(0, left)
    canvas[y : y + seen.shape[0], x : x + seen.shape[1]] = seen
    return canvas
