"""The verb `accept`: labels that somebody was paid for, sampled, checked, and taken or sent back."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from workbench.core.dataset import (
    AGREEMENT,
    ID,
    LABEL,
    LABEL_AT,
    LABEL_BY,
    LABEL_NAMES,
    PREDICTION,
    PREDICTION_BY,
    REVIEWED_BY,
    SCORE,
    SOURCE,
    Dataset,
    commit,
)
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.core.report import Report, record
from workbench.labeling.gold import is_right
from workbench.ops import shares
from workbench.tasks import task as find_task

#: A sample of this plan is passed by a batch that has so many errors in it and still is good enough.
_SPARE = 2
_SAID = (LABEL, LABEL_BY, LABEL_AT, LABEL_NAMES, REVIEWED_BY, AGREEMENT, PREDICTION, PREDICTION_BY, SCORE)


def accept(
    data: Dataset,
    truth: Dataset | None = None,
    *,
    limit: float = 0.05,
    confidence: float = 0.95,
    vendor: str = "",
    into: Dataset | None = None,
    seed: int = 0,
) -> Report:
    """Return whether the labels of a batch are good enough, judged by a sample of it that was labeled once more.

    Without *truth* the sample is drawn: a dataset `<batch>-check` of its items without their labels, large enough to pass
    with 2 errors. Label it, pull, and call again with it. The batch passes when its share of errors is at most *limit*
    with *confidence*, by the exact binomial interval.

    Args:
        data: The batch, with the labels that were bought.
        truth: Labels of some of its items that can be relied on.
        limit: The largest share of errors that is acceptable.
        confidence: How sure that has to be.
        vendor: Who made the labels; by default what the rows say in `label_by`.
        into: The dataset that takes the labels over when the batch passes, as its next version; `label_by` says whose.
        seed: Fixes the sample.

    Raises:
        InputError: The batch has no labels, *truth* none of its items, or a share is not between 0 and 1.
        GateError: *into* was given and the batch does not pass.
    """
    batch = data.labeled()
    for name, value in (("limit", limit), ("confidence", confidence)):
        if not 0 < value < 1:
            raise InputError(f"`{name}` must be between 0 and 1, got {value}.")
    known = _labels(batch)
    facts: dict[str, Any] = {"limit": limit, "confidence": confidence, "n_items": len(known), **_origin(batch, vendor)}
    if truth is None:
        return _drawn(batch, facts, seed)
    checked = {id: label for id, label in _labels(truth.labeled()).items() if id in known}
    if not checked:
        raise InputError(f"{truth.ref} has labels of none of the items of {data.ref}.")
    report = _judged(batch, known, checked, facts)
    if into is not None:
        report.require(passed=1.0)
        _take_over(batch, into, report)
    return report


def _drawn(batch: Dataset, facts: dict[str, Any], seed: int) -> Report:
    ids = sorted(batch.ids())
    n = min(len(ids), shares.needed(facts["limit"], hits=_SPARE, confidence=facts["confidence"]))
    chosen = random.Random(seed).sample(ids, n)  # noqa: S311  # a reproducible draw
    rows = batch.ws.tables.read(
        batch.name, batch.version, columns=[column for column in batch.columns if column not in _SAID], ids=chosen
    )
    name = f"{batch.name}-check"
    sample = commit(batch.ws, name, rows, task=batch.task, classes=batch.classes, note=f"a sample of {batch.ref}")
    sample = sample.select(chosen)
    says = f"label {sample.ref}, then call wb.accept(batch, truth) with it"
    details = facts | {"samples": sample.ref, "n_checked": 0, "says": says}
    return record(batch.ws, "accept", subject=batch.ref, data=sample.ref, scores={"passed": 0.0}, details=details)


def _judged(batch: Dataset, known: Mapping[str, str], checked: Mapping[str, str], facts: dict[str, Any]) -> Report:
    task = find_task(batch.task) if batch.task else None
    wrong = sorted(
        id for id, label in checked.items() if (known[id] != label if task is None else not is_right(task, known[id], label))
    )
    n, limit, confidence = len(checked), facts["limit"], facts["confidence"]
    whole = n == len(known)  # nothing is left to chance
    low = len(wrong) / n if whole else shares.lowest(len(wrong), n, confidence=confidence)
    high = len(wrong) / n if whole else shares.highest(len(wrong), n, confidence=confidence)
    passed = high <= limit
    details = facts | {
        "n_checked": n,
        "n_wrong": len(wrong),
        "error": len(wrong) / n,
        "interval": [low, high],
        "wrong": wrong[:100],
        "verdict": "accepted" if passed else "rejected" if low > limit else "undecided",
    }
    details["says"] = f"{details['verdict']}: {len(wrong)} of {n} wrong, so at most {high:.1%} of all; the limit is {limit:.1%}"
    if details["verdict"] == "undecided":
        details["n_needed"] = shares.needed(limit, hits=len(wrong), confidence=confidence)
    scores = {"passed": float(passed), "right": 1 - len(wrong) / n}
    return record(batch.ws, "accept", subject=batch.ref, data=batch.ref, scores=scores, details=details)


def _take_over(batch: Dataset, into: Dataset, report: Report) -> None:
    there = set(into.ids())
    rows: list[Row] = []
    for row in batch.rows([ID, LABEL, LABEL_AT, LABEL_NAMES]):
        if row[ID] in there:
            said = {key: value for key, value in row.items() if value is not None}
            rows.append(said | {LABEL_BY: report.details["vendor"], LABEL_AT: row.get(LABEL_AT) or batch.ws.now()})
    if not rows:
        raise InputError(f"{into.ref} has none of the items of {batch.ref}.")
    own = {str(row[ID]): row.get(LABEL) for row in into.rows([ID, LABEL])}
    news = [row for row in rows if own[str(row[ID])] is None]
    if not news:
        raise InputError(f"Every item of {into.ref} that the batch has is labeled already.")
    commit(into.ws, into.name, news, task=into.task or batch.task, note=f"labels of {batch.ref}, accepted by {report.ref}")


def _origin(batch: Dataset, vendor: str) -> dict[str, Any]:
    rows = batch.rows([LABEL_BY, SOURCE])
    makers = sorted({str(row[LABEL_BY]) for row in rows if row.get(LABEL_BY)})
    files = sorted({str(row[SOURCE]) for row in rows if row.get(SOURCE)})
    return {"vendor": vendor or ", ".join(makers[:3]) or batch.name, "files": files[:20], "batch": batch.ref}


def _labels(data: Dataset) -> dict[str, str]:
    return {str(row[ID]): str(row[LABEL]) for row in data.rows([ID, LABEL]) if row.get(LABEL) is not None}
