"""Regions that several people marked in one item, fused: each that most of them marked, as the most typical of them did."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.core.labels import dumps, loads
from workbench.core.task import Task

Region = dict[str, Any]
#: One person's region: who, how much they weigh, what they marked.
_Mark = tuple[str, float, Region]

#: Regions of two people that overlap this much are of one thing.
_SAME = 0.5
#: Comparing more with each other takes too long.
_MOST = 2_000


def fused(task: Task, said: Sequence[tuple[str, float, str]]) -> str | None:
    """Return the regions that more than half of the weight marked; None where labels are no lists of regions, or too long.

    *said* are people with their weights and labels. Regions of different people that overlap enough and have the same
    class are of one thing; of these the one that overlaps most with the others is taken as it was marked.
    """
    alike: Callable[[Sequence[Region]], Callable[[Region, Region], float]] | None = getattr(task, "alike", None)
    labels = [(who, weight, loads(label)) for who, weight, label in said]
    if alike is None or not all(isinstance(regions, list) for _, _, regions in labels):
        return None
    marked = [region for _, _, regions in labels for region in regions]
    if len(marked) > _MOST:
        return None
    overlap = alike(marked)
    things: list[list[_Mark]] = []
    for who, weight, regions in sorted(labels, key=lambda each: -each[1]):
        for region in regions:
            thing = _thing(things, who, region, overlap)
            if thing is None:
                things.append([(who, weight, region)])
            else:
                thing.append((who, weight, region))
    total = sum(weight for _, weight, _ in said)
    kept = [thing for thing in things if sum(weight for _, weight, _ in thing) > total / 2]
    return task.check(dumps([_typical(thing, overlap) for thing in kept])) if kept else None


def _thing(
    things: Sequence[list[_Mark]], who: str, region: Region, overlap: Callable[[Region, Region], float]
) -> list[_Mark] | None:
    """Return the marks of others that this region belongs to, best first."""
    found: tuple[float, list[_Mark] | None] = (_SAME, None)
    for thing in things:
        if thing[0][2]["label"] == region["label"] and all(who != other for other, _, _ in thing):
            share = max(overlap(region, other) for _, _, other in thing)
            if share >= found[0]:
                found = (share, thing)
    return found[1]


def _typical(thing: Sequence[_Mark], overlap: Callable[[Region, Region], float]) -> Mapping[str, Any]:
    return max(thing, key=lambda mark: sum(weight * overlap(mark[2], other) for _, weight, other in thing))[2]
