"""Steps that move what is in a picture: what is labeled moves along."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workbench.core.errors import InputError
from workbench.transforms.regions import Move, Points, moved
from workbench.transforms.sample import Pixels, Sample
from workbench.transforms.step import RandomStep, State


@dataclass(frozen=True, kw_only=True)
class Flip(RandomStep):
    """Mirror the picture: left becomes right, or top becomes bottom. Done twice it changes nothing."""

    modality: ClassVar[str] = "image"
    axis: Literal["horizontal", "vertical"] = "horizontal"
    p: float = 0.5

    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the sample mirrored."""
        height, width = sample.content.shape[:2]
        across = self.axis == "horizontal"

        def points(p: Points) -> Points:
            return np.column_stack([width - p[:, 0], p[:, 1]] if across else [p[:, 0], height - p[:, 1]])

        def raster(a: NDArray[np.uint8]) -> NDArray[np.uint8]:
            return np.ascontiguousarray(a[:, ::-1] if across else a[::-1])

        return _moved(sample, raster(sample.content), Move(width, height, points, raster))


@dataclass(frozen=True, kw_only=True)
class Turn(RandomStep):
    """Turn the picture by quarters, counterclockwise; 0 draws how many. Four turns of one quarter change nothing."""

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {"quarters": (-3, 3)}
    modality: ClassVar[str] = "image"
    quarters: int = 0

    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the sample turned."""
        quarters = self.quarters % 4 or int(random.integers(1, 4))
        for _ in range(quarters):
            sample = _quarter(sample)
        return sample


@dataclass(frozen=True, kw_only=True)
class Rotate(RandomStep):
    """Turn the picture about its middle by up to `degrees` either way; the corners that come free are filled."""

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {"degrees": (0, 360), "fill": (0, 255)}
    modality: ClassVar[str] = "image"
    degrees: float = 15.0
    fill: int = 0

    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the sample turned about its middle."""
        angle = math.radians(float(random.uniform(-self.degrees, self.degrees)))
        return warp(sample, _about_middle(sample.content, _rotation(angle)), fill=self.fill)


@dataclass(frozen=True, kw_only=True)
class Affine(RandomStep):
    """Scale, move and shear the picture about its middle, each drawn within its limits.

    `scale` and `shift` are shares (of the size, of the side), `shear` is in degrees.
    """

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {
        "scale": (0, 0.99),
        "shift": (0, 1),
        "shear": (0, 89),
        "fill": (0, 255),
    }
    modality: ClassVar[str] = "image"
    scale: float = 0.1
    shift: float = 0.1
    shear: float = 5.0
    fill: int = 0

    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the sample scaled, sheared and moved."""
        height, width = sample.content.shape[:2]
        scale = float(random.uniform(1 - self.scale, 1 + self.scale))
        lean = math.tan(math.radians(float(random.uniform(-self.shear, self.shear))))
        there = _about_middle(sample.content, np.array([[scale, scale * lean, 0], [0, scale, 0], [0, 0, 1]]))
        there[:2, 2] += random.uniform(-self.shift, self.shift, 2) * (width, height)
        return warp(sample, there, fill=self.fill)


@dataclass(frozen=True, kw_only=True)
class Crop(RandomStep):
    """Cut a window out of the picture: of a `share` of its area at least and of the same proportions, kept at full size."""

    modality: ClassVar[str] = "image"
    share: float = 0.6

    def __post_init__(self) -> None:
        """Refuse a window that is empty or larger than the picture."""
        super().__post_init__()
        if not 0 < self.share <= 1:
            raise InputError(f"`share` of a crop must be over 0 and at most 1, got {self.share!r}.")

    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the window, scaled to the size that the picture had."""
        height, width = sample.content.shape[:2]
        side = math.sqrt(float(random.uniform(self.share, 1)))
        x, y = random.uniform(0, 1 - side, 2) * (width, height)
        return warp(sample, np.array([[1 / side, 0, -x / side], [0, 1 / side, -y / side], [0, 0, 1.0]]))


def warp(sample: Sample, matrix: NDArray[np.float64], *, size: tuple[int, int] | None = None, fill: int = 0) -> Sample:
    """Return *sample* with the point (x, y, 1) of the picture at *matrix* times it; *size* is the new width and height."""
    height, width = sample.content.shape[:2]
    new_width, new_height = size or (width, height)
    back = np.linalg.inv(matrix)[:2].reshape(-1).tolist()

    def pixels(array: Any, how: Image.Resampling, color: Any) -> Any:
        image = Image.fromarray(array)
        return np.asarray(image.transform((new_width, new_height), Image.Transform.AFFINE, back, how, fillcolor=color))

    def points(p: Points) -> Points:
        there: Points = p @ matrix[:2, :2].T + matrix[:2, 2]
        return there

    move = Move(new_width, new_height, points, lambda mask: pixels(mask, Image.Resampling.NEAREST, 0))
    return _moved(sample, pixels(sample.content, Image.Resampling.BILINEAR, (fill,) * 3), move)


def _moved(sample: Sample, pixels: Pixels, move: Move) -> Sample:
    return replace(sample, content=pixels, regions=moved(sample.regions, move))


def _quarter(sample: Sample) -> Sample:
    height, width = sample.content.shape[:2]

    def points(p: Points) -> Points:
        return np.column_stack([p[:, 1], width - p[:, 0]])

    def raster(a: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.ascontiguousarray(np.rot90(a))

    return _moved(sample, raster(sample.content), Move(height, width, points, raster))


def _rotation(angle: float) -> NDArray[np.float64]:
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])


def _about_middle(pixels: Pixels, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    height, width = pixels.shape[:2]
    there, back = np.eye(3), np.eye(3)
    there[:2, 2], back[:2, 2] = (width / 2, height / 2), (-width / 2, -height / 2)
    found: NDArray[np.float64] = there @ matrix @ back
    return found
