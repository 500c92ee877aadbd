"""The labeled samples of a dataset as a model takes them: arrays of inputs, and targets as class indices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench import tasks
from workbench.core.dataset import ID, LABEL, MEDIA, Dataset
from workbench.core.errors import InputError
from workbench.models.prepared import PREPARATION, arrays
from workbench.transforms import content
from workbench.transforms.custom import FOLDER
from workbench.transforms.preparation import from_json
from workbench.transforms.sample import Sample, draw
from workbench.transforms.step import Step, apply

if TYPE_CHECKING:
    from workbench.models.load import Outputs

#: Decoded inputs stay in memory up to this size; a larger dataset is decoded again in every pass.
MEMORY = 512 * 2**20

Indices = Sequence[int] | NDArray[np.integer[Any]]


class Samples:
    """Samples in the order of the dataset; `targets` are indices into *classes*.

    Those of a training pass through *steps* at random, each epoch another way: the numbers that are drawn belong to
    *seed*, the sample and the epoch, so that a training which goes on draws what it would have drawn.
    """

    def __init__(
        self,
        data: Dataset,
        *,
        task: str,
        classes: Sequence[str],
        settings: Mapping[str, Any],
        memory: int = MEMORY,
        steps: Sequence[Step] = (),
        seed: int = 0,
    ) -> None:
        self._task, self._settings = tasks.learnable(task), settings
        rows = data.rows([ID, LABEL, *self._task.made_of])
        index = {name: i for i, name in enumerate(classes)}
        self.ids = [str(row[ID]) for row in rows]
        self.targets: NDArray[np.int64] = np.array([index[row[LABEL]] for row in rows], np.int64)
        self.data, self._rows = data, rows
        told = settings.get(PREPARATION)
        self._preparation = from_json(told, code=data.ws.root / FOLDER) if told else None
        self._steps, self._seed = tuple(steps), seed
        self._memory = memory
        self._kept: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def inputs(self, indices: Indices, *, epoch: int = 0) -> NDArray[np.float32]:
        """Return the inputs of these samples, as *epoch* changes them; 0 is as they are.

        Raises `InputError` that names a sample which cannot be read.
        """
        if epoch and self._steps:
            return self._changed(indices, epoch)
        if "inputs" not in self._kept:
            fits = len(self) > 0 and self._decode([0]).nbytes * len(self) <= self._memory
            self._kept["inputs"] = self._decode(range(len(self))) if fits else None
        kept: NDArray[np.float32] | None = self._kept["inputs"]
        return self._decode(indices) if kept is None else kept[np.asarray(indices)]

    def outputs(self, run: Outputs, *, size: int = 64) -> NDArray[np.float32]:
        """Return what *run* makes of every sample, in order, *size* at a time."""
        parts = [run(self.inputs(range(i, min(i + size, len(self))))) for i in range(0, len(self), size)]
        return np.concatenate(parts)

    def _changed(self, indices: Indices, epoch: int) -> NDArray[np.float32]:
        modality = self._task.modality
        if "contents" not in self._kept:
            first = content.opened(modality, self._read(0))
            fits = getattr(first, "nbytes", 0) * len(self) <= self._memory
            self._kept["contents"] = [content.opened(modality, self._read(i)) for i in range(len(self))] if fits else None
        kept = self._kept["contents"]
        made = []
        for index in map(int, indices):
            sample = Sample(content.opened(modality, self._read(index)) if kept is None else kept[index])
            random = draw(self._seed, self.ids[index], epoch)
            made.append(content.closed(modality, apply(self._steps, sample, random).content))
        return arrays(self._task, made, self._settings, self._preparation)

    def _decode(self, indices: Indices) -> NDArray[np.float32]:
        return arrays(self._task, [self._read(int(i)) for i in indices], self._settings, self._preparation)

    def _read(self, index: int) -> Any:
        row = self._rows[index]
        try:
            own = self._task.made_of
            return self._task.read(self.data.media(row) if MEDIA in own else row[own[0]])
        except InputError as exc:
            raise InputError(f"Sample {self.ids[index]} of {self.data.ref}: {exc.message}", hint=exc.hint) from exc


def known(data: Dataset, classes: Sequence[str], *, of: str) -> Dataset:
    """Return the labeled rows of *data*; raise `InputError` when there is none, or a label that *of* does not know."""
    found = data.labeled()
    strange = sorted({str(label) for label in found.labels()} - set(classes))
    if strange:
        raise InputError(
            f"{data.name}@{data.version} has labels that {of} does not know: {', '.join(map(repr, strange[:8]))}.",
            hint=f"Known: {', '.join(map(repr, list(classes)[:8]))}.",
        )
    return found
