"""Loading a model bundle into the runtime that it names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import tasks
from workbench.core.errors import InputError
from workbench.core.model import Prediction
from workbench.core.registry import Registry
from workbench.models import bundle
from workbench.models.prepared import PREPARATION, arrays
from workbench.transforms.custom import folder_above
from workbench.transforms.preparation import Preparation, from_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]
    #: From a batch of inputs to the raw outputs; may be called from several threads at once.
    Outputs = Callable[[Array], Array]

#: How a bundle is run: (folder, spec, threads) to a function from arrays to arrays.
RUNTIMES: Registry[Callable[[Path, bundle.Spec, int], Outputs]] = Registry(
    "runtime",
    {
        "torch": "workbench.models.torch_runtime:start",
        "onnxruntime": "workbench.models.onnx_runtime:start",
        "openvino": "workbench.models.openvino_runtime:start",
    },
)

#: So many items are decoded and computed at once; the rest waits, so that memory does not grow with the request.
CHUNK = 64


@dataclass(frozen=True)
class Predictor:
    """A loaded model; `outputs` takes and returns numpy arrays and may be called from several threads at once."""

    spec: bundle.Spec
    _run: Outputs = field(repr=False)
    preparation: Preparation | None = field(default=None, repr=False)

    def outputs(self, array: Array) -> Array:
        """Return the raw outputs, (n, classes) float32, of inputs as the task makes them."""
        return self._run(array)

    def inputs(self, items: Sequence[Any]) -> Array:
        """Return items (paths, encoded bytes, images) as the array that `outputs` takes."""
        task = tasks.learnable(self.spec.task)
        return self.arrays([task.read(item) for item in items])

    def arrays(self, items: Sequence[Any]) -> Array:
        """Return items that are decoded already as the array that `outputs` takes."""
        return arrays(tasks.learnable(self.spec.task), items, self.spec.settings, self.preparation)

    def predict(self, items: Sequence[Any]) -> list[Prediction]:
        """Return a prediction per item; raise `InputError` for an item that cannot be read."""
        task = tasks.learnable(self.spec.task)
        found: list[Prediction] = []
        for start in range(0, len(items), CHUNK):
            outputs = self.outputs(self.inputs(items[start : start + CHUNK]))
            found += task.predictions(outputs, self.spec.classes)
        return found


def load(path: Path, *, threads: int = 1) -> Predictor:
    """Return the bundle in the folder *path* ready to predict, on *threads* threads, every file checked by its hash.

    Raises:
        InputError: it is no bundle, or it was changed after it was written.
        DependencyError: the package of its runtime is not installed.
    """
    if threads < 1:
        raise InputError(f"`threads` must be at least 1, got {threads!r}.")
    spec = bundle.read(Path(path))
    told = spec.settings.get(PREPARATION)
    preparation = from_json(told, code=folder_above(Path(path))) if told else None
    return Predictor(spec, RUNTIMES[spec.runtime](Path(path), spec, threads), preparation)
