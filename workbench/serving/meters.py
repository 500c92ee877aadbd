"""What `/metrics` shows: counts, latencies and shares by model, as Prometheus text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from workbench.core.need import need

#: Upper bounds in seconds; from a digit on one core to a large model behind a queue.
_LATENCY_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_BATCH = (1, 2, 4, 8, 16, 32, 64)


class Meters:
    """The meters of one service, in a registry of its own."""

    def __init__(self) -> None:
        prometheus = need("prometheus_client", extra="serve", use="A service")
        self._text = prometheus.generate_latest
        self.content_type = str(prometheus.CONTENT_TYPE_LATEST)
        self._registry = registry = prometheus.CollectorRegistry()
        prometheus.ProcessCollector(registry=registry)
        made = {"registry": registry, "namespace": "workbench"}
        self._requests = prometheus.Counter("requests", "Items answered.", ["model"], **made)
        self._errors = prometheus.Counter("errors", "Items refused or failed.", ["model", "status"], **made)
        self._latency = prometheus.Histogram(
            "latency_seconds", "From the last byte of the request to the answer.", ["model"], buckets=_LATENCY_S, **made
        )
        self._batch = prometheus.Histogram("batch_size", "Items per batch.", ["model"], buckets=_BATCH, **made)
        self._traffic = prometheus.Gauge("traffic_percent", "Share of the traffic that a model should get.", ["model"], **made)
        self._waiting = prometheus.Gauge("waiting", "Items that wait for a thread.", **made)
        self._dropped = prometheus.Gauge("log_dropped", "Requests that the log has lost since the start.", **made)
        # Looking a label up costs more than counting; there are only a handful of models.
        self._of = lru_cache(maxsize=64)(lambda ref: (self._requests.labels(ref), self._latency.labels(ref)))
        self._batch_of = lru_cache(maxsize=64)(self._batch.labels)

    def answered(self, model: str, seconds: float) -> None:
        """Count an item that was answered."""
        requests, latency = self._of(model)
        requests.inc()
        latency.observe(seconds)

    def refused(self, model: str, status: int) -> None:
        """Count an item that was not; *model* is empty when none was asked."""
        self._errors.labels(model, str(status)).inc()

    def batch(self, model: str, size: int) -> None:
        """Count a batch."""
        self._batch_of(model).observe(size)

    def traffic(self, shares: Mapping[str, float]) -> None:
        """Show these shares, and no others."""
        self._traffic.clear()
        for model, share in shares.items():
            self._traffic.labels(model).set(share)

    def watch(self, waiting: Callable[[], int], dropped: Callable[[], int]) -> None:
        """Show what these return at the time of the question."""
        self._waiting.set_function(waiting)
        self._dropped.set_function(dropped)

    def text(self) -> bytes:
        """Return the exposition."""
        shown: Any = self._text(self._registry)
        return bytes(shown)
