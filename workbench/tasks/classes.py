"""What tasks have in common that models learn to name one class for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from workbench.core.model import Prediction
from workbench.core.task import Learnable
from workbench.ops import metrics as ops
from workbench.tasks.answers import OneOf


class ClassLearner(OneOf, Learnable):
    """Outputs of a model are (batch, classes) before softmax."""

    main_metric: ClassVar[str] = "accuracy"

    def predictions(self, outputs: Any, classes: Sequence[str]) -> list[Prediction]:
        """Return the best class of each row with its probability, and those of all classes."""
        return [
            Prediction(classes[int(row.argmax())], float(row.max()), {c: float(p) for c, p in zip(classes, row, strict=True)})
            for row in ops.softmax(outputs)
        ]

    def metrics(self, outputs: Any, targets: Any, classes: Sequence[str]) -> Mapping[str, float]:
        """Return accuracy and macro F1, precision and recall; *targets* are class indices."""
        return ops.scores(ops.confusion(targets, np.asarray(outputs).argmax(axis=-1), len(classes)))
