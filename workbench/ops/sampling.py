"""Which of many items are worth a person's time: those that a model is unsure of, and those that are like no other."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]
#: So many distances exist at a time; and from so many rows are representatives chosen.
_BLOCK, _FEW = 2**24, 2**12


def farthest_points(points: Vectors, n: int, *, seed: int, taken: Vectors | None = None) -> list[int]:
    """Return *n* rows of *points* (rows x features), each as far as possible from those before it and from *taken*.

    Gonzalez (1985): greedy k-center, at most twice the best radius; with what is labeled as *taken*, the core-set of Sener
    and Savarese (2018). Raises `ValueError` when *n* exceeds the rows.

    >>> sorted(farthest_points(np.array([[0.0], [0.1], [5.0], [9.0]], dtype=np.float32), 3, seed=0))[1:]
    [2, 3]
    """
    if not 0 < n <= len(points):
        raise ValueError(f"Cannot choose {n} of {len(points)} points.")
    squares = np.square(points).sum(axis=1)
    if taken is None or not len(taken):
        chosen = [int(np.random.default_rng(seed).integers(len(points)))]
        distance = _from_one(points, squares, chosen[0])
    else:
        chosen, distance = [], _to_nearest(points, taken)
    while len(chosen) < n:
        following = int(distance.argmax())
        chosen.append(following)
        distance = np.minimum(distance, _from_one(points, squares, following))
        distance[chosen] = -1.0  # copies of what is chosen are as near, and still to be had
    return chosen


def representatives(
    points: Vectors, n: int, *, seed: int, taken: Vectors | None = None, weights: ArrayLike | None = None
) -> list[int]:
    """Return *n* rows that stand for all *points* as well as they can, the one that stands for most first.

    Greedy facility location (Wei et al., 2015): each row is stood for by the chosen or *taken* row that is most like it,
    and the next is the one that betters this most. Rows have length 1 and count by their *weights*, alike without. Of
    more than some thousand, the heaviest are chosen from, and a sample is stood for.
    """
    if not 0 < n <= len(points):
        raise ValueError(f"Cannot choose {n} of {len(points)} points.")
    weight = np.ones(len(points)) if weights is None else np.asarray(weights, np.float64)
    drawn = np.random.default_rng(seed).permutation(len(points))
    open_ = drawn[np.argsort(-weight[drawn], kind="stable")[: max(n, _FEW)]]
    crowd = drawn[: max(1, _BLOCK // len(open_))]
    likeness = points[open_] @ points[crowd].T
    best: Vectors = np.zeros(len(crowd), np.float32)
    if taken is not None and len(taken):
        best = np.maximum(_nearest_cosine(points[crowd], taken), 0)
    return [int(open_[i]) for i in _greedy(likeness, best, weight[crowd].astype(np.float32), n)]


def _greedy(likeness: Vectors, best: Vectors, weight: Vectors, n: int) -> list[int]:
    """Return the *n* rows that each better *best* most. What a row betters only shrinks, so few are computed anew.

    Lazy evaluation (Minoux, 1978).
    """
    gains = [(-float(weight @ np.maximum(row - best, 0)), i) for i, row in enumerate(likeness)]
    heapq.heapify(gains)
    chosen: list[int] = []
    while len(chosen) < n:
        _, i = heapq.heappop(gains)
        now = (-float(weight @ np.maximum(likeness[i] - best, 0)), i)
        if gains and now > gains[0]:
            heapq.heappush(gains, now)
        else:
            chosen.append(i)
            best = np.maximum(best, likeness[i])
    return chosen


def uncertainty(probabilities: ArrayLike) -> Floats:
    """Return 1 less the probability of the likeliest class of each row (Lewis and Gale, 1994).

    >>> uncertainty([[0.5, 0.5], [1.0, 0.0]]).tolist()
    [0.5, 0.0]
    """
    return np.asarray(1 - np.asarray(probabilities, np.float64).max(axis=1))


def narrowness(probabilities: ArrayLike) -> Floats:
    """Return how near the second likeliest class of each row is to the likeliest (Scheffer et al., 2001): 1 is a tie.

    >>> narrowness([[0.5, 0.5, 0.0], [0.75, 0.0, 0.25]]).tolist()
    [1.0, 0.5]
    """
    ranked = np.sort(np.asarray(probabilities, np.float64), axis=1)
    return np.asarray(1 - (ranked[:, -1] - ranked[:, -2]))


def disagreement(committee: ArrayLike) -> Floats:
    """Return how split the votes of a committee (members x rows x classes) are: 1 is a tie of the two most voted classes.

    Query by bagging (Abe and Mamitsuka, 1998). Of rows with the same votes, those go first whose mean probabilities are
    nearer to a tie. The divergence of the members' probabilities, the other usual measure, finds what is odd rather than
    what is unclear: on digits it needs more labels than a draw.

    >>> disagreement([[[1.0, 0.0], [0.9, 0.1]], [[0.0, 1.0], [0.8, 0.2]]]).round(2).tolist()
    [1.0, 0.0]
    """
    members = np.asarray(committee, np.float64)
    votes = (members == members.max(axis=-1, keepdims=True)).mean(axis=0)
    return narrowness(0.999 * votes + 0.001 * members.mean(axis=0))


def sets(marks: ArrayLike) -> Floats:
    """Return the probabilities of the likeliest and the second likeliest set of classes, given that of each class.

    Classes are taken as independent, so that the second set differs in the class that is nearest to one half.

    >>> sets([[0.9, 0.5], [1.0, 0.75]]).tolist()
    [[0.45, 0.45], [0.75, 0.25]]
    """
    share = np.asarray(marks, np.float64)
    surest = np.maximum(share, 1 - share)
    first, least = surest.prod(axis=1), surest.min(axis=1)
    return np.stack([first, first / least * (1 - least)], axis=1)


def most(values: ArrayLike, n: int) -> list[int]:
    """Return the places of the *n* largest values, the largest first; equal ones in their order."""
    return [int(i) for i in np.argsort(-np.asarray(values), kind="stable")[:n]]


def _from_one(points: Vectors, squares: Vectors, place: int) -> Vectors:
    return np.asarray(squares + squares[place] - 2 * (points @ points[place]), np.float32)


def _to_nearest(points: Vectors, others: Vectors) -> Vectors:
    """Return the squared distance of each point to the nearest of *others*, a block of points at a time."""
    found, squares = np.empty(len(points), np.float32), np.square(others).sum(axis=1)
    step = max(1, _BLOCK // len(others))
    for start in range(0, len(points), step):
        part = points[start : start + step]
        found[start : start + step] = (squares - 2 * part @ others.T).min(axis=1) + np.square(part).sum(axis=1)
    return np.maximum(found, 0)


def _nearest_cosine(points: Vectors, others: Vectors) -> Vectors:
    step = max(1, _BLOCK // len(others))
    parts = [(points[i : i + step] @ others.T).max(axis=1) for i in range(0, len(points), step)]
    return np.asarray(np.concatenate(parts), np.float32)
