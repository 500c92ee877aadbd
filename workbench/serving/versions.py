"""A model loaded in the service's process: warmed, and able to work on a batch in which some items are damaged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from workbench import tasks
from workbench.core.errors import InputError
from workbench.core.model import Prediction
from workbench.core.task import Learnable
from workbench.models.bundle import Spec


class Predictor(Protocol):
    """What the service needs of a loaded model: its spec, arrays from decoded items, and outputs from arrays on any thread."""

    @property
    def spec(self) -> Spec:
        """Return what the bundle says of itself."""

    def arrays(self, items: Sequence[Any]) -> Any:
        """Return decoded items as a batch of inputs."""

    def outputs(self, array: Any) -> Any:
        """Return the raw outputs of a batch of inputs."""


#: From the folder of a bundle to a loaded model that computes on one thread per call.
Load = Callable[[Path], Predictor]


@dataclass(frozen=True, eq=False)
class Version:
    """One loaded model; compared and hashed by identity, because a queue of the batcher belongs to it."""

    ref: str
    predictor: Predictor = field(repr=False)
    task: Learnable = field(repr=False)

    @property
    def spec(self) -> Spec:
        """Return what the bundle says of itself."""
        return self.predictor.spec

    def work(self, items: Sequence[bytes]) -> list[Prediction | InputError]:
        """Return for each encoded item its prediction, or the reason why it cannot be read."""
        results: list[Any] = []
        read: list[Any] = []
        for item in items:
            try:
                read.append(self.task.read(item))
                results.append(None)
            except InputError as exc:
                results.append(exc)
        predictions = iter(self._predict(read) if read else ())
        return [next(predictions) if result is None else result for result in results]

    def warm(self, sizes: Sequence[int]) -> None:
        """Compute a blank batch of each size, so that no caller pays for the first one."""
        for size in sizes:
            self._predict([self.task.blank()] * size)

    def _predict(self, read: Sequence[Any]) -> list[Prediction]:
        outputs = self.predictor.outputs(self.predictor.arrays(read))
        return self.task.predictions(outputs, self.spec.classes)


def load(ref: str, path: Path, loader: Load, *, task: str, sizes: Sequence[int] = (1,)) -> Version:
    """Return the bundle at *path* loaded and warm; raise `InputError` when it is made for another task."""
    predictor = loader(path)
    if predictor.spec.task != task:
        raise InputError(f"{ref} is a model for {predictor.spec.task}; the service answers {task}.")
    version = Version(ref, predictor, tasks.learnable(task))
    version.warm(sizes)
    return version
