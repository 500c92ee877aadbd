"""Watching a service: latency, errors, drift, and the samples it was unsure of."""
