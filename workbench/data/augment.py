"""The verb `augment`: changed copies of items, by steps that draw from a seed; what is labeled moves along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.dataset import ID, Dataset, commit, find
from workbench.core.errors import InputError
from workbench.core.refs import Ref
from workbench.core.views import VIEWS
from workbench.core.workspace import Workspace

if TYPE_CHECKING:
    from workbench.data.changed import Change

#: Of which item a row is a changed copy: a split that is grouped by it keeps copies and originals together.
MADE_FROM = "made_from"


def augment(data: Dataset, steps: Sequence[str], *, copies: int = 1, seed: int = 0, name: str = "") -> Dataset:
    """Return a dataset of changed copies of the items, `<name>-augmented` by default; the same call makes the same bytes.

    Args:
        data: The items; augment training data only, after the split.
        steps: What is done, in order, such as `["flip", "rotate?degrees=10", "brightness?amount=0.3&p=0.5"]`. Regions
            (boxes, polygons, masks, points, stretches of sound) move along and are clipped; see docs/preparation.md.
        copies: How many of each item.
        seed: Fixes what is drawn. Steps, copies, seed and source stand in the version, so they can be repeated.
        name: The dataset's name.

    Raises:
        NotFoundError: A step is not known.
        InputError: A step is for another kind of data, or does not fit the labels; an item cannot be read.
    """
    if copies < 1:
        raise InputError(f"`copies` must be at least 1, got {copies}.")
    if not len(data):
        raise InputError(f"{data.ref} has no items.")
    from workbench.data.changed import changed

    told, change = _change(data, steps, seed)
    rows = list(changed(data, change, verb="augment", copies=copies))
    name = name or f"{data.name}-augmented"
    recipe = {"steps": told, "copies": copies, "seed": seed, "of": data.ref}
    return commit(
        data.ws,
        name,
        rows,
        remove=_former(data.ws, name, {str(row[ID]) for row in rows}),
        task=data.task,
        classes=data.classes,
        note=f"{', '.join(told)}; seed {seed}",
        meta={"augmentation": recipe},
        verb="augment",
        inputs=[data.ref],
    )


def _former(ws: Workspace, name: str, kept: set[str]) -> list[str]:
    """Return the copies in dataset *name* that another call made: a version holds what its own recipe says."""
    if name not in ws.tables.names() or MADE_FROM not in (newest := find(ws, Ref("dataset", name))).columns:
        return []
    rows = newest.rows([ID, MADE_FROM])
    return [str(row[ID]) for row in rows if row[MADE_FROM] is not None and row[ID] not in kept]


def preview(data: Dataset, steps: Sequence[str], *, n: int = 6, seed: int = 0) -> Any:
    """Return *n* items before and after the steps, as a picture in a notebook; nothing is written."""
    from workbench.data.changed import sample_of, task_of

    _, change = _change(data, steps, seed)
    task = task_of(data)
    before = [sample_of(data, row, task) for row in data.rows(limit=max(1, n))]
    pairs = [(sample, change(sample, str(sample.row[ID]))) for sample in before]
    return VIEWS["pairs"](task.modality, pairs, title=f"{data.name}@{data.version}: {', '.join(steps)}")


def _change(data: Dataset, steps: Sequence[str], seed: int) -> tuple[list[str], Change]:
    from dataclasses import replace

    from workbench.data.changed import task_of
    from workbench.transforms.custom import FOLDER
    from workbench.transforms.sample import Sample, draw
    from workbench.transforms.step import apply, read_all

    found = read_all(steps, modality=task_of(data).modality, code=data.ws.root / FOLDER)

    def change(sample: Sample, key: str) -> Sample:
        origin = {**sample.row, MADE_FROM: sample.row[ID]}
        return replace(apply(found, sample, draw(seed, key)), row=origin)

    return [step.ref for step in found], change
