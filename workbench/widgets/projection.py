"""The map: the vectors of a dataset on a plane, and which rows lie inside an outline drawn on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from workbench.core.dataset import EMBEDDING
from workbench.core.errors import InputError
from workbench.ops.projection import neighborly, spread
from workbench.widgets.columns import Columns
from workbench.widgets.memory import give_back

_GRID = 1024
_WAYS: Mapping[str, Callable[[Any, Iterable[Any]], Any]] = {"pca": spread, "tsne": neighborly}


class Projection:
    """Where each row of a dataset lies; made on first use."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._made: dict[str, Any] = {}

    def points(self, how: str = "pca") -> Any:
        """Return a float32 array of (x, y) per row between 0 and 1; NaN for a row without a vector.

        *how* is "pca", by the directions in which the rows differ most, or "tsne", by which rows are neighbors.
        """
        if how not in _WAYS:
            raise InputError(f"There is no map {how!r}.", hint=f"Maps: {', '.join(_WAYS)}.")
        if how not in self._made:
            data = self._columns.data
            if EMBEDDING not in data.columns:
                raise InputError(f"{data.name}@{data.version} has no vectors to map.", hint="Call wb.embed(data) first.")
            self._made[how] = _WAYS[how](*self._columns.vectors())
            give_back()
        return self._made[how]

    def inside(self, outline: Sequence[Sequence[float]], how: str = "pca") -> Any:
        """Return which rows lie inside *outline*, to a thousandth of its size."""
        points, corners = self.points(how), np.asarray(outline, dtype=np.float64)
        low, high = corners.min(axis=0), corners.max(axis=0)
        scale = (_GRID - 1) / np.maximum(high - low, 1e-9)
        stencil = Image.new("1", (_GRID, _GRID))
        ImageDraw.Draw(stencil).polygon([tuple(p) for p in (corners - low) * scale], fill=1, outline=1)
        near = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
        cells = np.rint((points[near] - low) * scale).astype(np.int64)
        found = np.zeros(len(points), dtype=bool)
        found[near] = np.asarray(stencil)[cells[:, 1], cells[:, 0]]
        return found
