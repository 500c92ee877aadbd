"""Vectors on a plane, for looking at: near ones near each other, as far as a plane allows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from workbench.core.need import need

_LANDMARKS = 1500
_CHUNK = 4096


def spread(sample: Any, parts: Iterable[Any]) -> Any:
    """Return (x, y) per row of all *parts*, scaled to 0 to 1, by the two directions in which *sample* varies most.

    A row with NaN in it gets NaN. Parts are looked at once and not kept.

    >>> rows = np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0]])
    >>> spread(rows, [rows])[:, 0].tolist()
    [0.0, 0.5, 1.0]
    """
    some = np.asarray(_known(sample), dtype=np.float64)
    if len(some) == 0:
        return _placed(parts, lambda rows: np.full((len(rows), 2), np.nan))
    center = some.mean(axis=0)
    _, axes = np.linalg.eigh(np.atleast_2d(np.cov(some - center, rowvar=False)) if len(some) > 1 else np.eye(some.shape[1]))
    main = axes[:, ::-1][:, :2]
    if main.shape[1] < 2:
        main = np.hstack([main, np.zeros((len(main), 1))])
    # The sign of a component is anybody's choice: the same data shall look the same.
    main = (main * np.where(main[np.abs(main).argmax(axis=0), [0, 1]] < 0, -1, 1)).astype(np.float32)
    return _placed(parts, lambda rows: (rows - center.astype(np.float32)) @ main)


def neighborly(sample: Any, parts: Iterable[Any], *, seed: int = 0) -> Any:
    """Return (x, y) per row of all *parts*, scaled to 0 to 1, so that groups of near rows lie apart (t-SNE).

    At most 1,500 rows of *sample* are laid out; every row lies among the three of them that it is nearest to.
    """
    known = _known(sample)
    marks = np.asarray(known[:: -(-len(known) // _LANDMARKS) or 1], dtype=np.float32)
    if len(marks) < 8:
        return spread(sample, parts)
    manifold = need("sklearn.manifold", extra="train", use="A map by neighbors")
    far = min(30.0, (len(marks) - 1) / 3)
    laid = manifold.TSNE(perplexity=far, init="pca", random_state=seed, n_jobs=1).fit_transform(marks)
    lengths = (marks * marks).sum(axis=1)

    def place(rows: Any) -> Any:
        found = [_among(rows[start : start + _CHUNK], marks, lengths, laid) for start in range(0, len(rows), _CHUNK)]
        return np.concatenate(found) if found else np.zeros((0, 2))

    return _placed(parts, place)


def _among(rows: Any, marks: Any, lengths: Any, laid: Any) -> Any:
    """Return the middle of the three nearest landmarks, the nearer the heavier."""
    away = np.maximum((rows * rows).sum(axis=1)[:, None] + lengths - 2 * rows @ marks.T, 0)
    near = np.argpartition(np.nan_to_num(away, nan=np.inf), 2, axis=1)[:, :3]
    weight = 1 / (np.take_along_axis(away, near, axis=1) + 1e-6)
    return (laid[near] * weight[:, :, None]).sum(axis=1) / weight.sum(axis=1)[:, None]


def _placed(parts: Iterable[Any], place: Callable[[Any], Any]) -> Any:
    """Return the places of all rows, scaled; one far-off row must not press all others into a corner."""
    found = [np.asarray(place(np.asarray(rows, dtype=np.float32)), dtype=np.float32) for rows in parts]
    points = np.concatenate(found) if found else np.zeros((0, 2), dtype=np.float32)
    known = _known(points)
    if len(known) == 0:
        return points
    # The outermost thousandth is put on the edge.
    low, high = np.quantile(known, [0.0005, 0.9995], axis=0)
    size = float(max(high - low)) or 1.0
    return np.clip((points - (low + high) / 2) / size + 0.5, 0, 1).astype(np.float32)


def _known(rows: Any) -> Any:
    return rows[np.isfinite(rows).all(axis=1)]
