"""What an order of labeling would have saved: labels that are there are hidden, and shown to a model bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.dataset import ID, LABEL, Dataset
from workbench.core.errors import InputError
from workbench.core.report import Report, record
from workbench.data.vectors import Vectors
from workbench.data.worth import order, reader, vectors_of
from workbench.ops.likeness import jaccard
from workbench.ops.probe import Label, probe

#: This share of the items is never shown; accuracy is measured on it.
_TEST = 1 / 3
_DRAWN = "random"


@dataclass(frozen=True)
class Plan:
    """How a rehearsal goes; see `wb.active_learn()`."""

    per_round: int
    rounds: int
    by: str
    target: float
    repeats: int
    seed: int


@dataclass(frozen=True)
class _Items:
    vectors: Vectors
    labels: Sequence[Label]


def rehearse(data: Dataset, plan: Plan) -> Report:
    """Return the curves of the chosen and of a drawn order, and the share of labels that the first saves."""
    items = _items(data)
    steps = [plan.per_round * (i + 1) for i in range(plan.rounds + 1) if plan.per_round * (i + 1) <= _n_pool(items)]
    if len(steps) < 2:
        raise InputError(
            f"{len(items.labels)} labels are too few for a rehearsal with {plan.per_round} labels a round.",
            hint="Take a smaller `per_round`.",
        )
    orders = list(dict.fromkeys([_DRAWN, plan.by]))
    runs = [(by, i) for by in orders for i in range(plan.repeats)]
    ran: dict[str, list[list[float]]] = {by: [] for by in orders}
    for done, (by, i) in enumerate(runs, start=1):
        ran[by].append(_run(items, by, steps, plan.seed + i))
        data.ws.events.emit("progress", data.ref, verb="active_learn", done=done, total=len(runs))
    curves = {by: np.mean(of, axis=0) for by, of in ran.items()}
    target = plan.target or float(curves[_DRAWN][-1])
    needed = {by: labels_for(target, steps, curve) for by, curve in curves.items()}
    details: dict[str, Any] = {
        "curve": [{"step": n, **{by: float(c[i]) for by, c in curves.items()}} for i, n in enumerate(steps)],
        "needed": needed,
        "says": _says(plan.by, needed, target),
        "plan": asdict(plan) | {"target": target},
    }
    scores = {by: float(curve[-1]) for by, curve in curves.items()} | {"target": target}
    here, drawn = needed[plan.by], needed[_DRAWN]
    if here is not None and drawn is not None:
        scores["saved"] = 1 - here / drawn
    return record(data.ws, "active-learning", subject=data.ref, data=data.ref, scores=scores, details=details)


def labels_for(target: float, steps: Sequence[int], curve: Sequence[float] | NDArray[np.float64]) -> float | None:
    """Return how many labels first reach *target*, between two rounds by a straight line; None when none do.

    >>> labels_for(0.75, [10, 20, 30], [0.5, 0.7, 0.8])
    25.0
    """
    for i, value in enumerate(curve):
        if value >= target:
            if i == 0:
                return float(steps[0])
            part = (target - curve[i - 1]) / (value - curve[i - 1])
            return round(float(steps[i - 1] + part * (steps[i] - steps[i - 1])), 6)
    return None


def _items(data: Dataset) -> _Items:
    read = learnable(data)
    labeled = data.labeled()
    known = {str(row[ID]): str(row[LABEL]) for row in labeled.rows([ID, LABEL])}
    names, vectors = vectors_of(labeled, sorted(known))
    labels = [read(known[name]) for name in names]
    if len(set(labels)) < 2:
        raise InputError(f"{data.ref} has only the label {known[names[0]]!r}, and at least 2 are needed.")
    return _Items(vectors, labels)


def learnable(data: Dataset) -> Callable[[str], Label]:
    """Return what reads the labels of a dataset; refuse those that are more than the names of classes."""
    if read := reader(data):
        return read
    raise InputError(
        f"{data.ref} is for {data.task}; active learning takes labels that are the names of classes.",
        hint='wb.pick(data, n, by="coverage") picks items of any kind.',
    )


def right(said: Sequence[Label], true: Sequence[Label]) -> float:
    """Return the share that is right; of a set of classes, the share of names that both have (Godbole and Sarawagi, 2004)."""
    return float(
        np.mean(
            [
                one == other if isinstance(one, str) or isinstance(other, str) else jaccard(one, other)
                for one, other in zip(said, true, strict=True)
            ]
        )
    )


def _n_pool(items: _Items) -> int:
    return len(items.labels) - int(len(items.labels) * _TEST)


def _run(items: _Items, by: str, steps: Sequence[int], seed: int) -> list[float]:
    """Return the accuracy after each step of one rehearsal; every order begins with the same items."""
    places = np.random.default_rng(seed).permutation(len(items.labels))
    pool, test = places[: _n_pool(items)], places[_n_pool(items) :]
    shown, hidden, curve = list(pool[: steps[0]]), list(pool[steps[0] :]), list[float]()
    true = [items.labels[i] for i in test]
    for n in [*steps[1:], 0]:
        labels = [items.labels[i] for i in shown]
        learned = probe(items.vectors[shown], labels)
        curve.append(right(learned.says(items.vectors[test]), true))
        if n:
            taken = order(
                by,
                n - len(shown),
                pool=items.vectors[hidden],
                seen=items.vectors[shown],
                labels=labels,
                seed=seed + n,
                learned=learned,
            )
            shown += [hidden[i] for i in taken]
            gone = set(taken)
            hidden = [place for i, place in enumerate(hidden) if i not in gone]
    return curve


def _says(by: str, needed: dict[str, float | None], target: float) -> str:
    here, drawn = needed[by], needed[_DRAWN]
    if here is None or drawn is None:
        missed = " and ".join(name for name, n in needed.items() if n is None)
        return f"{missed} did not reach {target:.3f}"
    return f"{by} needs {here:.0f} labels for {target:.3f}, a drawn order {drawn:.0f}"
