"""The check for labels that are probably wrong, by what all other items say (confident learning)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.core import labels as json_labels
from workbench.core.errors import InputError
from workbench.data.care.finding import Finding, Outcome
from workbench.data.care.subject import K, Subject
from workbench.ops.suspects import doubtful, out_of_sample, tells

#: Of a class with fewer labels the others say nothing.
_FEWEST = 5
_TOO_FEW = f"It takes more than {K} labeled items that can be read."
#: So many probabilities are held at a time: half a gigabyte of them.
_MOST = 2**26


def labels(subject: Subject) -> Outcome:
    """Propose to take off labels that the other items contradict, most doubtful first; the suggestion stays a prediction.

    What somebody has reviewed is not doubted again.
    """
    shape = subject.task.shape if subject.task else "class"
    if shape == "classes":
        return _several(subject)
    if shape != "class":
        return Outcome(skipped=f"Labels of {subject.data.task} are more than a class; see agreement between people.")
    return _single(subject)


def _single(subject: Subject) -> Outcome:
    """Judge labels that are one class each."""
    known = {id: label for id, label in zip(subject.ids, subject.labels, strict=True) if label is not None}
    counts = Counter(known.values())
    classes = sorted(name for name, n in counts.items() if n >= _FEWEST)
    if len(classes) < 2:
        return Outcome(skipped=f"It takes two classes with {_FEWEST} labels each.")
    names, vectors = subject.vectors
    index = {name: place for place, name in enumerate(classes)}
    rows = [i for i, id in enumerate(names) if known.get(id) in index]
    if len(rows) <= K:
        return Outcome(skipped=_TOO_FEW)
    if len(rows) * len(classes) > _MOST:
        return Outcome(skipped=f"{len(rows):,} items of {len(classes):,} classes are too many at a time; audit a part.")
    targets = np.array([index[known[names[i]]] for i in rows], np.int64)
    ids = [names[i] for i in rows]
    chosen = vectors if len(rows) == len(names) else vectors[rows]
    near, cosines = subject.near(chosen)
    probabilities = out_of_sample(chosen, near, cosines, targets, len(classes))
    if not tells(targets, probabilities):
        return Outcome(skipped=f"Vectors by {subject.by!r} hardly tell the classes apart, so they say nothing of labels.")
    findings = _doubted(subject, ids, targets, classes, probabilities)
    rare = sorted(set(counts) - set(classes))
    return Outcome(findings, {"judged": len(ids), "too_rare": rare[:20], "by": subject.by})


def _doubted(
    subject: Subject, ids: Sequence[str], targets: NDArray[np.int64], classes: Sequence[str], said: NDArray[np.float64]
) -> list[Finding]:
    reviewed = {id for id, yes in zip(subject.ids, subject.reviewed, strict=True) if yes}
    found = []
    for i in np.flatnonzero(doubtful(targets, said)).tolist():
        best = int(said[i].argmax())
        if ids[i] in reviewed or best == targets[i]:
            continue
        own, other = classes[int(targets[i])], classes[best]
        reason = f"Labeled {own!r}; the others say {other!r} ({said[i, best]:.0%} to {said[i, targets[i]]:.0%})."
        found.append(Finding(ids[i], reason, "relabel", float(said[i, best] - said[i, targets[i]]), other))
    return sorted(found, key=lambda finding: -finding.score)


def _several(subject: Subject) -> Outcome:
    """Judge each class by itself: is it there, is it not."""
    known = {id: told for id, label in zip(subject.ids, subject.labels, strict=True) if (told := _names(label)) is not None}
    names, vectors = subject.vectors
    rows = [i for i, id in enumerate(names) if id in known]
    if len(rows) <= K:
        return Outcome(skipped=_TOO_FEW)
    ids, chosen = [names[i] for i in rows], vectors if len(rows) == len(names) else vectors[rows]
    near, cosines = subject.near(chosen)
    doubts: dict[str, list[tuple[float, str, bool]]] = {}
    for name in sorted(set().union(*known.values())):
        there = np.array([name in known[id] for id in ids], np.int64)
        if min(there.sum(), len(there) - there.sum()) < _FEWEST:
            continue
        said = out_of_sample(chosen, near, cosines, there, 2)
        if not tells(there, said):
            continue
        for i in np.flatnonzero(doubtful(there, said)):
            doubts.setdefault(ids[i], []).append((float(said[i, 1 - there[i]]), name, bool(there[i])))
    reviewed = {id for id, yes in zip(subject.ids, subject.reviewed, strict=True) if yes}
    found = []
    for id, doubt in doubts.items():
        if id in reviewed:
            continue
        wrong = ", ".join(f"{name!r} {'should not be there' if there else 'is missing'} ({p:.0%})" for p, name, there in doubt)
        right = known[id] ^ {name for _, name, _ in doubt}
        found.append(Finding(id, f"By the others, {wrong}.", "relabel", max(doubt)[0], json_labels.dumps(sorted(right))))
    return Outcome(sorted(found, key=lambda finding: -finding.score), {"judged": len(ids), "by": subject.by})


def _names(label: str | None) -> frozenset[str] | None:
    """Return the classes in a label, None when it is none; what is wrong with it is told by the check `invalid`."""
    try:
        told = json_labels.loads(label) if label else None
    except InputError:
        return None
    return frozenset(map(str, told)) if isinstance(told, list) else None
