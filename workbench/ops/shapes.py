"""Boxes, polygons and stretches of time or text: area and overlap, in plain numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]

#: Polygons are compared on a grid of this many cells a side over both of them: an error of about a hundredth.
_GRID = 256


def corners(box: Sequence[float], rotation: float = 0.0) -> list[Point]:
    """Return the corners of a box [x, y, width, height], turned clockwise by *rotation* degrees around its first one.

    >>> [(round(x), round(y)) for x, y in corners([10, 0, 4, 2], 90)]
    [(10, 0), (10, 4), (8, 4), (8, 0)]
    """
    x, y, width, height = box
    cos, sin = math.cos(math.radians(rotation)), math.sin(math.radians(rotation))
    return [(x + dx * cos - dy * sin, y + dx * sin + dy * cos) for dx, dy in ((0, 0), (width, 0), (width, height), (0, height))]


def area(points: Sequence[Sequence[float]]) -> float:
    """Return the area of a polygon (Gauss's shoelace).

    >>> area([(0, 0), (4, 0), (0, 3)])
    6.0
    """
    shifted = [*points[1:], *points[:1]]
    return abs(math.fsum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, shifted, strict=True))) / 2


def box_iou(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the overlap of two upright boxes [x, y, width, height] over their union, 0 to 1."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (one[2] * one[3] + other[2] * other[3] - width * height)


def convex_iou(one: Sequence[Sequence[float]], other: Sequence[Sequence[float]]) -> float:
    """Return the overlap of two convex polygons over their union: exact (Sutherland and Hodgman, 1974)."""
    other = other if _turn(other) > 0 else list(reversed(other))
    shared: list[Sequence[float]] = list(one)
    for start, end in zip(other, [*other[1:], *other[:1]], strict=True):
        shared = _clipped(shared, start, end)
        if len(shared) < 3:
            return 0.0
    common = area(shared)
    whole = area(one) + area(other) - common
    return common / whole if whole > 0 else 0.0


def polygon_iou(one: Sequence[Sequence[float]], other: Sequence[Sequence[float]]) -> float:
    """Return the overlap of two polygons over their union, of any shape, to about a hundredth."""
    if box_iou(_around(one), _around(other)) == 0:
        return 0.0
    cloud = np.array([*one, *other], np.float64)
    low, high = cloud.min(axis=0), cloud.max(axis=0)
    size = np.maximum(high - low, 1e-9)
    first, second = (fill((np.asarray(p, np.float64) - low) / size * _GRID, _GRID, _GRID) for p in (one, other))
    union = int((first | second).sum())
    return int((first & second).sum()) / union if union else float(list(one) == list(other))


def span_iou(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the overlap of two stretches [start, end] over their union, 0 to 1.

    >>> span_iou([0, 2], [1, 3]) == 1 / 3
    True
    """
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return shared / (one[1] - one[0] + other[1] - other[0] - shared) if shared > 0 else 0.0


def fill(points: Sequence[Sequence[float]] | NDArray[np.float64], height: int, width: int) -> NDArray[np.bool_]:
    """Return the pixels whose centers are inside a polygon, by the even-odd rule.

    >>> int(fill([(0, 0), (3, 0), (3, 2), (0, 2)], 4, 4).sum())
    6
    """
    # Each edge flips every pixel to the right of where it crosses the pixel's row.
    flips = np.zeros((height, width + 1), np.int32)
    ring = np.asarray(points, np.float64).reshape(-1, 2)
    for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        top, bottom = min(y0, y1), max(y0, y1)
        rows = np.arange(max(math.ceil(top - 0.5), 0), min(math.ceil(bottom - 0.5), height))
        crossing = x0 + (rows + 0.5 - y0) * (x1 - x0) / (y1 - y0)
        np.add.at(flips, (rows, np.clip(np.ceil(crossing - 0.5), 0, width).astype(np.int64)), 1)
    return np.asarray(np.cumsum(flips[:, :-1], axis=1) % 2 == 1)


def _around(points: Sequence[Sequence[float]]) -> tuple[float, float, float, float]:
    (left, right), (top, bottom) = ((min(axis), max(axis)) for axis in zip(*points, strict=True))
    return left, top, right - left, bottom - top


def _turn(points: Sequence[Sequence[float]]) -> float:
    shifted = [*points[1:], *points[:1]]
    return math.fsum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, shifted, strict=True))


def _clipped(points: Sequence[Sequence[float]], start: Sequence[float], end: Sequence[float]) -> list[Sequence[float]]:
    """Return the part of a polygon that lies left of the line from *start* to *end*."""

    def side(point: Sequence[float]) -> float:
        return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])

    kept: list[Sequence[float]] = []
    for here, following in zip(points, [*points[1:], *points[:1]], strict=True):
        now, then = side(here), side(following)
        if now >= 0:
            kept.append(here)
        if now * then < 0:
            part = now / (now - then)
            kept.append((here[0] + part * (following[0] - here[0]), here[1] + part * (following[1] - here[1])))
    return kept
