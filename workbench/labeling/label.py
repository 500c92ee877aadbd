"""The verb `label`: items of a dataset in front of annotators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from workbench.core import refs
from workbench.core.dataset import Dataset
from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.labeling import Labeling
from workbench.core.ports import Record
from workbench.core.task import Task
from workbench.core.workspace import Workspace
from workbench.labeling.consensus import METHODS
from workbench.labeling.exchange import push
from workbench.labeling.projects import NONE, make
from workbench.tasks import TASKS
from workbench.tasks import task as find_task


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """What a call asks for, checked."""

    name: str
    task: Task
    classes: tuple[str, ...]
    place: str
    overlap: int
    guidelines: str
    aggregate: str
    gold: str
    rate: float
    annotators: tuple[str, ...]


def label(
    data: Dataset,
    *,
    task: str = "",
    classes: Sequence[str] = (),
    name: str = "",
    place: Literal["studio", "cell"] = "studio",
    overlap: int = 1,
    guidelines: str = "",
    aggregate: str = "",
    gold: Dataset | None = None,
    rate: float = 0.0,
    annotators: Sequence[str] = (),
) -> Labeling:
    """Put the items of *data* in front of annotators and return the labeling.

    A labeling of the same name, dataset, task and classes gets the items that it lacks; nothing is labeled twice. What a
    model predicted of an item is shown to the annotator, and kept apart from what the annotator says.

    Args:
        data: The items.
        task: What is to be said of each; by default what the dataset says.
        classes: What there is to choose from; by default what the dataset says.
        name: By default the dataset's name.
        place: "studio" is Label Studio, "cell" the annotator in a cell, for which no server is needed.
        overlap: How many people answer each item.
        guidelines: What annotators shall know, shown to them.
        aggregate: How several answers become one label; by default the newest, or with *overlap* what most people say.
        gold: Items with labels that are known, mixed in to see how good people are.
        rate: What an hour of labeling costs, for `labeling.quality()`.
        annotators: Who does it, as Label Studio knows them (mail addresses): each gets a project with a share of the
            items. Without, everybody works in one project.

    Raises:
        InputError: an empty dataset, a missing task, classes that cannot be told apart, more overlap than annotators.
        NotFoundError: the task or the consensus is not known.
        ConflictError: the name stands for another labeling.
        ExternalError: no server answers.
    """
    wish = _Wish(
        name=refs.check_name(name or data.name, what="labeling"),
        task=_task(data, task or data.task),
        classes=tuple(classes or data.classes),
        place=place,
        overlap=overlap,
        guidelines=guidelines.strip(),
        aggregate=aggregate or ("majority" if overlap > 1 else "newest"),
        gold="" if gold is None else gold.labeled().ref,
        rate=rate,
        annotators=tuple(dict.fromkeys(annotators)),
    )
    config = _checked(data, wish)
    known = _known(data.ws, wish.name)
    if known is None:
        _create(data, wish, config)
    else:
        _check_same(known, data, wish)
        _add(data.ws, known, wish, explicit=bool(aggregate))
    labeling = push(Labeling(data.ws, wish.name), data)
    return labeling if gold is None else push(labeling, gold.labeled())


def _task(data: Dataset, name: str) -> Task:
    if not name:
        raise InputError(
            f"Labeling {data.name}@{data.version} needs a task.",
            hint=f"Write wb.label(data, task={next(iter(TASKS))!r}, classes=[...]). Tasks: {', '.join(TASKS)}.",
        )
    return find_task(name)


def _checked(data: Dataset, wish: _Wish) -> str:
    """Return the labeling config; everything that does not fit is refused before anything is made."""
    if not data.n_items:
        raise InputError(f"Dataset {data.name}@{data.version} has no items to label.", hint="Pick at least one.")
    problems = [f"`overlap` must be at least 1, got {wish.overlap}"] if wish.overlap < 1 else []
    problems += [f"`rate` must be 0 or more, got {wish.rate!r}"] if wish.rate < 0 else []
    if wish.annotators and wish.overlap > len(wish.annotators):
        problems.append(f"`overlap` is {wish.overlap}, and there are {len(wish.annotators)} annotators")
    if problems:
        raise InputError(f"{'; '.join(problems)}.")
    METHODS[wish.aggregate]  # an unknown one is named with its neighbours
    try:
        return wish.task.labeling_config(wish.classes)
    except InputError as exc:
        if wish.classes:
            raise
        raise InputError(
            f"Labeling {data.name}@{data.version} needs the classes to choose from.",
            hint=f'Write wb.label(data, task={wish.task.name!r}, classes=["ok", "crack"]).',
        ) from exc


def _known(ws: Workspace, name: str) -> Record | None:
    try:
        return ws.records.get("labeling", name)
    except NotFoundError:
        return None


def _create(data: Dataset, wish: _Wish, config: str) -> None:
    ws, made = data.ws, NONE
    if wish.place == "studio":
        made = make(ws, wish.name, config, guidelines=wish.guidelines, overlap=wish.overlap, annotators=wish.annotators)
    fields: dict[str, Any] = {
        "name": wish.name,
        "dataset": str(refs.Ref("dataset", data.name)),
        "task": wish.task.name,
        "classes": list(wish.classes),
        "place": wish.place,
        "overlap": wish.overlap,
        "guidelines": wish.guidelines,
        "aggregate": wish.aggregate,
        "gold": wish.gold,
        "rate": wish.rate,
        "annotators": list(wish.annotators),
        **made,
        "n_items": 0,
        "n_labeled": 0,
        "n_answers": 0,
        "sources": [],
        "created": ws.now(),
    }
    ws.records.put("labeling", wish.name, fields, state="open", new=True)


def _check_same(known: Record, data: Dataset, wish: _Wish) -> None:
    fields = known.fields
    was = (refs.parse(fields["dataset"]).name, fields["task"], list(fields["classes"]), fields.get("place", "studio"))
    wanted = (data.name, wish.task.name, list(wish.classes), wish.place)
    differences = [
        f"{what} {old!r}, not {new!r}"
        for what, old, new in zip(("dataset", "task", "classes", "place"), was, wanted, strict=True)
        if old != new
    ]
    if wish.annotators and list(wish.annotators) != list(fields.get("annotators", ())):
        differences.append(f"annotators {list(fields.get('annotators', ()))!r}, not {list(wish.annotators)!r}")
    if differences:
        raise ConflictError(
            f"The labeling {known.id!r} is there already, with {'; '.join(differences)}.",
            hint="Give this one a name of its own: wb.label(..., name=...). Items of another dataset: labeling.push(data).",
        )


def _add(ws: Workspace, known: Record, wish: _Wish, *, explicit: bool) -> None:
    """Take over what a later call says anew; it never takes anything back."""
    new = {k: v for k in ("guidelines", "gold", "rate") if (v := getattr(wish, k))}
    if explicit:
        new["aggregate"] = wish.aggregate
    if wish.overlap > int(known.fields.get("overlap", 1)):
        new |= {"overlap": wish.overlap}
    if new:
        ws.records.update("labeling", known.id, **new)
