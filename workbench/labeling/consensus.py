"""What the answers to an item come to: one label per item, with who said it, when, and how much they agreed."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

from workbench.core.dataset import AGREEMENT, ID, LABEL, LABEL_AT, LABEL_BY, REVIEWED_BY
from workbench.core.errors import InputError
from workbench.core.labels import dumps
from workbench.core.ports import Answer, Row
from workbench.core.registry import Registry
from workbench.core.task import Task
from workbench.labeling.fusing import fused

_log = logging.getLogger(__name__)

#: Where an answer was said that ends every dispute.
REVIEW = "review"
#: How many people answered, how long they took together, and how sure the consensus is of the label.
N_ANSWERS, LABEL_SECONDS, CONFIDENCE = "n_answers", "label_seconds", "confidence"
_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Vote:
    """What one person says of one item: their newest answer that is not a skip."""

    item: str
    annotator: str
    label: str
    at: str
    seconds: float = 0.0
    source: str = ""


Votes = Mapping[str, Sequence[Vote]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The label of each item with how sure it is (0 to 1), and how often each person is right by that."""

    labels: Mapping[str, tuple[str, float]]
    skills: Mapping[str, float]


#: From the votes of an item and the weights of people to its label.
_Choice = Callable[[Task, Sequence[Vote], Mapping[str, float]], str]
#: From the votes by item to a verdict; the last argument are the items whose label is known.
Method = Callable[[Task, Votes, Mapping[str, str]], Verdict]

METHODS: Registry[Method] = Registry(
    "consensus",
    {
        "newest": "workbench.labeling.consensus:newest",
        "majority": "workbench.labeling.consensus:majority",
        "weighted": "workbench.labeling.consensus:weighted",
        "rover": "workbench.labeling.consensus:by_word",
        "dawid-skene": "workbench.labeling.weighing:dawid_skene",
        "one-coin": "workbench.labeling.weighing:one_coin",
        "glad": "workbench.labeling.weighing:glad",
        "mace": "workbench.labeling.weighing:mace",
    },
)


def labels(
    task: Task,
    answers: Iterable[Answer],
    *,
    how: str = "newest",
    rows: Mapping[str, Row] | None = None,
    truth: Mapping[str, str] | None = None,
) -> dict[str, Row]:
    """Return what is to be written into the row of each item that has a label, by its id.

    Args:
        task: What reads an answer, and says how alike two labels are.
        answers: All answers of a labeling; skipped and withdrawn ones say nothing.
        how: The name of a method in `METHODS`. A reviewer's answer wins whatever the method.
        rows: The rows of the items, where a label needs them (regions in percent need `width` and `height`).
        truth: The labels of gold items; methods that weigh people learn from them.
    """
    found = votes(task, answers, rows=rows)
    given = without_reviews(found)
    chosen = METHODS[how](task, given, truth or {}).labels if given else {}
    return {item: _row(task, said, given.get(item, ()), chosen.get(item)) for item, said in found.items()}


def votes(task: Task, answers: Iterable[Answer], *, rows: Mapping[str, Row] | None = None) -> dict[str, list[Vote]]:
    """Return one vote per person and item, oldest first: what they said last, here or there. Items without any are left out.

    A review is a vote of its own: the person who reviews may have labeled the item before.
    """
    standing: dict[tuple[str, ...], Answer] = {}
    for answer in sorted(answers, key=lambda a: a.at):
        standing[(answer.source, answer.key) if answer.key else (answer.source, answer.annotator, answer.id)] = answer
    found: dict[str, dict[tuple[str, bool], Vote]] = defaultdict(dict)
    for answer in sorted(standing.values(), key=lambda a: a.at):
        said = _said(task, answer, (rows or {}).get(answer.id)) if answer.state == "given" else None
        if said is not None:
            person = (answer.annotator, answer.source == REVIEW)
            found[answer.id].pop(person, None)  # so that the order is the order of what counts
            found[answer.id][person] = Vote(answer.id, answer.annotator, said, answer.at, answer.seconds, answer.source)
    return {item: list(by.values()) for item, by in found.items()}


def _said(task: Task, answer: Answer, row: Row | None) -> str | None:
    """Return the label that an answer gives; one that cannot be read says nothing, and does not keep the others back."""
    try:
        return task.label_of(answer.result, row=row)
    except InputError as exc:
        _log.warning("The answer of %s to %s is left out: %s", answer.annotator, answer.id, exc.message)
        return None


def without_reviews(found: Votes) -> dict[str, list[Vote]]:
    """Return the votes that count towards a consensus; items that have only reviews are left out."""
    given = {item: [vote for vote in said if vote.source != REVIEW] for item, said in found.items()}
    return {item: said for item, said in given.items() if said}


def agreement(task: Task, said: Sequence[Vote]) -> float | None:
    """Return the mean likeness of every two people's labels; None for a single person."""
    pairs = [task.likeness(one.label, other.label) for one, other in combinations(said, 2)]
    return fmean(pairs) if pairs else None


def newest(task: Task, given: Votes, _truth: Mapping[str, str]) -> Verdict:
    """Return what was said last."""
    return _verdict(task, given, {item: said[-1].label for item, said in given.items()})


def majority(task: Task, given: Votes, _truth: Mapping[str, str]) -> Verdict:
    """Return what most people said: of classes and regions each that most people named or marked.

    Other labels that are more than names, such as texts, have no parts to vote on: there it is the label that is most like
    all the others, and so it is when no part has a majority.

    A tie goes to what was said first, so that a later answer has to change something to be heard.
    """
    return _verdict(task, given, {item: _most(task, said, {}) for item, said in given.items()})


def weighted(task: Task, given: Votes, truth: Mapping[str, str]) -> Verdict:
    """Return what most people said, each weighing as much as they agree with the outcome, until that stands."""
    return _weighed(task, given, truth, _most)


def by_word(task: Task, given: Votes, truth: Mapping[str, str]) -> Verdict:
    """Return texts that are put together word by word, each person weighing as much as they agree with the outcome.

    The outcome may be a text that nobody wrote: for transcripts that is right, for captions it may be no sentence. Labels
    that are no texts, and texts too long to be aligned, come to what `weighted` says.
    """
    return _weighed(task, given, truth, _put_together)


def _weighed(task: Task, given: Votes, truth: Mapping[str, str], choose: _Choice) -> Verdict:
    verdict = _verdict(task, given, {item: choose(task, said, {}) for item, said in given.items()})
    for _ in range(_ROUNDS):
        known = {item: truth.get(item, label) for item, (label, _) in verdict.labels.items()}
        skills = _skills(task, given, known)
        following = _verdict(task, given, {item: truth.get(item) or choose(task, said, skills) for item, said in given.items()})
        if following.labels == verdict.labels:
            return following
        verdict = following
    return verdict


def _put_together(task: Task, said: Sequence[Vote], weights: Mapping[str, float]) -> str:
    from workbench.ops.rover import rover  # brings numpy along

    text = rover([(_weight(vote, weights), vote.label) for vote in said]) if task.shape == "text" and len(said) > 1 else ""
    return text or _most(task, said, weights)


def _most(task: Task, said: Sequence[Vote], weights: Mapping[str, float]) -> str:
    if task.shape == "classes" and (shared := _shared(task, said, weights)):
        return shared
    if task.shape == "regions" and len(said) > 1:
        marked = fused(task, [(vote.annotator, _weight(vote, weights), vote.label) for vote in said])
        if marked is not None:
            return marked
    labels = list(dict.fromkeys(vote.label for vote in said))
    return max(labels, key=lambda label: sum(_weight(vote, weights) * task.likeness(vote.label, label) for vote in said))


def _shared(task: Task, said: Sequence[Vote], weights: Mapping[str, float]) -> str:
    """Return the classes that more than half of the weight names; '' when there is no such class."""
    total, counts = sum(_weight(vote, weights) for vote in said), defaultdict[str, float](float)
    for vote in said:
        for name in task.names_in(vote.label):
            counts[name] += _weight(vote, weights)
    names = sorted(name for name, weight in counts.items() if weight > total / 2)
    return dumps(names) if names else ""


def _weight(vote: Vote, weights: Mapping[str, float]) -> float:
    return weights.get(vote.annotator, 1.0)


def _verdict(task: Task, given: Votes, labels: Mapping[str, str]) -> Verdict:
    sure = {item: (label, fmean(task.likeness(vote.label, label) for vote in given[item])) for item, label in labels.items()}
    return Verdict(sure, _skills(task, given, labels))


def _skills(task: Task, given: Votes, labels: Mapping[str, str]) -> dict[str, float]:
    likeness: dict[str, list[float]] = defaultdict(list)
    for item, said in given.items():
        for vote in said:
            likeness[vote.annotator].append(task.likeness(vote.label, labels[item]))
    return {person: fmean(values) for person, values in likeness.items()}


def _row(task: Task, said: Sequence[Vote], given: Sequence[Vote], chosen: tuple[str, float] | None) -> Row:
    reviews = [vote for vote in said if vote.source == REVIEW]
    label, confidence = (reviews[-1].label, 1.0) if reviews else chosen or ("", 0.0)
    agreeing = [vote for vote in given if vote.label == label] or reviews[-1:] or list(given)
    row: Row = {
        ID: said[0].item,
        LABEL: label,
        LABEL_BY: ", ".join(sorted({vote.annotator for vote in agreeing})),
        LABEL_AT: max(vote.at for vote in [*agreeing, *reviews[-1:]]),
        AGREEMENT: agreement(task, given),
        CONFIDENCE: confidence,
        N_ANSWERS: len(given),
        LABEL_SECONDS: sum(vote.seconds for vote in said),
    }
    return row | {REVIEWED_BY: reviews[-1].annotator} if reviews else row
