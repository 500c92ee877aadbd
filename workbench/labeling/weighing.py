"""Consensus by models of people: who is how good is estimated along with what is true."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.labels import dumps
from workbench.core.need import need
from workbench.core.task import Task
from workbench.labeling.consensus import Verdict, Votes, weighted
from workbench.ops import crowd

#: (item, person, label) of each vote.
Triple = tuple[str, str, str]
Estimate = Callable[[Sequence[Triple], Mapping[str, str]], tuple[dict[str, dict[str, float]], dict[str, float]]]


def dawid_skene(task: Task, given: Votes, truth: Mapping[str, str]) -> Verdict:
    """Return the likeliest labels when each person confuses classes in a way of their own."""
    return _by_class(task, given, truth, lambda said, known: _own(crowd.dawid_skene, said, known))


def one_coin(task: Task, given: Votes, truth: Mapping[str, str]) -> Verdict:
    """Return the likeliest labels when each person is right with one probability, whatever the class."""
    return _by_class(task, given, truth, lambda said, known: _own(crowd.one_coin, said, known))


def glad(task: Task, given: Votes, truth: Mapping[str, str]) -> Verdict:
    """Return the likeliest labels when items differ in difficulty as people do in skill (Whitehill et al., 2009)."""
    return _by_class(task, given, truth, lambda said, known: _crowd_kit("GLAD", said, known))


def mace(task: Task, given: Votes, truth: Mapping[str, str]) -> Verdict:
    """Return the likeliest labels when people either know or click at random (Hovy et al., 2013)."""
    return _by_class(task, given, truth, lambda said, known: _crowd_kit("MACE", said, known))


def _by_class(task: Task, given: Votes, truth: Mapping[str, str], estimate: Estimate) -> Verdict:
    """Estimate names as they are, lists of names as a yes or no per class; other labels have no table of confusions."""
    triples = [(vote.item, vote.annotator, vote.label) for said in given.values() for vote in said]
    if task.shape == "class":
        likely, skills = estimate(triples, truth)
        return Verdict({item: _best(shares) for item, shares in likely.items()}, skills)
    if task.shape == "classes":
        return _lists(task, triples, truth, estimate)
    return weighted(task, given, truth)


def _best(shares: Mapping[str, float]) -> tuple[str, float]:
    label = max(shares, key=shares.__getitem__)
    return label, shares[label]


def _lists(task: Task, triples: Sequence[Triple], truth: Mapping[str, str], estimate: Estimate) -> Verdict:
    named = {label: set(task.names_in(label)) for label in {said for _, _, said in triples} | set(truth.values())}
    yes: dict[str, list[str]] = {item: [] for item, _, _ in triples}
    sure = dict.fromkeys(yes, 1.0)
    skills: dict[str, list[float]] = {}
    for name in sorted(set().union(*named.values())):
        said = [(item, person, str(name in named[label])) for item, person, label in triples]
        likely, right = estimate(said, {item: str(name in named[label]) for item, label in truth.items()})
        for item, shares in likely.items():
            best, share = _best(shares)
            sure[item] = min(sure[item], share)
            if best == "True":
                yes[item].append(name)
        for person, skill in right.items():
            skills.setdefault(person, []).append(skill)
    means = {person: float(np.mean(values)) for person, values in skills.items()}
    return Verdict({item: (dumps(names), sure[item]) for item, names in yes.items()}, means)


def _own(
    model: Callable[[crowd.Votes], crowd.Crowd], said: Sequence[Triple], truth: Mapping[str, str]
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    items, people, labels = (_numbered([vote[i] for vote in said]) for i in range(3))
    classes = {label: i for i, label in enumerate(sorted(set(labels) | {truth[i] for i in items if i in truth}))}
    known = [classes[truth[item]] if item in truth else -1 for item in items]
    table = ([items[i] for i, _, _ in said], [people[p] for _, p, _ in said], [classes[name] for _, _, name in said])
    found = model(crowd.votes(*table, len(classes), known))
    return _told(found.likely, items, list(classes)), {p: float(found.skill[i]) for p, i in people.items()}


def _numbered(names: Sequence[str]) -> dict[str, int]:
    return {name: i for i, name in enumerate(dict.fromkeys(names))}


def _told(likely: NDArray[np.float64], items: Mapping[str, int], classes: Sequence[str]) -> dict[str, dict[str, float]]:
    return {item: dict(zip(classes, likely[i].tolist(), strict=False)) for item, i in items.items()}


def _crowd_kit(
    name: str, said: Sequence[Triple], truth: Mapping[str, str]
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    aggregation = need("crowdkit.aggregation", extra="annotate", use=f"Consensus by {name}")
    pandas = need("pandas", extra="annotate", use=f"Consensus by {name}")
    table = pandas.DataFrame(said, columns=["task", "worker", "label"])
    options: dict[str, Any] = {"random_state": 0} if name == "MACE" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it speaks to an older pandas; nobody here can change that
        likely = getattr(aggregation, name)(**options).fit_predict_proba(table)
    shares: dict[str, dict[str, float]] = {
        item: {truth[item]: 1.0} if item in truth else row for item, row in likely.to_dict(orient="index").items()
    }
    right: dict[str, list[float]] = {}
    for item, person, label in said:
        right.setdefault(person, []).append(shares[item].get(label, 0.0))
    return shares, {person: float(np.mean(values)) for person, values in right.items()}
