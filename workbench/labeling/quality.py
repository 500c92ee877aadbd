"""The action `quality`: who labels how well, what it cost, and where people disagree."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import fmean, median
from typing import Any

from workbench.core.errors import InputError
from workbench.core.labeling import Labeling
from workbench.core.report import Report, record
from workbench.labeling import gold
from workbench.labeling.consensus import Vote, agreement
from workbench.labeling.cost import cost, worked
from workbench.labeling.standing import Standing, standing
from workbench.ops.agreement import alpha, kappa

#: Who needs less than this share of the median time does perhaps not look; who says one label this much more often than
#: the others perhaps always clicks there.
_HASTE, _HABIT = 1 / 3, 0.4
_MOST = 20


def quality(labeling: Labeling) -> Report:
    """Return how good the labels are by the answers so far, before and without a pull.

    Scores: `agreement` (mean likeness of two people's labels of an item), `alpha` (Krippendorff: the same beyond luck),
    `confidence` (of the consensus), `skill` (how often people are right by it), `gold` (the same on items whose label is
    known). Details: `people`, `confusions`, `disputed`, `cost`. Raises `InputError` when nobody has answered.
    """
    now = standing(labeling)
    if not now.given:
        raise InputError(f"Nobody has answered {labeling.ref} yet.", hint="Label a few items first.")
    people = _people(now)
    return record(
        labeling.ws,
        "quality",
        subject=labeling.ref,
        data=now.info.dataset,
        scores=_scores(now, people),
        details={
            "aggregate": now.info.aggregate,
            "people": people,
            "confusions": _confusions(now),
            "disputed": _disputed(now),
            "cost": cost(now.answers, n_labels=len(now.found.keys() - now.truth.keys()), rate=now.info.rate),
            "n_answers": sum(len(said) for said in now.found.values()),
        },
    )


def _scores(now: Standing, people: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    units = [[vote.label for vote in said] for said in now.given.values()]
    is_name = now.task.shape == "class"
    golds = [person["gold"] for person in people if person["gold"]]
    found = {
        "agreement": _mean([level for said in now.given.values() if (level := agreement(now.task, said)) is not None]),
        "alpha": alpha(units, None if is_name else now.task.likeness),
        "confidence": _mean([share for _, share in now.verdict.labels.values()]),
        "skill": _mean(list(now.verdict.skills.values())),
        "gold": sum(g["right"] for g in golds) / sum(g["n"] for g in golds) if golds else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _people(now: Standing) -> list[dict[str, Any]]:
    """Return what is known of each person, the one with the most answers first."""
    by = _by_person(now.given)
    known = gold.scores(now.task, now.given, now.truth)
    kappas = _kappas(by) if now.task.shape == "class" else {}
    habits = Counter(vote.label for votes in by.values() for vote in votes)
    usual_s = median(vote.seconds for votes in by.values() for vote in votes)
    told = []
    for name, votes in sorted(by.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        seconds = sum(worked(vote.seconds) for vote in votes)
        person: dict[str, Any] = {
            "annotator": name,
            "n_answers": len(votes),
            "skill": now.verdict.skills.get(name),
            "gold": known.get(name),
            "kappa": _mean(kappas.get(name, [])),
            "median_s": median(vote.seconds for vote in votes),
            "cost": seconds / 3600 * now.info.rate,
        }
        told.append(person | {"notes": _notes(now, person, votes, habits, usual_s)})
    return told


def _by_person(given: Mapping[str, Sequence[Vote]]) -> dict[str, list[Vote]]:
    by: dict[str, list[Vote]] = defaultdict(list)
    for said in given.values():
        for vote in said:
            by[vote.annotator].append(vote)
    return by


def _kappas(by: Mapping[str, Sequence[Vote]]) -> dict[str, list[float]]:
    """Return each person's kappa with everyone who labeled some of the same items."""
    labels = {name: {vote.item: vote.label for vote in votes} for name, votes in by.items()}
    found: dict[str, list[float]] = defaultdict(list)
    for one, other in combinations(labels, 2):
        shared = sorted(labels[one].keys() & labels[other].keys())
        value = kappa([labels[one][i] for i in shared], [labels[other][i] for i in shared]) if shared else None
        if value is not None:
            found[one].append(value)
            found[other].append(value)
    return found


def _notes(
    now: Standing, person: Mapping[str, Any], votes: Sequence[Vote], habits: Mapping[str, int], usual_s: float
) -> list[str]:
    notes, tested = [], person["gold"]
    if tested and tested["high"] < max(0.5, 2 / max(len(now.info.classes), 2)):
        notes.append(f"{tested['right']} of {tested['n']} known items right: hardly better than luck")
    if len(votes) >= _MOST and 0 < person["median_s"] < usual_s * _HASTE:
        notes.append(f"{person['median_s']:.1f} s an item, others need {usual_s:.1f} s")
    label, n = Counter(vote.label for vote in votes).most_common(1)[0]
    others = sum(habits.values()) - len(votes)
    if len(votes) >= _MOST and others and n / len(votes) - (habits[label] - n) / others > _HABIT:
        notes.append(f"says {label!r:.60} to {n / len(votes):.0%} of the items, others to {(habits[label] - n) / others:.0%}")
    return notes


def _confusions(now: Standing) -> list[dict[str, Any]]:
    """Return which label people said instead of which, the most frequent first."""
    if now.task.shape != "class":
        return []
    pairs: Counter[tuple[str, str]] = Counter()
    for item, said in now.given.items():
        label = now.truth.get(item) or now.verdict.labels[item][0]
        pairs.update((label, vote.label) for vote in said if vote.label != label)
    return [{"label": label, "said": said, "n": n} for (label, said), n in pairs.most_common(_MOST)]


def _disputed(now: Standing) -> list[dict[str, Any]]:
    levels = [
        (level, item) for item, said in now.given.items() if (level := agreement(now.task, said)) is not None and level < 1
    ]
    return [
        {"item": item, "agreement": level, "said": {vote.annotator: vote.label for vote in now.given[item]}}
        for level, item in sorted(levels)[:_MOST]
    ]


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None
