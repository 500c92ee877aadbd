"""The labeled samples of a dataset as a model takes them: arrays of inputs, and targets as class indices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench import tasks
from workbench.core.dataset import ID, LABEL, MEDIA, Dataset
from workbench.core.errors import InputError

if TYPE_CHECKING:
    from workbench.models.load import Outputs

#: Decoded inputs stay in memory up to this size; a larger dataset is decoded again in every pass.
MEMORY = 512 * 2**20


class Samples:
    """Samples in the order of the dataset; `targets` are indices into *classes*."""

    def __init__(
        self, data: Dataset, *, task: str, classes: Sequence[str], settings: Mapping[str, Any], memory: int = MEMORY
    ) -> None:
        rows = data.rows([ID, MEDIA, LABEL])
        index = {name: i for i, name in enumerate(classes)}
        self.ids = [str(row[ID]) for row in rows]
        self.targets: NDArray[np.int64] = np.array([index[row[LABEL]] for row in rows], np.int64)
        self.data, self._rows = data, rows
        self._task, self._settings = tasks.task(task), settings
        self._memory = memory
        self._fits: bool | None = None
        self._kept: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def inputs(self, indices: Sequence[int] | NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Return the inputs of these samples; raise `InputError` that names a sample which cannot be read."""
        if self._fits is None:
            self._fits = len(self) > 0 and self._decode([0]).nbytes * len(self) <= self._memory
            self._kept = self._decode(range(len(self))) if self._fits else None
        return self._decode(indices) if self._kept is None else self._kept[np.asarray(indices)]

    def outputs(self, run: Outputs, *, size: int = 64) -> NDArray[np.float32]:
        """Return what *run* makes of every sample, in order, *size* at a time."""
        parts = [run(self.inputs(range(i, min(i + size, len(self))))) for i in range(0, len(self), size)]
        return np.concatenate(parts)

    def _decode(self, indices: Sequence[int] | NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        array: NDArray[np.float32] = self._task.inputs([self._read(int(i)) for i in indices], settings=self._settings)
        return array

    def _read(self, index: int) -> Any:
        try:
            return self._task.read(self.data.media(self._rows[index]))
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
