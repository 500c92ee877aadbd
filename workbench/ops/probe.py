"""A model for in between: logistic regression on the vectors of items, learned from a few labels in a blink."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.need import need
from workbench.ops import sampling

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]
#: The name of a class, or the names of several.
Label = str | frozenset[str]

#: How freely it fits, for vectors of variance 1. Of 0.3 to 100, 3 to 30 are best on digits and on texts, and alike.
_C, _ROUNDS = 10.0, 200


class Probe:
    """What can be told of items by their vectors; `classes` are sorted."""

    def __init__(self, vectors: Vectors, labels: Sequence[str]) -> None:
        self.classes = sorted(set(labels))
        self._model: Any = None
        if len(self.classes) > 1:
            linear = need("sklearn.linear_model", extra="train", use="Learning from vectors")
            freedom = _C / max(float(vectors.var(axis=0).sum()), 1e-6)
            self._model = linear.LogisticRegression(C=freedom, max_iter=_ROUNDS, tol=1e-3).fit(vectors, labels)

    def probabilities(self, vectors: Vectors) -> Floats:
        """Return the probability of each class, rows x classes; what has seen one class only is sure of it."""
        if self._model is None:
            return np.ones((len(vectors), 1))
        return np.asarray(self._model.predict_proba(vectors))

    def says(self, vectors: Vectors) -> list[Label]:
        """Return the likeliest label of each row."""
        return [self.classes[i] for i in self.probabilities(vectors).argmax(axis=1)]


class SetProbe:
    """The same for items of any number of classes: one regression a class, this or not."""

    def __init__(self, vectors: Vectors, labels: Sequence[frozenset[str]]) -> None:
        self.classes = sorted(frozenset[str]().union(*labels))
        self._each = [Probe(vectors, ["yes" if name in told else "no" for told in labels]) for name in self.classes]

    def marks(self, vectors: Vectors) -> Floats:
        """Return the probability that a class is among those of a row, rows x classes."""
        return np.stack([each.probabilities(vectors)[:, -1] for each in self._each], axis=1)

    def probabilities(self, vectors: Vectors) -> Floats:
        """Return the probabilities of the likeliest two sets of classes, rows x 2."""
        return sampling.sets(self.marks(vectors))

    def says(self, vectors: Vectors) -> list[Label]:
        """Return the likeliest set of classes of each row."""
        return [frozenset(self.classes[i] for i in np.flatnonzero(row > 0.5)) for row in self.marks(vectors)]


def probe(vectors: Vectors, labels: Sequence[Label]) -> Probe | SetProbe:
    """Return what learned from *labels*, which are all of one kind."""
    several = [label for label in labels if not isinstance(label, str)]
    return SetProbe(vectors, several) if several else Probe(vectors, [str(label) for label in labels])


def disagreement(vectors: Vectors, labels: Sequence[Label], pool: Vectors, *, members: int, seed: int) -> Floats:
    """Return how split a committee is over each row of *pool*; over the class that it is most split over, of several.

    Each member learns from another draw, with repetition, of the same labels (Abe and Mamitsuka, 1998).
    """
    random, said, marks = np.random.default_rng(seed), list[Floats](), list[Floats]()
    for _ in range(members):
        drawn = random.integers(0, len(labels), len(labels))
        missing = _first_of_each(labels, [labels[i] for i in drawn])
        kept = np.concatenate([drawn, np.asarray(missing, np.int64)])  # every class stays known to everyone
        made = probe(vectors[kept], [labels[i] for i in kept])
        if isinstance(made, SetProbe):
            marks.append(made.marks(pool))
        else:
            said.append(made.probabilities(pool))
    if said:
        return sampling.disagreement(said)
    stacked = np.stack(marks)
    both = np.stack([stacked, 1 - stacked], axis=-1)
    return np.asarray(np.max([sampling.disagreement(both[:, :, i]) for i in range(both.shape[2])], axis=0))


def _first_of_each(labels: Sequence[Label], drawn: Sequence[Label]) -> list[int]:
    """Return the place of a label with each class that was not drawn."""
    found: dict[str, int] = {}
    for i, label in enumerate(labels):
        for name in [label] if isinstance(label, str) else label:
            found.setdefault(name, i)
    there = {name for label in drawn for name in ([label] if isinstance(label, str) else label)}
    return sorted({i for name, i in found.items() if name not in there})
