"""Choosing points of a cloud."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def farthest_points(points: NDArray[np.float32], n: int, *, seed: int) -> list[int]:
    """Return *n* rows of *points* (rows x features), each as far as possible from those before it.

    Gonzalez (1985): greedy k-center, at most twice the best radius. Raises `ValueError` when *n* exceeds the rows.

    >>> sorted(farthest_points(np.array([[0.0], [0.1], [5.0], [9.0]], dtype=np.float32), 3, seed=0))[1:]
    [2, 3]
    """
    if not 0 < n <= len(points):
        raise ValueError(f"Cannot choose {n} of {len(points)} points.")
    first = int(np.random.default_rng(seed).integers(len(points)))
    chosen = [first]
    distance = np.square(points - points[first]).sum(axis=1)
    while len(chosen) < n:
        following = int(distance.argmax())
        chosen.append(following)
        distance = np.minimum(distance, np.square(points - points[following]).sum(axis=1))
    return chosen
