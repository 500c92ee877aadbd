"""One round of active learning: the labels so far become a model, and the model says what to label next."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from workbench.core.dataset import ID, LABEL, Dataset
from workbench.core.errors import InputError
from workbench.core.labeling import Labeling
from workbench.core.model import Model
from workbench.core.recipe import Recipe
from workbench.core.report import Report, record
from workbench.data.pick import By, pick
from workbench.data.worth import vectors_of
from workbench.evaluation.evaluate import evaluate
from workbench.jobs.learning.rehearsal import learnable, right
from workbench.labeling.cost import cost
from workbench.labeling.exchange import unsent
from workbench.ops.probe import Label, probe
from workbench.training.train import train

KIND = "active-learning"
#: One labeled item of so many is never learned from; which, its id says, so that a later round tests on it again.
_ONE_OF = 4


def teach(labeling: Labeling, *, n: int, by: By, recipe: Recipe | None, test: Dataset | None, seed: int) -> Report:
    """Pull, train, measure, pick and push; return the curve of all rounds so far. A round that was cut off is ended first."""
    for cut_off in unsent(labeling):
        labeling.push(cut_off)
    data = labeling.pull()
    read = learnable(data)
    learn, check = _parts(data, labeling, test, read)
    model = None
    if recipe is None:
        score = _probe(learn, check, read)
    else:
        model = train(recipe, learn, check, name=labeling.name).result()
        score = _measured(model, check)
    never = set(test.ids()) if test else set[str]()
    chosen = _next(data, labeling, n=n, by=by, model=model, never=never, seed=seed)
    if chosen is not None:
        labeling.push(chosen)
    n_labels = len(data.labeled())
    point = {"step": n_labels, "accuracy": score}
    details: dict[str, Any] = {
        "curve": [*(p for p in _before(labeling) if p["step"] < point["step"]), point],
        "by": by,
        "model": model.ref if model else "",
        "picked": chosen.ref if chosen is not None else "",
        "n_picked": len(chosen) if chosen is not None else 0,
        "cost": cost(labeling.ws.journal.answers(labeling.name)[1], n_labels=n_labels, rate=labeling.info().rate),
        "says": f"{n_labels} labels, {score:.3f} right on {len(check)} {'test items' if test else 'of them'}"
        + ("" if chosen is not None else "; every item is with the annotators"),
    }
    return record(labeling.ws, KIND, subject=labeling.ref, data=data.ref, scores={"accuracy": score}, details=details)


def _parts(data: Dataset, labeling: Labeling, test: Dataset | None, read: Callable[[str], Label]) -> tuple[Dataset, Dataset]:
    """Return what is learned from and what is tested on: *test*, or one of `_ONE_OF` labels, always the same ones."""
    rows = [row for row in data.rows([ID, LABEL]) if row.get(LABEL) is not None]
    labels = {str(row[ID]): _names(read(str(row[LABEL]))) for row in rows}
    held = set(test.ids()) if test else {id for id in labels if hashlib.sha256(id.encode()).digest()[0] % _ONE_OF == 0}
    learn = [id for id in labels if id not in held]
    classes = {name for id in learn for name in labels[id]}
    # A class that is new among the tested cannot be known yet.
    kept = test.labeled() if test else data.select([id for id in labels if id in held and labels[id] <= classes])
    if len(classes) < 2 or not len(kept):
        raise InputError(
            f"{labeling.ref} has {len(labels)} labels, of {len(classes)} classes among those to learn from.",
            hint="Label some items of 2 classes or more first.",
        )
    return data.select(learn), kept


def _names(label: Label) -> frozenset[str]:
    return frozenset([label]) if isinstance(label, str) else label


def _probe(learn: Dataset, test: Dataset, read: Callable[[str], Label]) -> float:
    (names, vectors), (tested, shown) = vectors_of(learn, learn.ids()), vectors_of(test, test.ids(), like=learn)
    said = dict(zip(learn.ids(), learn.labels(), strict=True))
    true = dict(zip(test.ids(), test.labels(), strict=True))
    learned = probe(vectors, [read(str(said[name])) for name in names])
    return right(learned.says(shown), [read(str(true[name])) for name in tested])


def _measured(model: Model, test: Dataset) -> float:
    # The items that training checked on: they chose the best epoch, which flatters every round alike.
    return float(evaluate(model, test, allow_seen=True).scores["accuracy"])


def _next(
    data: Dataset, labeling: Labeling, *, n: int, by: By, model: Model | None, never: set[str], seed: int
) -> Dataset | None:
    """Return the items to label next, None when all are labeled or with the annotators."""
    ws = labeling.ws
    sources = ws.records.get("labeling", labeling.name).fields["sources"]
    asked = never | {id for ref in sources for id in ws.dataset(ref).ids()}
    rows = data.rows([ID, LABEL])
    ids = [str(row[ID]) for row in rows if row.get(LABEL) is not None or str(row[ID]) not in asked]
    if all(id in asked for id in ids):
        return None
    return pick(data.select(ids), n, by=by, model=model, seed=seed)


def _before(labeling: Labeling) -> list[dict[str, float]]:
    reports = [r.fields for r in labeling.ws.records.all("report") if r.fields.get("subject") == labeling.ref]
    found = [dict(p) for fields in reports if fields.get("kind") == KIND for p in fields["details"]["curve"]]
    return list({p["step"]: p for p in found}.values())
