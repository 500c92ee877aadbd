"""The verb `train`: a recipe and labeled data become a run, and the run a model."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from workbench.core import refs
from workbench.core.dataset import Dataset
from workbench.core.errors import InputError
from workbench.core.need import need
from workbench.core.recipe import Recipe
from workbench.core.run import Run, begin
from workbench.training import resume as going_on
from workbench.training.pseudo import said_by_people, settled
from workbench.training.recipe import check


def train(
    recipe: Recipe, data: Dataset, val: Dataset, *, name: str = "", resume: bool = False, allow_pseudo: bool = False
) -> Run:
    """Train on the labeled rows of *data*, keep the weights that are best on *val*, and return the run when it ended.

    The model is registered as the next version of *name*, by default the dataset's name. While it works, the run's
    record, log and curve can be followed from anywhere; `run.cancel()` ends it between two steps. With *resume*, the
    newest training of the same recipe, data and name that was interrupted goes on from its last checkpoint, to the same
    weights; a job that is tried again does so by itself. In a job with workers, they share the training.

    Rows that a model labeled and no person looked at are refused, unless *allow_pseudo* says to learn from them too.

    Raises:
        InputError: there are no labels, fewer than two classes, labels of *val* that *data* lacks, or shared samples.
        NotFoundError: the recipe names a task, backbone or strategy that is not known.
        DependencyError: torch is not installed.
        RunError: a worker of the job failed.
    """
    check(recipe)
    name = refs.check_name(name or data.name, what="model")
    data, val = settled(data, allow=allow_pseudo).labeled(), said_by_people(val)
    classes = _classes(recipe, data, val)
    need("torch", extra="train", use="wb.train()")
    from workbench.training.fitted import preparation
    from workbench.training.plan import Plan, small  # numpy and torch are loaded when something is trained
    from workbench.training.work import work

    ws = data.ws
    if recipe.prepare:
        preparation(ws, recipe)  # before there is a run that would fail
    key: dict[str, Any] = {"inputs": {"data": data.ref, "val": val.ref, "recipe": recipe.ref}, "model_name": name}
    number = going_on.ordinal(ws, key)
    former = going_on.before(ws, key, number) if ws.settings.attempt > 1 else None
    if former and former.state == "done":
        # What this cell had trained when the job was interrupted later on; now it counts for this attempt.
        former.update(attempt=ws.settings.attempt)
        return former
    if resume and not former:
        former = going_on.unfinished(ws, key)
    workers = ws.settings.workers
    # Each worker has its own threads; more than there are cores would only wait for each other.
    threads = recipe.threads if workers == 1 else max(1, min(recipe.threads, _cores() // workers))
    plan = Plan(recipe=recipe, data=data, val=val, classes=classes, name=name, workers=workers, threads=threads)
    if ws.settings.rehearsal:
        plan = small(plan)
    run = begin(
        ws,
        "train",
        params=asdict(recipe),
        **key,
        progress={"done": 0, "total": plan.recipe.epochs},
        attempt=ws.settings.attempt,
        ordinal=number,
        workers=plan.workers,
        threads=plan.threads,
    )
    work(run, plan, former)
    return run


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _classes(recipe: Recipe, data: Dataset, val: Dataset) -> tuple[str, ...]:
    """Return the classes in the order of the outputs, after naming everything that keeps the data from being trained on."""
    here, there = ({str(label) for label in side.labels()} for side in (data, val))
    shared = set(data.ids()) & set(val.ids())
    foreign = [side for side in (data, val) if side.task not in ("", recipe.task)]
    problems = [f"{side.ref} is for {side.task}, the recipe for {recipe.task}" for side in foreign]
    if len(here) < 2:
        problems.append(f"{data.ref} has only the label {', '.join(map(repr, here))}, and at least 2 are needed")
    if there - here:
        problems.append(f"`val` has labels that `data` lacks: {', '.join(map(repr, sorted(there - here)[:8]))}")
    if shared:
        problems.append(f"`data` and `val` share {len(shared)} of their samples")
    if problems:
        raise InputError(f"{'; '.join(problems)}.", hint="wb.split(data, .8, .2, by='label') makes two parts that fit.")
    declared = data.classes if here <= set(data.classes) else ()
    return declared or tuple(sorted(here))
