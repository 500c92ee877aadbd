"""The action `predict`: what a registered model says of some items, in this process."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.model import Model, Prediction

if TYPE_CHECKING:
    from workbench.models.load import Predictor

#: Loaded models by path and digest, the one used last at the end; a notebook asks the same few again and again.
_loaded: dict[tuple[str, str], Predictor] = {}
_KEPT = 4
_lock = threading.Lock()


def predict(model: Model, items: Sequence[Any]) -> list[Prediction]:
    """Return a prediction per item; an item is a path, encoded bytes, or what the task takes (a PIL image)."""
    one = isinstance(items, str | bytes | Path)  # a lone path or upload is a sequence too, of the wrong things
    return loaded(model).predict([items] if one else list(items))


def loaded(model: Model) -> Predictor:
    """Return the predictor of *model*, from this process's few loaded ones when it is among them."""
    from workbench.models.load import load  # numpy is loaded when something is predicted

    key = (str(model.path), model.digest)
    with _lock:
        predictor = _loaded.pop(key, None) or load(model.path)
        _loaded[key] = predictor
        while len(_loaded) > _KEPT:
            del _loaded[next(iter(_loaded))]
    return predictor
