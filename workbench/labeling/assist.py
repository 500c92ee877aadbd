"""The action `assist`: a model suggests labels in Label Studio, and learns from those that people give."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from workbench.core.errors import ConflictError, InputError
from workbench.core.labeling import Labeling
from workbench.core.model import Model
from workbench.core.recipe import Recipe


@runtime_checkable
class Assisted(Protocol):
    """A place to label that asks a model for suggestions and tells what people say as they say it."""

    def assist(self, project: str, url: str) -> None:
        """Let the project ask the service at *url* from now on, and no other of ours."""


def assist(labeling: Labeling, model: Model | None = None, *, recipe: Recipe | None = None, every: int = 0) -> Labeling:
    """Let the newest version of *model* suggest a label for each item that is opened, and return the labeling.

    "Start Training" in Label Studio, and with *every* each so many answers too, trains *recipe* on the labels so far: a
    run like any other, whose model is the next version and suggests from then on. Answers come into the journal as they
    are given. The service that does this runs beside the server, on this machine.

    Args:
        labeling: One whose place is Label Studio.
        model: What suggests; without, nothing does until a first training has ended.
        recipe: How it is trained; by default the task's recipe with its defaults.
        every: After how many answers it is trained anew; 0 is only when somebody asks for it.

    Raises:
        ConflictError: the place is a cell, or another server than the workspace's own.
        InputError: models are not trained for the task, or *model* is for another one.
        ExternalError: no server answers.
    """
    from workbench.labeling import listener
    from workbench.tasks import learnable

    ws, info = labeling.ws, labeling.info()
    learnable(info.task)
    labeler: Any = ws.labeler if info.place == "studio" else None
    if not isinstance(labeler, Assisted):
        raise ConflictError(
            f"{labeling.ref} is labeled in a {info.place}, where no model can be asked.",
            hint="Predictions in the dataset are shown there: label what model.predict() and wb.pick() left.",
        )
    tasks = {"the model": model.task if model else info.task, "the recipe": recipe.task if recipe else info.task}
    problems = [f"{what} is for {task}" for what, task in tasks.items() if task != info.task]
    problems += [f"`every` must be 0 or more, got {every}"] if every < 0 else []
    if problems:
        raise InputError(f"{labeling.ref} is for {info.task}: {'; '.join(problems)}.")
    service = listener.start(ws.root)
    name, learned = model.name if model else labeling.name, recipe or Recipe(task=info.task)
    ws.records.update(
        "labeling", labeling.name, model=f"model:{name}", recipe=learned.ref, every=every, n_learned=info.n_answers
    )
    for project in info.projects.values():
        labeler.assist(project, listener.address(service, labeling.name))
    return labeling
