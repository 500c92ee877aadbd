"""The verb `active_learn`: label, train, pick; a round with people, or a rehearsal with labels that are there already."""

from __future__ import annotations

from numbers import Real

from workbench.core.dataset import Dataset
from workbench.core.errors import InputError
from workbench.core.labeling import Labeling
from workbench.core.recipe import Recipe
from workbench.core.report import Report
from workbench.data.pick import By, counts


def active_learn(
    data: Dataset | Labeling,
    *,
    per_round: int = 20,
    rounds: int = 15,
    by: By = "hybrid",
    recipe: Recipe | None = None,
    test: Dataset | None = None,
    target: float = 0.0,
    repeats: int = 3,
    seed: int = 0,
) -> Report:
    """Return the learning curve: how good a model is by the number of labels.

    With a labeling this is one round: pull the labels, train on them, pick the items that would teach most, push those
    to the annotators. Call it again when they are labeled, or schedule it; the curve goes on.

    With a labeled dataset it is a rehearsal: its labels are hidden, and shown to a model in the order of *by* and in a
    drawn order. `saved` is the share of labels that the first needs less for the same accuracy.

    Args:
        data: A labeling, or a dataset with labels.
        per_round: How many items are labeled before the next training; a rehearsal begins with as many, drawn.
        rounds: How many rounds a rehearsal takes.
        by: How items are picked; see `wb.pick()`. "hybrid" saved most on digits and on texts alike.
        recipe: What is trained in a round with people. Without, and in a rehearsal, a small model on the items' vectors.
        test: Labeled items, drawn and never picked, that a round is measured on. Without, a quarter of the labels is held
            out; those were picked for being hard, so the curve lies lower than the truth.
        target: The accuracy that a rehearsal is to reach; by default what the drawn order comes to. Of items with several
            classes, the mean share of names that answer and label have in common.
        repeats: A rehearsal is the mean of so many, each with items of its own to test on.
        seed: Fixes all draws.

    Raises:
        InputError: The labels are more than names of classes, or are of fewer than 2 classes; or a number is out of range.
    """
    problems = [
        f"`{name}` must be a whole number of at least 1, got {value!r}"
        for name, value in (("per_round", per_round), ("rounds", rounds), ("repeats", repeats))
        if not counts(value)
    ]
    if not _is_share(target):
        problems.append(f"`target` must be a number from 0 to less than 1, got {target!r}")
    if problems:
        raise InputError(f"{'; '.join(problems)}.")
    if isinstance(data, Labeling):
        from workbench.jobs.learning.round import teach  # training and numpy, when there is something to learn

        return teach(data, n=per_round, by=by, recipe=recipe, test=test, seed=seed)
    from workbench.jobs.learning.rehearsal import Plan, rehearse

    return rehearse(data, Plan(per_round, rounds, by, target, repeats, seed))


def _is_share(value: object) -> bool:
    return isinstance(value, Real) and 0 <= float(value) < 1
