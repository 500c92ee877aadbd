"""The check for what the items cover: how varied they are, in which clusters, and how like those that they shall resemble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.core.dataset import TEXT
from workbench.data.care.finding import Finding, Outcome
from workbench.data.care.subject import Subject
from workbench.data.vectors import Vectors
from workbench.models.embedders.embedder import EMBEDDERS
from workbench.ops.drift import ks, psi
from workbench.ops.vectors import clusters, cover, unit, variety

_MOST_CLUSTERS = 32
#: From which a target is not covered, a cluster of it is empty, and shares of classes or lengths have moved.
_COVERED, _EMPTY, _MOVED, _UNLIKE = 0.8, 0.2, 0.25, 0.2
_BINS = 10
#: How varied pairs of pictures and texts are is told by so many of them.
_PAIRS = 50_000


def coverage(subject: Subject) -> Outcome:
    """Report variety, clusters, classes and lengths; with `against`, what of it is not covered and how far they differ."""
    ids, vectors = subject.vectors
    if len(ids) < 2:
        return Outcome(skipped="It takes two items that can be read.")
    n = int(min(_MOST_CLUSTERS, max(2, (len(ids) / 2) ** 0.5)))
    _, home = clusters(vectors, n)
    sizes = np.bincount(home, minlength=n)
    lengths = _lengths(subject)
    facts: dict[str, Any] = {
        "variety": round(variety(vectors), 3),
        "clusters": sorted(sizes[sizes > 0].tolist(), reverse=True),
        "even_clusters": round(_effective(sizes), 2),
        "classes": dict(Counter(str(label) for label in subject.labels if label is not None).most_common(50)),
        "lengths": _histogram(lengths),
    }
    if subject.kind == "image" and TEXT in subject.parts:
        facts |= _pairs(subject, ids, vectors)
    findings: list[Finding] = []
    for other in subject.against:
        told, said = _compared(subject, Subject(other), lengths)
        facts.setdefault("targets", {})[other.ref] = told
        findings += said
    return Outcome(findings, facts)


def _pairs(subject: Subject, ids: Sequence[str], vectors: Vectors) -> dict[str, Any]:
    """Return how varied the texts of pictures are, and the pairs, whose cosine is the mean of both, by some of them."""
    chosen = np.sort(np.random.default_rng(0).choice(len(ids), min(_PAIRS, len(ids)), replace=False))
    texts = dict(zip(subject.ids, subject.column(TEXT), strict=True))
    said = EMBEDDERS["ngrams"]().vectors("text", [str(texts[ids[i]] or "") for i in chosen])
    both = unit(np.concatenate([vectors[chosen], said], axis=1))
    return {"pairs": len(chosen), "text_variety": round(variety(said), 3), "pair_variety": round(variety(both), 3)}


def _compared(subject: Subject, target: Subject, lengths: list[float]) -> tuple[dict[str, Any], list[Finding]]:
    ref = target.data.ref
    if subject.by != target.by:
        return {"skipped": f"It has vectors by {target.by!r}, not by {subject.by!r}."}, []
    (_, mine), (_, theirs) = subject.vectors, target.vectors
    if mine.shape[1] != theirs.shape[1]:  # rows of tables with other columns
        return {"skipped": "Its rows have other columns."}, []
    told: dict[str, Any] = {"covered": round(cover(mine, theirs), 4), "apart": round(_apart(mine, theirs), 4)}
    found = []
    if told["covered"] < _COVERED:
        found.append(Finding("", f"{1 - told['covered']:.0%} of {ref} has nothing like it here.", "none", 1 - told["covered"]))
    told["empty_clusters"] = _empty(mine, theirs)
    if told["empty_clusters"]:
        found.append(Finding("", f"{len(told['empty_clusters'])} clusters of {ref} are nearly empty here.", "none", 0.5))
    labels = [Counter(str(label) for label in s.labels if label is not None) for s in (target, subject)]
    if all(labels):
        told["classes_psi"] = round(psi(labels[0], labels[1]), 4)
        if told["classes_psi"] > _MOVED:
            found.append(Finding("", f"The shares of classes differ from {ref} (PSI {told['classes_psi']:.2f}).", "none", 0.5))
    other_lengths = _lengths(target)
    if lengths and other_lengths:
        distance, p = ks(other_lengths, lengths)
        told["lengths_ks"] = round(distance, 4)
        if distance > _UNLIKE and p < 0.01:
            found.append(Finding("", f"Lengths or sizes differ from {ref} (KS {distance:.2f}).", "none", distance))
    return told, found


def _empty(mine: Vectors, theirs: Vectors) -> list[int]:
    """Return the sizes of the target's clusters that have far fewer items here than their share there."""
    n = int(min(_MOST_CLUSTERS, max(2, (len(theirs) / 2) ** 0.5)))
    centers, home = clusters(theirs, n)
    there = np.bincount(home, minlength=n)
    here = np.bincount((mine @ centers.T).argmax(axis=1), minlength=n)
    expected = there / len(theirs) * len(mine)
    return [int(size) for size, has, due in zip(there, here, expected, strict=True) if due >= 5 and has < _EMPTY * due]


def _apart(mine: Vectors, theirs: Vectors) -> float:
    """Return the energy distance of two clouds (Szekely and Rizzo, 2013), of at most 2,000 rows of each: 0 for the same."""
    random = np.random.default_rng(0)
    a, b = (rows[random.choice(len(rows), min(2000, len(rows)), replace=False)] for rows in (mine, theirs))

    def mean(x: Vectors, y: Vectors) -> float:
        return float(np.sqrt(np.maximum(2 - 2 * (x @ y.T), 0)).mean())

    return max(0.0, 2 * mean(a, b) - mean(a, a) - mean(b, b))


def _effective(sizes: Any) -> float:
    shares = sizes[sizes > 0] / sizes.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _lengths(subject: Subject) -> list[float]:
    """Return how long each item is: words of a text (characters where no blanks part them), seconds, or pixels."""
    if subject.kind == "text":
        texts = [str(text or "") for text in subject.column(TEXT)]
        return [float(len(text.split()) if " " in text.strip() else len(text)) for text in texts]
    if subject.kind == "audio":
        return [float(s) for s in subject.column("seconds") if s is not None]
    if subject.kind == "image":
        sides = zip(subject.column("width"), subject.column("height"), strict=True)
        return [float(w * h) ** 0.5 for w, h in sides if w and h]
    return []


def _histogram(lengths: list[float]) -> dict[str, list[float]]:
    if not lengths:
        return {}
    counts, edges = np.histogram(lengths, bins=_BINS)
    return {"counts": counts.tolist(), "edges": [round(float(edge), 3) for edge in edges]}
