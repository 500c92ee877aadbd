"""Which labels to doubt: what the other items say of each, without asking the item itself."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from workbench.ops.vectors import Places, Vectors

Probabilities = NDArray[np.float64]

_BLOCK = 8192


def out_of_sample(
    vectors: Vectors, near: Places, cosines: Vectors, targets: NDArray[np.int64], n_classes: int, *, ridge: float = 1.0
) -> Probabilities:
    """Return for each row the probability of each class as the other rows tell it, (n, classes).

    The mean of two that need no training again per row: the labels of the nearest others, weighted by likeness, and a
    linear classifier by least squares, each row left out in closed form (Allen, 1974: the PRESS residual).
    """
    said = _by_neighbours(near, cosines, targets, n_classes)
    for part, told in _by_line(vectors, targets, n_classes, ridge):
        said[part] += told
    said /= 2
    return said


def doubtful(targets: NDArray[np.int64], said: Probabilities) -> NDArray[np.bool_]:
    """Return which labels are probably wrong: confident learning, pruned by noise rate.

    Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels", 2021. A row counts for the
    class that it reaches the usual confidence of; from these counts follows how many rows of each class belong to each
    other one, and those that look most like it are taken. Cleanlab's way, which a test compares it with.
    """
    n_classes = said.shape[1]
    counts = np.bincount(targets, minlength=n_classes)
    usual = np.array([said[targets == k, k].mean() if counts[k] else 1.0 for k in range(n_classes)])
    confident = said >= usual - 1e-6
    some = confident.any(axis=1)
    best = np.where(confident.sum(axis=1) > 1, said.argmax(axis=1), confident.argmax(axis=1))
    joint = np.zeros((n_classes, n_classes))
    np.add.at(joint, (targets[some], best[some]), 1.0)
    joint[np.diag_indices(n_classes)] = np.maximum(joint.diagonal(), 1.0)
    joint *= (counts / joint.sum(axis=1))[:, None]
    found = np.zeros(len(targets), bool)
    for given in range(n_classes):
        rows = np.flatnonzero(targets == given)
        for other in range(n_classes):
            n = round(joint[given, other])
            if other != given and n:
                margin = said[rows, other] - said[rows, given]
                found[rows[np.argsort(-margin, kind="stable")[:n]]] = True
    return np.asarray(found & (said.argmax(axis=1) != targets))


def tells(targets: NDArray[np.int64], said: Probabilities, *, least: float = 0.2) -> bool:
    """Return whether the others name the class of a row clearly better than a guess does, the classes counting alike.

    0 is what guessing reaches and 1 a name that is always right; where nothing is known, what is said of a row left out
    is the other class, and doubting labels by that would be worse than chance.
    """
    counts = np.bincount(targets, minlength=said.shape[1])
    right = np.bincount(targets[said.argmax(axis=1) == targets], minlength=said.shape[1])
    guess = 1 / said.shape[1]
    return bool((right[counts > 0] / counts[counts > 0]).mean() >= guess + least * (1 - guess))


def _by_neighbours(near: Places, cosines: Vectors, targets: NDArray[np.int64], n_classes: int) -> Probabilities:
    weights = np.exp(10.0 * (cosines - cosines[:, :1])).astype(np.float64)
    votes = np.zeros((len(targets), n_classes))
    for place in range(near.shape[1]):
        np.add.at(votes, (np.arange(len(targets)), targets[near[:, place]]), weights[:, place])
    # Half a vote spread over the classes: ten neighbours that agree are still no certainty.
    votes += 0.5 / n_classes
    votes /= votes.sum(axis=1, keepdims=True)
    return votes


def _by_line(
    vectors: Vectors, targets: NDArray[np.int64], n_classes: int, ridge: float
) -> Iterator[tuple[slice, Probabilities]]:
    """Yield probabilities, some thousand rows at a time: what is held beside them does not grow with the rows."""
    size = vectors.shape[1] + 1
    gram, wanted = np.zeros((size, size)), np.zeros((size, n_classes))
    for part, rows in _blocks(vectors):
        gram += rows.T @ rows
        np.add.at(wanted.T, targets[part], rows)
    # In proportion to the vectors' own spread, so that one setting fits 8 numbers and 768.
    gram[np.diag_indices_from(gram)] += ridge * np.trace(gram) / size * 0.1
    solved = np.linalg.solve(gram, np.concatenate([wanted, np.eye(size)], axis=1))
    weights, inverse = solved[:, :n_classes].astype(np.float32), solved[:, n_classes:].astype(np.float32)
    for part, rows in _blocks(vectors):
        leverage = np.einsum("ij,ij->i", rows @ inverse, rows).astype(np.float64)
        own = np.eye(n_classes)[targets[part]]
        said = own - (own - rows @ weights) / np.maximum(1 - leverage, 1e-3)[:, None]
        raised = np.exp(4.0 * (said - said.max(axis=1, keepdims=True)))
        yield part, raised / raised.sum(axis=1, keepdims=True)


def _blocks(vectors: Vectors) -> Iterator[tuple[slice, Vectors]]:
    """Yield some rows at a time, each with a 1 at its end."""
    for start in range(0, len(vectors), _BLOCK):
        rows = vectors[start : start + _BLOCK]
        yield slice(start, start + _BLOCK), np.concatenate([rows, np.ones((len(rows), 1), np.float32)], axis=1)
