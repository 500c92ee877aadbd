"""A model for in between: logistic regression on the vectors of items, learned from a few labels in a blink."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.need import need

Vectors = NDArray[np.float32]
_C, _ROUNDS = 100.0, 200


class Probe:
    """What can be told of items by their vectors; `classes` are sorted."""

    def __init__(self, vectors: Vectors, labels: Sequence[str]) -> None:
        self.classes = sorted(set(labels))
        self._model: Any = None
        if len(self.classes) > 1:
            linear = need("sklearn.linear_model", extra="train", use="Learning from vectors")
            self._model = linear.LogisticRegression(C=_C, max_iter=_ROUNDS, tol=1e-3).fit(vectors, labels)

    def probabilities(self, vectors: Vectors) -> NDArray[np.float64]:
        """Return the probability of each class, rows x classes; what has seen one class only is sure of it."""
        if self._model is None:
            return np.ones((len(vectors), 1))
        return np.asarray(self._model.predict_proba(vectors))

    def says(self, vectors: Vectors) -> list[str]:
        """Return the likeliest label of each row."""
        return [self.classes[i] for i in self.probabilities(vectors).argmax(axis=1)]


def committee(vectors: Vectors, labels: Sequence[str], members: int, *, seed: int) -> list[Probe]:
    """Return probes that each learned from another draw, with repetition, of the same labels (Abe and Mamitsuka, 1998)."""
    random, made = np.random.default_rng(seed), list[Probe]()
    for _ in range(members):
        drawn = random.integers(0, len(labels), len(labels))
        missing = [labels.index(name) for name in sorted(set(labels) - {labels[i] for i in drawn})]
        kept = np.concatenate([drawn, np.asarray(missing, np.int64)])  # every class stays known to everyone
        made.append(Probe(vectors[kept], [labels[i] for i in kept]))
    return made
