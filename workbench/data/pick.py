"""Picking the items that are worth a person's time."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.dataset import ID, LABEL, SCORE, Dataset
from workbench.core.errors import InputError
from workbench.core.report import Report
from workbench.tasks import task as task_named

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIDE = 16


def pick(
    data: Dataset | Report, n: int, *, by: Literal["random", "uncertainty", "diversity"] = "random", seed: int = 0
) -> Dataset:
    """Return up to *n* items that nobody has labeled yet, most worthwhile first.

    Args:
        data: A dataset, or a report of `wb.monitor()`, whose production samples are meant.
        n: How many.
        by: "uncertainty" takes the lowest scores first (Lewis and Gale, 1994); "diversity" takes items far apart from
            each other (k-center greedy; Sener and Savarese, 2018, on small copies of the items); "random" draws.
        seed: Fixes the draw.

    Raises:
        InputError: When nothing is left to label, or when items have no score to be uncertain about.
    """
    if n < 1:
        raise InputError(f"`n` must be at least 1, got {n}.")
    source = _samples(data) if isinstance(data, Report) else data
    rows = [row for row in source.rows([ID, LABEL, SCORE]) if row.get(LABEL) is None]
    if not rows:
        raise InputError(f"Every item of {source.ref} has a label.", hint="Ingest more, or pick from another dataset.")
    ids = sorted(str(row[ID]) for row in rows)
    if by == "uncertainty":
        return source.select(_least_certain(source, rows)[:n])
    if by == "diversity" and n < len(ids):
        return source.select(_far_apart(source.select(ids), n, seed=seed))
    return source.select(random.Random(seed).sample(ids, min(n, len(ids))))  # noqa: S311  # a reproducible draw


def _samples(report: Report) -> Dataset:
    ref = report.details.get("samples")
    if not ref:
        raise InputError(f"{report.ref} has no samples to pick from.", hint="Pick from a dataset, or from wb.monitor().")
    return report.ws.dataset(str(ref))


def _least_certain(data: Dataset, rows: Sequence[dict[str, Any]]) -> list[str]:
    scored = [(float(row[SCORE]), str(row[ID])) for row in rows if row.get(SCORE) is not None]
    if not scored:
        raise InputError(f"{data.ref} has no predictions.", hint='Pick by="diversity", or from wb.monitor().')
    return [id for _, id in sorted(scored)]


def _far_apart(data: Dataset, n: int, *, seed: int) -> list[str]:
    from workbench.ops.sampling import farthest_points  # numpy is loaded when it is needed

    kind = task_named(data.task)
    rows = data.rows([ID, "media", "thumb"])
    items = [kind.read(row["thumb"] if row.get("thumb") else data.media(row)) for row in rows]
    features = kind.inputs(items, settings={"image_size": _SIDE, "channels": 1}).reshape(len(rows), -1)
    return [str(rows[i][ID]) for i in farthest_points(features, n, seed=seed)]
