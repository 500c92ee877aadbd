"""The verb `prepare`: steps fitted on training data only, kept, and applied the same way everywhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.core.dataset import Dataset, commit
from workbench.core.workspace import Workspace

if TYPE_CHECKING:
    from workbench.transforms.preparation import Preparation


@dataclass(frozen=True)
class Prepared:
    """A fitted preparation in a workspace; calling it with a dataset prepares that."""

    ws: Workspace = field(repr=False)
    preparation: Preparation = field(repr=False)
    ref: str

    def __call__(self, data: Dataset, *, name: str = "") -> Dataset:
        """Return *data* prepared, as a dataset `<name>-prepared` of its own."""
        from workbench.data.changed import changed, task_of

        self.preparation.check(task_of(data).modality, self.ref)
        return commit(
            self.ws,
            name or f"{data.name}-prepared",
            changed(data, lambda sample, _: self.preparation.apply(sample), verb="prepare"),
            task=data.task,
            classes=data.classes,
            note=f"by {self.ref}",
            verb="prepare",
            inputs=[data.ref, self.ref],
        )

    def to_json(self) -> dict[str, Any]:
        """Return the steps with what they learned."""
        return {"ref": self.ref, **self.preparation.to_json()}


def prepare(data: Dataset, steps: Sequence[str]) -> Prepared:
    """Return *steps*, such as `["impute?by=mean", "standardize"]`, fitted on *data*: give it the training part only.

    `prepared(test)` applies them to other data with the numbers of the training data, and
    `wb.recipe(..., prepare=prepared.ref)` puts them into the model, which applies them wherever it predicts.

    Raises `InputError` for a step that draws at random, or one for another kind of data.
    """
    from workbench.data.changed import sample_of, task_of
    from workbench.transforms.custom import FOLDER
    from workbench.transforms.preparation import fit

    task = task_of(data)
    samples = [sample_of(data, row, task) for row in data.rows()]
    made = fit(task.modality, steps, samples, fitted_on=data.ref, code=data.ws.root / FOLDER)
    key = data.ws.blobs.put(json.dumps(made.to_json(), sort_keys=True).encode(), suffix=".prepare")
    return Prepared(data.ws, made, f"preparation:{key[:12]}")
