"""Gold: items whose label is known, among those to label, to see how good people are."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.dataset import ID, LABEL
from workbench.core.labeling import Labeling
from workbench.core.task import Task
from workbench.labeling.consensus import Vote, Votes
from workbench.ops.shares import interval

#: A label that is a matter of degree (a box, a text) is right when it is at least this much like the known one.
ALIKE = 0.5


def truth(labeling: Labeling) -> dict[str, str]:
    """Return the known labels of a labeling by item; none when it has no gold."""
    ref = labeling.info().gold
    rows = labeling.ws.dataset(ref).rows([ID, LABEL]) if ref else []
    return {str(row[ID]): str(row[LABEL]) for row in rows if row.get(LABEL) is not None}


def enqueue(labeling: Labeling, ids: Sequence[str]) -> int:
    """Put *ids* into the queue with the gold items between them; return how many items are new there.

    Whoever works at the queue meets gold all along, in no order that could be learned. Where the annotators are named,
    each answers all of it; else as many people as answer any item.
    """
    info, known = labeling.info(), truth(labeling)
    queue = labeling.ws.assignments
    mixed = _mixed([id for id in ids if id not in known], sorted(known), seed=labeling.name)
    n_new = queue.enqueue(labeling.name, mixed, overlap=info.overlap)
    if known and len(info.annotators) > info.overlap:
        queue.enqueue(labeling.name, sorted(known), overlap=len(info.annotators))
    return n_new


def _mixed(ids: Sequence[str], known: Sequence[str], *, seed: str) -> list[str]:
    """Return both in one list: *ids* in their order, each of *known*, shuffled, at a drawn place of its stretch."""
    draw = random.Random(seed)  # noqa: S311  # a reproducible draw
    step = len(ids) / max(len(known), 1)
    placed = [(float(i), id) for i, id in enumerate(ids)]
    placed += [((i + draw.random()) * step, id) for i, id in enumerate(draw.sample(list(known), len(known)))]
    return [id for _, id in sorted(placed)]


def is_right(task: Task, said: str, known: str) -> bool:
    """Return whether an answer to a gold item is right."""
    return said == known if task.shape in ("class", "classes") else task.likeness(said, known) >= ALIKE


def scores(task: Task, found: Votes, known: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return for each person how many gold items they answered, how many rightly, and the 95 % interval of that share."""
    given: dict[str, list[bool]] = {}
    for item in known.keys() & found.keys():
        for vote in found[item]:
            given.setdefault(vote.annotator, []).append(_check(task, vote, known))
    return {person: _told(answers) for person, answers in given.items()}


def _check(task: Task, vote: Vote, known: Mapping[str, str]) -> bool:
    return is_right(task, vote.label, known[vote.item])


def _told(answers: list[bool]) -> dict[str, Any]:
    low, high = interval(sum(answers), len(answers))
    return {"n": len(answers), "right": sum(answers), "share": sum(answers) / len(answers), "low": low, "high": high}
