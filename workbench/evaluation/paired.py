"""Comparing two models on the same samples: what only one of them gets right decides."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench import tasks
from workbench.core.dataset import Dataset
from workbench.core.model import Model
from workbench.models.predict import loaded
from workbench.models.samples import Samples, known
from workbench.ops.metrics import bootstrap
from workbench.ops.significance import mcnemar

_ROUNDS = 1000


def compare(model: Model, champion: Model, data: Dataset, *, level: float) -> tuple[dict[str, float], dict[str, Any]]:
    """Return the scores (`score`, `champion`, `difference`, `is_better`) and details of a paired comparison."""
    classes = model.classes
    (ours, targets), (theirs, _) = (_outputs(each, data, classes) for each in (model, champion))
    task = tasks.learnable(model.task)

    def score(picked: NDArray[np.intp]) -> dict[str, float]:
        one, other = (dict(task.metrics(outputs[picked], targets[picked], classes)) for outputs in (ours, theirs))
        return {name: one[name] - other[name] for name in one}

    everything = np.arange(len(targets))
    intervals = bootstrap(score, len(targets), n_rounds=_ROUNDS, level=1 - level)
    right, right_too = (outputs.argmax(axis=1) == targets for outputs in (ours, theirs))
    gained, lost = int((right & ~right_too).sum()), int((right_too & ~right).sum())
    p = mcnemar(gained, lost)
    is_better = gained > lost and p < level
    difference = score(everything)
    scores = {
        "score": float(right.mean()),
        "champion": float(right_too.mean()),
        "difference": float(right.mean() - right_too.mean()),
        "is_better": float(is_better),
    }
    details = {
        "champion": champion.ref,
        "p": p,
        "level": level,
        "is_better": is_better,
        "gained": gained,
        "lost": lost,
        "n_items": len(targets),
        "differences": difference,
        "intervals": {name: list(ends) for name, ends in intervals.items()},
        "says": _says(model, champion, gained, lost, p=p, level=level),
    }
    return scores, details


def _outputs(model: Model, data: Dataset, classes: tuple[str, ...]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return a model's outputs and the targets, both in the order of *classes*."""
    predictor = loaded(model)
    spec = predictor.spec
    samples = Samples(known(data, spec.classes, of=model.ref), task=spec.task, classes=spec.classes, settings=spec.settings)
    order = [spec.classes.index(name) for name in classes]
    place = np.argsort(order)
    return samples.outputs(predictor.outputs)[:, order], place[samples.targets]


def _says(model: Model, champion: Model, gained: int, lost: int, *, p: float, level: float) -> str:
    counts = f"it alone is right on {gained} samples, {champion.ref} alone on {lost} (p = {p:.3g})"
    if p >= level:
        return f"{model.ref} is not shown to be better than {champion.ref}: {counts}, less than {level:g} is needed."
    return f"{model.ref} is {'better' if gained > lost else 'worse'} than {champion.ref}: {counts}."
