"""What a training learns from its data before the first step, and every later use of the model applies again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from workbench import tasks
from workbench.core.dataset import Dataset
from workbench.core.errors import NotFoundError, not_found
from workbench.core.files import read_json
from workbench.core.recipe import Recipe
from workbench.core.workspace import Workspace
from workbench.models.prepared import PREPARATION
from workbench.models.samples import Samples
from workbench.transforms.custom import FOLDER
from workbench.transforms.preparation import from_json
from workbench.transforms.step import Step, read_all

#: So many samples tell the mean and the deviation of a channel well enough.
_ENOUGH = 2000


def settings_of(recipe: Recipe, data: Dataset, classes: tuple[str, ...], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return *settings* of a network with the recipe's preparation, and with the statistics of the training data."""
    made = dict(settings)
    if recipe.prepare:
        made[PREPARATION] = preparation(data.ws, recipe)
    if recipe.standardize:
        plain = Samples(data, task=recipe.task, classes=classes, settings={**made, "mean": 0.0, "std": 1.0})
        places = np.linspace(0, len(plain) - 1, min(len(plain), _ENOUGH)).astype(int)
        values = plain.inputs(places)
        axes = (0, *range(2, values.ndim))
        made["mean"] = [float(x) for x in values.mean(axis=axes, dtype=np.float64)]
        made["std"] = [float(x) or 1.0 for x in values.std(axis=axes, dtype=np.float64)]
    return made


def steps_of(recipe: Recipe, modality: str) -> tuple[Step, ...]:
    """Return the steps that change training samples at random."""
    return read_all(recipe.augment, modality=modality) if recipe.augment else ()


def preparation(ws: Workspace, recipe: Recipe) -> dict[str, Any]:
    """Return the preparation that the recipe names, such as `preparation:9f3c01ab77de`.

    Raises `NotFoundError` when there is none, `InputError` when it is for data of another kind.
    """
    try:
        key = ws.blobs.find(recipe.prepare.removeprefix("preparation:"))
    except NotFoundError as exc:
        raise not_found("preparation", recipe.prepare, None, hint="Fit one: wb.prepare(train, steps).ref.") from exc
    found: dict[str, Any] = read_json(ws.blobs.path(key))
    from_json(found, code=ws.root / FOLDER).check(tasks.task(recipe.task).modality, recipe.prepare)
    return found
