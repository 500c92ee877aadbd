"""The verb `monitor`: how a service does, and which of its inputs deserve a person's look."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.model import Model
from workbench.core.report import Report, record
from workbench.core.service import Service

if TYPE_CHECKING:
    from workbench.store.requests import Request


def monitor(service: Service, *, since_s: float = 3600.0) -> Report:
    """Return a report on the service's last *since_s* seconds, and put the inputs that it kept into a dataset.

    Scores: `availability` (the share of requests that the service did not fail), `confidence` (the mean score of its
    answers) and, where there is something to compare with, `stability`: 1 minus the greatest distance, in labels or in
    scores, to the model's validation or else to the other models. Details: requests, latencies in milliseconds and
    observed shares, of the whole and by model; `drift`; `samples`, the reference of the dataset.

    Raises:
        InputError: *since_s* is not above 0.
        ConflictError: there was no request in that time.
    """
    from workbench.monitoring import samples, traffic
    from workbench.store.requests import RequestLog

    if not since_s > 0:
        raise InputError(f"`since_s` must be greater than 0, got {since_s!r}.")
    info, log = service.info(), RequestLog(service.folder)
    if info.state == "running":
        # Its log is written twice a second; what was answered before this call belongs into the report.
        service.ws.host.call(info.handle, "POST", "/admin/flush")
    now = service.ws.clock().timestamp()
    requests = log.since(now - since_s)
    if not requests:
        raise ConflictError(
            f"Service {service.name} had no request in the last {since_s:g} s.",
            hint="Ask it with service.predict(), or look further back with `since_s`.",
        )
    by_model = traffic.by_model(requests)
    models = _known(service, by_model)
    drift = _drift(models, by_model)
    classes = list(dict.fromkeys(name for model in models.values() for name in model.classes))
    data = samples.collect(service, log, requests, task=info.task, classes=classes)
    seconds = max(min(since_s, now - requests[0].at), 0.001)
    whole = traffic.summary(requests, seconds=seconds)
    details = {
        "seconds": seconds,
        **whole,
        "models": {
            ref: {"share": 100 * len(own) / len(requests), "traffic": info.traffic.get(ref, 0.0)}
            | traffic.summary(own, seconds=seconds)
            for ref, own in by_model.items()
        },
        "drift": drift,
        "samples": data.ref if data else "",
    }
    subject, ref = service.ref, data.ref if data else ""
    return record(service.ws, "monitor", subject=subject, data=ref, scores=_scores(whole, drift), details=details)


def _scores(whole: Mapping[str, Any], drift: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    from workbench.monitoring import shift, traffic

    scores = {"availability": traffic.availability(whole)}
    if whole["confidence"] is not None:
        scores["confidence"] = float(whole["confidence"])
    if drift:
        scores["stability"] = shift.stability(drift)
    return scores


def _known(service: Service, refs: Iterable[str]) -> dict[str, Model]:
    """Return the models that the registry still has; the log may be older than a registry that was cleaned up."""
    found = {}
    for ref in refs:
        with contextlib.suppress(NotFoundError):
            found[ref] = service.ws.model(ref)
    return found


def _drift(models: Mapping[str, Model], by_model: Mapping[str, Sequence[Request]]) -> list[dict[str, Any]]:
    """Compare each model with its own validation; those that have none, with each other."""
    from workbench.monitoring import shift

    now = {ref: shift.in_service(own) for ref, own in by_model.items()}
    validated = {ref: seen for ref, model in models.items() if (seen := shift.in_validation(model.facts)) is not None}
    found = [shift.compare(ref, now[ref], "validation", seen) for ref, seen in validated.items()]
    found += [shift.compare(b, now[b], a, now[a]) for a, b in combinations([ref for ref in now if ref not in validated], 2)]
    return [entry for entry in found if entry is not None]
