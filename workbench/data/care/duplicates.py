"""The checks for items that are there twice: exactly, nearly, and on both sides of a split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from workbench.core.dataset import REVIEWED_BY, TEXT, Dataset
from workbench.data.care.finding import Finding, Outcome
from workbench.data.care.subject import Subject
from workbench.ops.ngrams import pieces
from workbench.ops.twins import Twin, twins

#: Cosines of `Subject.looks` from which two items are nearly the same; measured on copies that were scaled or saved as
#: JPEG, against the nearest pairs of handwritten digits that are not the same.
LEAST = {"image": 0.995, "text": 0.8, "audio": 0.99}
#: Texts are the same when they share so many of their words and pieces; those of so many are kept at hand.
_JACCARD, _AT_HAND = 0.8, 20_000

Closer = Callable[[int, int], float]


def duplicates(subject: Subject) -> Outcome:
    """Propose to remove items whose content is that of another; the one with the better label stays."""
    groups: dict[bytes, list[int]] = defaultdict(list)
    for place, key in enumerate(subject.keys):
        if key:
            groups[key].append(place)
    found, rank = [], _rank(subject)
    for group in groups.values():
        if len(group) > 1:
            kept, *rest = sorted(group, key=lambda place: rank[place])
            found += [Twin(place, kept, 1.0) for place in rest]
    return Outcome([_finding(subject, twin, "The same as") for twin in found], _conflicts(subject, found))


def near_duplicates(subject: Subject) -> Outcome:
    """Propose to remove items that are nearly another: scaled, saved again, brighter, with a word more."""
    if subject.kind == "table":
        return Outcome(skipped="Rows of a table are compared exactly.")
    exact = {finding.id for finding in duplicates(subject).findings}
    ids, vectors = subject.looks
    near, cosines = subject.near(vectors)
    at = {id: place for place, id in enumerate(subject.ids)}
    rank = _rank(subject)
    order = [rank[at[id]] for id in ids]
    closer = _closer((subject, ids))
    found = twins(near, cosines, vectors, least=LEAST[subject.kind], rank=order, closer=closer, least_closer=_JACCARD)
    told = [Twin(at[ids[t.place]], at[ids[t.of]], t.likeness) for t in found if ids[t.place] not in exact]
    return Outcome([_finding(subject, twin, "Nearly the same as") for twin in told], _conflicts(subject, told))


def leakage(subject: Subject) -> Outcome:
    """Propose to remove items that are, exactly or nearly, in one of the datasets that were given as `against`."""
    if not subject.against:
        return Outcome(skipped="Name the other side: wb.audit(train, against=[test]).")
    found: dict[str, Finding] = {}
    mine = subject.keys
    facts: dict[str, Any] = {}
    for other in subject.against:
        theirs = dict(zip(Subject(other).keys_of(subject.parts), other.ids(), strict=True))
        there = set(theirs.values())
        for id, key in zip(subject.ids, mine, strict=True):
            if id in there or (key and key in theirs):
                twin = id if id in there else theirs[key]
                found.setdefault(id, Finding(id, f"It is in {other.ref} too.", "remove", 1.0, twin))
        if subject.kind != "table":
            for finding in _near_leaks(subject, other):
                found.setdefault(finding.id, finding)
        facts |= _shared_groups(subject, other)
    return Outcome(list(found.values()), facts)


def _near_leaks(subject: Subject, other: Dataset) -> list[Finding]:
    theirs = Subject(other)
    names, vectors = subject.looks
    other_names, other_vectors = theirs.looks
    if not len(names) or not len(other_names):
        return []
    both = np.concatenate([vectors, other_vectors])
    near, cosines = subject.near(both)
    closer = _closer((subject, names), (theirs, other_names))
    # The others come first, so that what stays of a group that is on both sides is one of theirs.
    rank = [place + len(other_names) for place in range(len(names))] + list(range(len(other_names)))
    found = twins(near, cosines, both, least=LEAST[subject.kind], rank=rank, closer=closer, least_closer=_JACCARD)
    return [
        Finding(
            names[t.place],
            f"Nearly the same as {other_names[t.of - len(names)]} of {other.ref}.",
            "remove",
            t.likeness,
            other_names[t.of - len(names)],
        )
        for t in found
        if t.place < len(names) <= t.of
    ]


def _closer(*sides: tuple[Subject, Sequence[str]]) -> Closer | None:
    """Return the closer look that items need: at words, and at what else they are made of; None when looks are all."""
    is_text = sides[0][0].kind == "text"
    texts: list[str] = []
    others: list[bytes] = []
    for subject, ids in sides:
        at = {id: place for place, id in enumerate(subject.ids)}
        more = subject.keys_of(subject.parts[1:]) if len(subject.parts) > 1 else [b""] * len(at)
        others += [more[at[id]] for id in ids]
        said = subject.column(TEXT) if is_text else []
        texts += [str(said[at[id]]) for id in ids] if is_text else []
    if not is_text and not any(others):
        return None

    @lru_cache(maxsize=_AT_HAND)
    def of(place: int) -> frozenset[str]:
        return frozenset(pieces(texts[place]))

    def look(one: int, other: int) -> float:
        if others[one] != others[other]:
            return 0.0
        if not is_text:
            return 1.0
        a, b = of(one), of(other)
        return len(a & b) / len(a | b) if a or b else 1.0

    return look


def _rank(subject: Subject) -> list[int]:
    """Return of each item its rank: reviewed before labeled before larger before the others, then by place."""
    sizes = [(w or 0) * (h or 0) for w, h in zip(subject.column("width"), subject.column("height"), strict=True)]
    reviewed = subject.column(REVIEWED_BY)
    order = sorted(range(len(subject.ids)), key=lambda i: (reviewed[i] is None, subject.labels[i] is None, -sizes[i], i))
    rank = [0] * len(order)
    for place, i in enumerate(order):
        rank[i] = place
    return rank


def _finding(subject: Subject, twin: Twin, said: str) -> Finding:
    id, kept = subject.ids[twin.place], subject.ids[twin.of]
    mine, other = subject.labels[twin.place], subject.labels[twin.of]
    more = f", whose label is {other!r}, not {mine!r}" if mine is not None and other is not None and mine != other else ""
    return Finding(id, f"{said} {kept}{more}.", "remove", twin.likeness, kept)


def _conflicts(subject: Subject, found: Sequence[Twin]) -> Mapping[str, Any]:
    pairs = [(subject.labels[t.place], subject.labels[t.of]) for t in found]
    return {"with_other_labels": sum(a is not None and b is not None and a != b for a, b in pairs)}


def _shared_groups(subject: Subject, other: Dataset) -> Mapping[str, Any]:
    """Return the groups (a patient, a scene, a folder) that are on both sides; a folder that is the label is no group."""
    mine, labels = subject.column("group"), subject.labels
    if all(group is None for group in mine) or mine == labels:
        return {}
    theirs = {row.get("group") for row in other.rows(["group"])} - {None}
    shared = sorted(str(group) for group in theirs & set(mine))
    return {"shared_groups": shared[:20], "n_shared_groups": len(shared)} if shared else {}
