"""Measuring a model on labeled data: its outputs, the task's scores with their uncertainty, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench import tasks
from workbench.core.dataset import Dataset
from workbench.core.model import Model
from workbench.core.registry import Registry
from workbench.models.predict import loaded
from workbench.models.samples import Samples, known
from workbench.ops.metrics import bootstrap

Details = dict[str, Any]

#: What there is to tell of a task beyond its scores: (outputs, samples, classes) to details of the report.
DETAILS: Registry[Callable[[NDArray[np.float32], Samples, tuple[str, ...]], Details]] = Registry(
    "details",
    {"image-classification": "workbench.evaluation.classification:details"},
)


def measure(model: Model, data: Dataset) -> tuple[dict[str, float], Details]:
    """Return scores and details; the interval of a score is over resampled items, the model being given."""
    predictor = loaded(model)
    spec = predictor.spec
    samples = Samples(known(data, spec.classes, of=model.ref), task=spec.task, classes=spec.classes, settings=spec.settings)
    outputs = samples.outputs(predictor.outputs)
    task = tasks.learnable(spec.task)

    def score(picked: NDArray[np.intp]) -> dict[str, float]:
        return dict(task.metrics(outputs[picked], samples.targets[picked], spec.classes))

    scores = score(np.arange(len(samples)))
    details: Details = {"intervals": {name: list(ends) for name, ends in bootstrap(score, len(samples)).items()}}
    if spec.task in DETAILS:
        details |= DETAILS[spec.task](outputs, samples, spec.classes)
    return scores, details
