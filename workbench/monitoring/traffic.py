"""What a service's request log says: requests, errors, latencies and confidence, of the whole and of each model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.store.requests import Request

#: From here on the service is to blame; below, the caller was (a damaged image).
_FAULT = 500


def summary(requests: Sequence[Request], *, seconds: float) -> dict[str, Any]:
    """Return the figures of one or more requests that came within *seconds*."""
    answered = [r for r in requests if r.status < 400]
    return {
        "requests": len(requests),
        "errors": sum(r.status >= _FAULT for r in requests),
        "refused": sum(400 <= r.status < _FAULT for r in requests),
        "qps": len(requests) / seconds,
        "confidence": mean(r.score for r in answered if r.score is not None),
        "labels": dict(Counter(r.label for r in answered if r.label is not None).most_common()),
        **latencies([r.latency_ms for r in answered]),
    }


def availability(figures: Mapping[str, Any]) -> float:
    """Return the share of requests that the service did not fail."""
    return 1.0 - float(figures["errors"]) / float(figures["requests"])


def latencies(values: Iterable[float]) -> dict[str, float]:
    """Return the median, the 95th and the 99th percentile in milliseconds (nearest rank: each was really seen)."""
    ranked = sorted(values)
    if not ranked:
        return {}
    return {f"p{p}_ms": ranked[-(-len(ranked) * p // 100) - 1] for p in (50, 95, 99)}


def mean(values: Iterable[float]) -> float | None:
    """Return the mean, None of nothing."""
    found = list(values)
    return sum(found) / len(found) if found else None


def by_model(requests: Iterable[Request]) -> dict[str, list[Request]]:
    """Return the requests of each model, by reference."""
    found: dict[str, list[Request]] = {}
    for request in requests:
        found.setdefault(request.model, []).append(request)
    return dict(sorted(found.items()))
