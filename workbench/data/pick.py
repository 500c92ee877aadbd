"""The verb `pick`: the items that are worth a person's time."""

from __future__ import annotations

import random
from numbers import Integral
from typing import Literal

from workbench.core.dataset import ID, LABEL, Dataset
from workbench.core.errors import InputError
from workbench.core.model import Model
from workbench.core.report import Report

By = Literal["random", "uncertainty", "margin", "disagreement", "diversity", "coverage", "hybrid"]


def pick(data: Dataset | Report, n: int, *, by: By = "random", model: Model | None = None, seed: int = 0) -> Dataset:
    """Return up to *n* items that nobody has labeled yet, most worthwhile first.

    Who is unsure is *model*; without one, the predictions that the rows hold, else a small model that learns from the
    labels that there are, on the items' vectors (those of `wb.embed()`, else computed on the way).

    Args:
        data: A dataset, or a report of `wb.monitor()`, whose production samples are meant.
        n: How many.
        by: "hybrid": what stands for most of what is unclear; what "coverage" takes, each item weighted by its "margin",
            and "coverage" itself while there are no labels. The one to take when in doubt. "uncertainty": the likeliest
            class is least likely (Lewis and Gale, 1994). "margin": the two likeliest are nearest (Scheffer et al., 2001).
            "disagreement": the votes of a committee are split (Abe and Mamitsuka, 1998), the last versions of *model*, or
            models of draws of the labels. "diversity": far apart from each other and from what is labeled (k-center
            greedy). "coverage": what stands for most of what nothing labeled stands for (facility location). "random": a
            draw, the only order to test on.
        model: A model of the workspace, for those that ask how sure one is.
        seed: Fixes the draw.

    Raises:
        InputError: When nothing is left to label, or when there is neither a model nor labels to be unsure by.
    """
    if not counts(n):
        raise InputError(f"`n` must be a whole number of at least 1, got {n!r}.")
    source = _samples(data) if isinstance(data, Report) else data
    labels = {str(row[ID]): row.get(LABEL) for row in source.rows([ID, LABEL])}
    ids = sorted(id for id, label in labels.items() if label is None)
    if not ids:
        raise InputError(f"Every item of {source.ref} has a label.", hint="Ingest more, or pick from another dataset.")
    if by == "random" or (n >= len(ids) and by in ("diversity", "coverage", "hybrid")):
        return source.select(random.Random(seed).sample(ids, min(n, len(ids))))  # noqa: S311  # a reproducible draw
    from workbench.data.worth import chosen  # numpy, when something is computed

    known = {id: label for id, label in labels.items() if label is not None}
    return source.select(chosen(source, ids, known, n, by=by, model=model, seed=seed))


def counts(value: object) -> bool:
    """Return whether *value* is a whole number of at least 1, numpy's among them."""
    return isinstance(value, Integral) and int(value) >= 1


def _samples(report: Report) -> Dataset:
    ref = report.details.get("samples")
    if not ref:
        raise InputError(f"{report.ref} has no samples to pick from.", hint="Pick from a dataset, or from wb.monitor().")
    return report.ws.dataset(str(ref))
