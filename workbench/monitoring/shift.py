"""Whether a model's predictions look as they did in validation, or else as those of the other models beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.ops import drift
from workbench.store.requests import Request

#: Fewer answers than this say nothing about a distribution.
ENOUGH = 20


@dataclass(frozen=True)
class Seen:
    """The predictions of a model somewhere: how often each label, and the score of each answer.

    Where only a histogram of the scores was kept, each stands in the middle of its bin, one of *bins* equal ones.
    """

    labels: Mapping[str, int]
    scores: Sequence[float]
    bins: int = 0


def in_service(requests: Sequence[Request]) -> Seen:
    """Return what was predicted in production."""
    answered = [r for r in requests if r.label is not None and r.score is not None]
    return Seen(Counter(str(r.label) for r in answered), [float(r.score or 0.0) for r in answered])


def in_validation(facts: Mapping[str, Any]) -> Seen | None:
    """Return what was predicted in validation, if the model's facts have it: counts of labels, histogram of scores."""
    kept = facts.get("reference")
    if not isinstance(kept, Mapping) or not kept.get("labels") or not kept.get("scores"):
        return None
    counts = [int(n) for n in kept["scores"]]
    scores = [_middle(i, len(counts)) for i, n in enumerate(counts) for _ in range(n)]
    return Seen({str(k): int(v) for k, v in kept["labels"].items()}, scores, len(counts))


def compare(model: str, now: Seen, against: str, before: Seen) -> dict[str, Any] | None:
    """Return the distances, None when one side is too small to tell."""
    if min(len(now.scores), len(before.scores)) < ENOUGH:
        return None
    bins = before.bins
    scores = [_middle(min(int(s * bins), bins - 1), bins) for s in now.scores] if bins else now.scores
    distance, p_value = drift.ks(before.scores, scores)
    return {
        "model": model,
        "against": against,
        "psi": drift.psi(before.labels, now.labels),
        "labels_moved": drift.total_variation(before.labels, now.labels),
        "ks": distance,
        "p_value": p_value,
    }


def _middle(index: int, bins: int) -> float:
    return (index + 0.5) / bins


def stability(found: Sequence[Mapping[str, Any]]) -> float:
    """Return 1 for no shift down to 0, by the worst of all distances."""
    return 1.0 - max(max(float(f["ks"]), float(f["labels_moved"])) for f in found)
