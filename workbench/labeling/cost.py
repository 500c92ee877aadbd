"""What labels cost: the time that people took, at what an hour of theirs costs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.core.ports import Answer

#: Nobody looks at one item longer than this; a window that stayed open overnight is not work.
IDLE_S = 900.0


def cost(answers: Iterable[Answer], *, n_labels: int, rate: float) -> dict[str, Any]:
    """Return seconds, hours and money of all answers, skipped ones too, and what one label took and cost."""
    seconds = sum(worked(answer.seconds) for answer in answers)
    total = seconds / 3600 * rate
    return {
        "seconds": seconds,
        "hours": seconds / 3600,
        "rate": rate,
        "total": total,
        "n_labels": n_labels,
        "seconds_per_label": seconds / n_labels if n_labels else 0.0,
        "per_label": total / n_labels if n_labels else 0.0,
    }


def worked(seconds: float) -> float:
    """Return how much of a time is work."""
    return min(max(seconds, 0.0), IDLE_S)
