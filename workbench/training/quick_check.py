"""The verb `quick_check`: can this network learn this data at all? Asked on this machine, in a minute."""

from __future__ import annotations

from workbench.core.dataset import Dataset
from workbench.core.errors import InputError
from workbench.core.need import need
from workbench.core.recipe import Recipe
from workbench.core.report import Report, record
from workbench.training.recipe import check


def quick_check(recipe: Recipe, data: Dataset, *, seconds: float = 60.0) -> Report:
    """Return a report of the checks: shapes, gradients, one batch learned by heart, a first learning curve.

    Each score is 1 for a check that was passed and 0 for one that was not, `passed` is 1 when all were; so
    `report.require(passed=1)` lets only a sound recipe go on. `details` tell what was seen, and hold the curve.

    Raises:
        InputError: there are no labels, or *seconds* is not greater than 0.
        NotFoundError: the recipe names a task, backbone or strategy that is not known.
        DependencyError: torch is not installed.
    """
    check(recipe)
    if seconds <= 0:
        raise InputError(f"`seconds` must be greater than 0, got {seconds!r}.")
    data = data.labeled()
    need("torch", extra="train", use="wb.quick_check()")
    from workbench.training.checks import run  # torch, when something is checked

    scores, details = run(recipe, data, seconds=seconds)
    return record(data.ws, "quick_check", subject=recipe.ref, data=data.ref, scores=scores, details=details)
