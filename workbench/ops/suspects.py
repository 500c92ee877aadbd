"""Which labels to doubt: what the other items say of each, without asking the item itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.ops.vectors import Places, Vectors

Probabilities = NDArray[np.float64]


def out_of_sample(
    vectors: Vectors, near: Places, cosines: Vectors, targets: NDArray[np.int64], n_classes: int, *, ridge: float = 1.0
) -> Probabilities:
    """Return for each row the probability of each class as the other rows tell it, (n, classes).

    The mean of two that need no training again per row: the labels of the nearest others, weighted by likeness, and a
    linear classifier by least squares, each row left out in closed form (Allen, 1974: the PRESS residual).
    """
    return (_by_neighbours(near, cosines, targets, n_classes) + _by_line(vectors, targets, n_classes, ridge)) / 2


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


def _by_neighbours(near: Places, cosines: Vectors, targets: NDArray[np.int64], n_classes: int) -> Probabilities:
    weights = np.exp(10.0 * (cosines - cosines[:, :1])).astype(np.float64)
    votes = np.zeros((len(targets), n_classes))
    for place in range(near.shape[1]):
        np.add.at(votes, (np.arange(len(targets)), targets[near[:, place]]), weights[:, place])
    # Half a vote spread over the classes: ten neighbours that agree are still no certainty.
    return np.asarray((votes + 0.5 / n_classes) / (votes.sum(axis=1, keepdims=True) + 0.5))


def _by_line(vectors: Vectors, targets: NDArray[np.int64], n_classes: int, ridge: float) -> Probabilities:
    rows = np.concatenate([vectors, np.ones((len(vectors), 1), np.float32)], axis=1)
    gram = (rows.T @ rows).astype(np.float64)
    # In proportion to the vectors' own spread, so that one setting fits 8 numbers and 768.
    gram[np.diag_indices_from(gram)] += ridge * np.trace(gram) / len(gram) * 0.1
    wanted = np.eye(n_classes)[targets]
    solved = np.linalg.solve(gram, np.concatenate([rows.T @ wanted, np.eye(len(gram))], axis=1))
    weights, inverse = solved[:, :n_classes].astype(np.float32), solved[:, n_classes:].astype(np.float32)
    leverage = np.einsum("ij,ij->i", rows @ inverse, rows).astype(np.float64)
    said = wanted - (wanted - rows @ weights) / np.maximum(1 - leverage, 1e-3)[:, None]
    raised = np.exp(4.0 * (said - said.max(axis=1, keepdims=True)))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
