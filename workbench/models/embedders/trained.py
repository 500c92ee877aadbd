"""A model of the workbench as an embedder: what it sees just before it decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench import tasks
from workbench.core.model import Model
from workbench.models import bundle
from workbench.models.load import RUNTIMES
from workbench.ops.vectors import unit

Array = NDArray[np.float32]


class Trained:
    """The inputs of the head of a network on PyTorch; of other runtimes, the outputs, centered."""

    small = False

    def __init__(self, model: Model) -> None:
        self._spec = bundle.read(model.path)
        self._task = tasks.learnable(self._spec.task)
        self.takes = frozenset({self._task.modality})
        if self._spec.runtime == "torch":
            self._run = _before_head(model, self._spec)
        else:
            self._run = RUNTIMES[self._spec.runtime](model.path, self._spec, 1)

    def vectors(self, modality: str, items: Sequence[Any]) -> Array:  # noqa: ARG002  # it takes one
        """Return a row of length 1 per item."""
        found = self._run(self._task.inputs(list(items), settings=self._spec.settings))
        return unit(found if self._spec.runtime == "torch" else found - found.mean(axis=1, keepdims=True))


def _before_head(model: Model, spec: bundle.Spec) -> Any:
    import torch

    from workbench.models.torch_runtime import restore

    network = restore(model.path, spec)
    seen: list[Any] = []
    network.head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))

    def run(array: Array) -> Array:
        seen.clear()
        with torch.inference_mode():
            network(torch.from_numpy(array))
        return np.asarray(seen[-1].flatten(1).numpy(), np.float32)

    return run
