"""The verb `evaluate`: how good a model is on labeled data that it has not seen."""

from __future__ import annotations

import json

from workbench.core.dataset import Dataset
from workbench.core.errors import InputError
from workbench.core.model import Model
from workbench.core.report import Report, record


def evaluate(model: Model, data: Dataset, *, allow_seen: bool = False) -> Report:
    """Return the scores of *model* on the labeled rows of *data*, each with a 95 % interval in `details`.

    Raises:
        InputError: there are no labels, or some that the model does not know; or the model was trained on some of the
            samples, which makes its scores too good: *allow_seen* reports them nevertheless, with their number.
    """
    from workbench.evaluation.measure import measure  # numpy and the runtime, when something is measured

    data = data.labeled()
    seen = n_seen(model, data)
    if seen and not allow_seen:
        raise InputError(
            f"{model.ref} was trained on {seen} of the {len(data)} samples of {data.ref}.",
            hint="Evaluate on samples that it has not seen, or say allow_seen=True.",
            n_seen=seen,
        )
    scores, details = measure(model, data)
    details |= {"n_items": len(data), "n_seen": seen}
    return record(data.ws, "evaluate", subject=model.ref, data=data.ref, scores=scores, details=details)


def n_seen(model: Model, data: Dataset) -> int:
    """Return how many samples of *data* the model was trained on."""
    key = str(model.facts.get("seen", ""))
    if not key:
        return 0
    seen = json.loads(model.ws.blobs.path(key).read_text(encoding="utf-8"))
    return len(set(seen) & set(data.ids()))
