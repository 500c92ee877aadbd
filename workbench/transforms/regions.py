"""Regions that move with the picture: boxes, polygons, masks and points, clipped to what is still to be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.labels import PX_DIGITS
from workbench.ops import masks
from workbench.ops.shapes import area, corners

Points = NDArray[np.float64]

#: A region of which less than this share is still in the picture is gone.
VISIBLE = 0.25


@dataclass(frozen=True)
class Move:
    """Where a step puts things: *points* maps (n, 2) pixels x, y; *raster* moves a mask of 0 and 1, uint8 (height, width)."""

    width: int
    height: int
    points: Callable[[Points], Points]
    raster: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


def moved(regions: Sequence[Mapping[str, Any]], move: Move) -> tuple[Mapping[str, Any], ...]:
    """Return the regions as *move* leaves them; those that left the picture are dropped.

    A box becomes the smallest upright box around its moved corners, so after a turn that is no quarter it is looser.
    """
    found = (_moved(region, move) for region in regions)
    return tuple(region for region in found if region is not None)


def _moved(region: Mapping[str, Any], move: Move) -> Mapping[str, Any] | None:
    rest = {key: value for key, value in region.items() if key not in ("box", "rotation", "polygon", "mask", "point")}
    if "box" in region:
        return _some(rest, "box", _box(np.asarray(corners(region["box"], float(region.get("rotation", 0.0)))), move))
    if "polygon" in region:
        return _some(rest, "polygon", _polygon(np.asarray(region["polygon"], np.float64), move))
    if "mask" in region:
        return _some(rest, "mask", _mask(region["mask"], move))
    if "point" in region:
        x, y = move.points(np.asarray([region["point"]], np.float64))[0]
        inside = 0 <= x <= move.width and 0 <= y <= move.height
        return _some(rest, "point", _rounded([x, y]) if inside else None)
    return region


def _some(rest: dict[str, Any], key: str, value: Any) -> Mapping[str, Any] | None:
    return None if value is None else {**rest, key: value}


def _box(around: Points, move: Move) -> list[float] | None:
    there = move.points(around)
    low, high = there.min(axis=0), there.max(axis=0)
    seen_low, seen_high = np.maximum(low, 0), np.minimum(high, (move.width, move.height))
    whole, seen = np.prod(high - low), np.prod(np.maximum(seen_high - seen_low, 0))
    if seen <= 0 or seen < VISIBLE * whole:
        return None
    return _rounded([*seen_low, *(seen_high - seen_low)])


def _polygon(points: Points, move: Move) -> list[list[float]] | None:
    there = move.points(points)
    seen = clipped(there, move.width, move.height)
    if len(seen) < 3 or area(seen.tolist()) <= 0 or area(seen.tolist()) < VISIBLE * area(there.tolist()):
        return None
    return [_rounded(point) for point in seen]


def _mask(mask: Mapping[str, Any], move: Move) -> Mapping[str, Any] | None:
    before = masks.decode(mask).astype(np.uint8)
    after = move.raster(before)
    scale = move.width * move.height / max(1, before.size)
    if not after.any() or after.sum() < VISIBLE * min(1.0, scale) * before.sum():
        return None
    return masks.encode(after.astype(bool))


def clipped(polygon: Points, width: float, height: float) -> Points:
    """Return what of a polygon lies in the picture (Sutherland and Hodgman, 1974)."""
    for axis, limit, sign in ((0, 0.0, 1), (0, width, -1), (1, 0.0, 1), (1, height, -1)):
        kept: list[Points] = []
        for start, end in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            a, b = sign * (start[axis] - limit), sign * (end[axis] - limit)
            if a >= 0:
                kept.append(start)
            if (a >= 0) != (b >= 0):
                kept.append(start + (end - start) * (a / (a - b)))
        polygon = np.array(kept, np.float64).reshape(-1, 2)
        if not len(polygon):
            break
    return polygon


def _rounded(values: Any) -> list[float]:
    return [round(float(value), PX_DIGITS) for value in values]
