"""The verb `train`: a recipe and labeled data become a run, and the run a model."""

from __future__ import annotations

from dataclasses import asdict

from workbench.core import refs
from workbench.core.dataset import Dataset
from workbench.core.errors import InputError
from workbench.core.need import need
from workbench.core.recipe import Recipe
from workbench.core.run import Run, begin
from workbench.training.recipe import check


def train(recipe: Recipe, data: Dataset, val: Dataset, *, name: str = "") -> Run:
    """Train on the labeled rows of *data*, keep the weights that are best on *val*, and return the run when it ended.

    The model is registered as the next version of *name*, by default the dataset's name. While it works, the run's
    record, log and curve can be followed from anywhere; `run.cancel()` ends it between two steps.

    Raises:
        InputError: there are no labels, fewer than two classes, labels of *val* that *data* lacks, or shared samples.
        NotFoundError: the recipe names a task, backbone or strategy that is not known.
        DependencyError: torch is not installed.
    """
    check(recipe)
    name = refs.check_name(name or data.name, what="model")
    data, val = data.labeled(), val.labeled()
    classes = _classes(recipe, data, val)
    need("torch", extra="train", use="wb.train()")
    from workbench.training.work import Plan, work  # torch is loaded when something is trained

    run = begin(
        data.ws,
        "train",
        params=asdict(recipe),
        inputs={"data": data.ref, "val": val.ref, "recipe": recipe.ref},
        progress={"done": 0, "total": recipe.epochs},
    )
    work(run, Plan(recipe=recipe, data=data, val=val, classes=classes, name=name))
    return run


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
