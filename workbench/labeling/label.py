"""The verb `label`: items of a dataset in front of annotators."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core import refs
from workbench.core.dataset import Dataset
from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.labeling import Labeling
from workbench.core.ports import Record
from workbench.core.workspace import Workspace
from workbench.labeling.exchange import push
from workbench.tasks import TASKS
from workbench.tasks import task as find_task


def label(data: Dataset, *, task: str = "", classes: Sequence[str] = (), name: str = "") -> Labeling:
    """Put the items of *data* in front of annotators and return the labeling.

    *task* and *classes* default to what the dataset says, *name* to the dataset's name. A labeling of the same name,
    dataset, task and classes gets the items that it lacks; nothing is labeled twice. What a model predicted of an item
    is shown to the annotator, and kept apart from what the annotator says.

    Raises `InputError` for an empty dataset, a missing task or classes that cannot be told apart, `NotFoundError` for an
    unknown task, `ConflictError` when the name stands for another labeling, `ExternalError` when no server answers.
    """
    ws, name = data.ws, refs.check_name(name or data.name, what="labeling")
    task, classes = task or data.task, tuple(classes or data.classes)
    config = _config(data, task, classes)
    known = _known(ws, name)
    if known is None:
        known = _create(data, name, task, classes, config)
    _check_same(known, data, task, classes)
    return push(Labeling(ws, name), data)


def _config(data: Dataset, task: str, classes: tuple[str, ...]) -> str:
    if not task:
        raise InputError(
            f"Labeling {data.name}@{data.version} needs a task.",
            hint=f"Write wb.label(data, task={next(iter(TASKS))!r}, classes=[...]). Tasks: {', '.join(TASKS)}.",
        )
    chosen = find_task(task)
    if not classes:
        raise InputError(
            f"Labeling {data.name}@{data.version} needs the classes to choose from.",
            hint=f'Write wb.label(data, task={task!r}, classes=["ok", "crack"]).',
        )
    if not data.n_items:
        raise InputError(f"Dataset {data.name}@{data.version} has no items to label.", hint="Pick at least one.")
    return chosen.labeling_config(classes)


def _known(ws: Workspace, name: str) -> Record | None:
    try:
        return ws.records.get("labeling", name)
    except NotFoundError:
        return None


def _create(data: Dataset, name: str, task: str, classes: tuple[str, ...], config: str) -> Record:
    ws = data.ws
    project = ws.labeler.create(name, config)
    fields = {
        "name": name,
        "dataset": str(refs.Ref("dataset", data.name)),
        "task": task,
        "classes": list(classes),
        "project": project,
        "url": ws.labeler.url(project),
        "n_items": 0,
        "n_labeled": 0,
        "sources": [],
        "created": ws.now(),
    }
    return ws.records.put("labeling", name, fields, state="open", new=True)


def _check_same(known: Record, data: Dataset, task: str, classes: tuple[str, ...]) -> None:
    was = (refs.parse(known.fields["dataset"]).name, known.fields["task"], list(known.fields["classes"]))
    wanted = (data.name, task, list(classes))
    differences = [
        f"{what} {old!r}, not {new!r}"
        for what, old, new in zip(("dataset", "task", "classes"), was, wanted, strict=True)
        if old != new
    ]
    if differences:
        raise ConflictError(
            f"The labeling {known.id!r} is there already, with {'; '.join(differences)}.",
            hint="Give this one a name of its own: wb.label(..., name=...). Items of another dataset: labeling.push(data).",
        )
