"""Boxes, polygons and stretches: their overlap, held against counting."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.ops import shapes


def test_a_box_overlaps_another_by_the_shared_area_over_the_whole() -> None:
    assert shapes.box_iou([0, 0, 4, 4], [2, 0, 4, 4]) == pytest.approx(8 / 24)
    assert shapes.box_iou([0, 0, 4, 4], [4, 0, 4, 4]) == 0
    assert shapes.box_iou([1, 2, 3, 4], [1, 2, 3, 4]) == 1


def test_turned_boxes_overlap_as_upright_ones_that_are_turned_together() -> None:
    for degrees in (0, 30, 90, 211):
        # Both turn around the same corner, so that nothing between them changes.
        one, other = shapes.corners([5, 5, 8, 4], degrees), shapes.corners([5, 5, 4, 4], degrees)
        assert shapes.convex_iou(one, other) == pytest.approx(0.5)
        assert shapes.convex_iou(one, other[::-1]) == pytest.approx(0.5)
    assert shapes.convex_iou(shapes.corners([0, 0, 2, 2]), shapes.corners([5, 5, 2, 2])) == 0


def test_polygons_of_any_shape_overlap_to_about_a_hundredth() -> None:
    cross = [(0, 10), (10, 10), (10, 0), (20, 0), (20, 10), (30, 10), (30, 20), (20, 20), (20, 30), (10, 30), (10, 20), (0, 20)]
    square = [(0, 0), (30, 0), (30, 30), (0, 30)]
    assert shapes.polygon_iou(cross, square) == pytest.approx(5 / 9, abs=0.01)
    assert shapes.polygon_iou(cross, cross) == 1
    assert shapes.polygon_iou(square, [(40, 40), (50, 40), (50, 50)]) == 0


def test_a_filled_polygon_has_the_pixels_whose_centers_are_inside() -> None:
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[:20, :30] + 0.5
    for _ in range(30):
        ring = random.uniform(-5, 35, (random.integers(3, 8), 2))
        inside = np.zeros((20, 30), bool)
        for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            crosses = (y0 > rows) != (y1 > rows)
            with np.errstate(divide="ignore", invalid="ignore"):
                inside ^= crosses & (columns > x0 + (rows - y0) * (x1 - x0) / (y1 - y0))
        assert (shapes.fill(ring, 20, 30) == inside).all()


def test_stretches_overlap_and_those_that_only_touch_do_not() -> None:
    assert shapes.span_iou((0, 2), (1, 3)) == pytest.approx(1 / 3)
    assert shapes.span_iou((0, 2), (2, 3)) == 0
