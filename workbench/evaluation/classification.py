"""What there is to tell of a classifier: its confusion matrix, each class, and the mistakes it was surest of."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.models.samples import Samples
from workbench.ops.metrics import confusion, per_class, softmax

#: So many mistakes are told, the surest first: they are wrong labels as often as wrong predictions.
N_MISTAKES = 20


def details(outputs: NDArray[np.float32], samples: Samples, classes: tuple[str, ...]) -> dict[str, Any]:
    """Return `classes`, `confusion` (truth by guess), `per_class` and `mistakes` (id, label, prediction, score)."""
    probabilities = softmax(outputs)
    guess, truth = probabilities.argmax(axis=1), samples.targets
    counts = confusion(truth, guess, len(classes))
    table = per_class(counts)
    wrong = np.flatnonzero(guess != truth)
    surest = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][:N_MISTAKES]
    return {
        "classes": list(classes),
        "confusion": counts.tolist(),
        "per_class": [
            {"label": name, **{column: float(values[i]) for column, values in table.items()}} for i, name in enumerate(classes)
        ],
        "mistakes": [
            {
                "id": samples.ids[i],
                "label": classes[truth[i]],
                "prediction": classes[guess[i]],
                "score": float(probabilities[i].max()),
            }
            for i in surest
        ],
    }
