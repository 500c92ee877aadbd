"""The map by neighbors, which needs scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.ops.projection import neighborly


@pytest.mark.slow
def test_groups_that_overlap_in_every_main_direction_lie_apart_on_the_map_by_neighbors() -> None:
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(5)
    kinds = np.arange(1800) % 6
    rows = (rng.normal(size=(1800, 20)) + 12 * np.eye(20)[kinds]).astype(np.float32)
    rows[7] = np.nan
    placed = neighborly(rows[::5], np.array_split(rows, 4))
    assert np.isnan(placed[7]).all()
    known = np.delete(np.arange(1800), 7)
    away = np.linalg.norm(placed[known][:, None] - placed[known][None, :60], axis=2)
    np.fill_diagonal(away, np.inf)
    assert (kinds[known][away.argmin(axis=0)] == kinds[known][:60]).mean() > 0.95, "the nearest on the map is of the same kind"
    assert np.array_equal(placed, neighborly(rows[::5], np.array_split(rows, 4)), equal_nan=True)
