"""From decoded items to a model's inputs, by the preparation that was fitted on its training data: the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.task import Learnable
from workbench.transforms import content
from workbench.transforms.preparation import Preparation

#: Under this name the settings of a bundle hold its preparation.
PREPARATION = "preparation"


def arrays(
    task: Learnable, items: Sequence[Any], settings: Mapping[str, Any], preparation: Preparation | None
) -> NDArray[np.float32]:
    """Return decoded items, prepared, as one array; its first axis is the batch."""
    if preparation is not None:
        contents = preparation.contents([content.opened(task.modality, item) for item in items])
        items = [content.closed(task.modality, made) for made in contents]
    array: NDArray[np.float32] = task.inputs(items, settings=settings)
    return array
