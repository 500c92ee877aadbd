"""Scores of a classifier from class indices: confusion matrix, accuracy, precision, recall, F1 and their uncertainty."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


def confusion(truth: ArrayLike, guess: ArrayLike, n_classes: int) -> Counts:
    """Return how often class i (row) was taken for class j (column), as an `n_classes` x `n_classes` matrix.

    >>> confusion([0, 0, 1], [0, 1, 1], 2).tolist()
    [[1, 1], [0, 1]]
    """
    cells = np.asarray(truth, dtype=np.int64) * n_classes + np.asarray(guess, dtype=np.int64)
    return np.bincount(cells, minlength=n_classes * n_classes).reshape(n_classes, n_classes).astype(np.int64)


def per_class(counts: Counts) -> dict[str, Floats]:
    """Return precision, recall, F1 and support of each class; a class that never occurs scores 0."""
    hits = np.diag(counts).astype(np.float64)
    guessed, support = counts.sum(axis=0), counts.sum(axis=1)
    return {
        "precision": _ratio(hits, guessed),
        "recall": _ratio(hits, support),
        "f1": _ratio(2 * hits, guessed + support),
        "support": support.astype(np.float64),
    }


def scores(counts: Counts) -> dict[str, float]:
    """Return accuracy and the macro means, over the classes that occur in truth or guess, of F1, precision and recall."""
    occurs = (counts.sum(axis=0) + counts.sum(axis=1)) > 0
    table = per_class(counts)
    macro = {name: float(table[name][occurs].mean()) if occurs.any() else 0.0 for name in ("f1", "precision", "recall")}
    total = int(counts.sum())
    return {"accuracy": float(np.trace(counts) / total) if total else 0.0, **macro}


def bootstrap(
    score: Callable[[NDArray[np.intp]], Mapping[str, float]],
    n_items: int,
    *,
    n_rounds: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """Return a percentile interval for each score; *score* gets the indices of a resample (Efron, 1979).

    >>> bootstrap(lambda picked: {"mean": float(picked.mean())}, 1)
    {'mean': (0.0, 0.0)}
    """
    random = np.random.default_rng(seed)
    rounds = [score(random.integers(0, n_items, n_items)) for _ in range(n_rounds)]
    tail = (1 - level) / 2
    return {name: _interval([r[name] for r in rounds], tail) for name in rounds[0]}


def softmax(outputs: ArrayLike) -> Floats:
    """Return each row as probabilities; the row's maximum is taken off first, so that nothing overflows.

    >>> softmax([[0.0, 0.0]]).tolist()
    [[0.5, 0.5]]
    """
    rows = np.asarray(outputs, dtype=np.float64)
    raised = np.exp(rows - rows.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def histogram(values: ArrayLike, *, bins: int = 20) -> list[int]:
    """Return how many values in [0, 1] fall into each of *bins* equal parts."""
    return [int(n) for n in np.histogram(np.asarray(values, dtype=np.float64), bins=bins, range=(0.0, 1.0))[0]]


def _ratio(part: NDArray[np.generic], whole: NDArray[np.generic]) -> Floats:
    part_f, whole_f = part.astype(np.float64), whole.astype(np.float64)
    return np.divide(part_f, whole_f, out=np.zeros_like(part_f), where=whole_f > 0)


def _interval(values: list[float], tail: float) -> tuple[float, float]:
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
