"""What `serve` and the actions share: one change at a time, a question to the process, and a record of what came of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.core.errors import ConflictError, ExternalError
from workbench.core.model import Model
from workbench.core.service import Service, ServiceInfo
from workbench.store.locks import locked

#: A model may take this long to load while another process wants to change the same service.
_PATIENCE_S = 600.0


@contextlib.contextmanager
def changing(service: Service) -> Iterator[None]:
    """Hold the service for a change, against every other process; a holder that dies lets go."""
    with locked(service.folder.with_name(f"{service.name}.lock"), timeout_s=_PATIENCE_S):
        yield


def running(service: Service) -> ServiceInfo:
    """Return what is true of a service that runs; raise `ConflictError` with the way to start it when it does not."""
    info = service.info()
    if info.state == "running":
        return info
    again = f"Start it with wb.serve(model, {service.name!r})."
    if info.state == "failed":
        raise ConflictError(f"Service {service.name} has ended by itself.", hint=f"{again} Log: {service.folder / 'log.txt'}")
    raise ConflictError(f"Service {service.name} is {info.state}.", hint=again)


def call(service: Service, info: ServiceInfo, method: str, path: str, body: Any = None) -> Any:
    """Ask the process; when it does not answer because it is gone, say that."""
    try:
        return service.ws.host.call(info.handle, method, path, body)
    except ExternalError:
        running(service)
        raise


def switch(service: Service, info: ServiceInfo, models: list[Model], traffic: Mapping[str, float], *, why: str) -> Service:
    """Load what is not loaded, give each its share, and record it; nothing changes when a model cannot be loaded."""
    for model in models:
        call(service, info, "POST", "/admin/load", {"model": model.ref, "path": str(model.path)})
    if dict(traffic) != dict(info.traffic):
        call(service, info, "POST", "/admin/route", {"traffic": dict(traffic)})
        note(service, info, traffic, why=why)
    return service


def note(service: Service, info: ServiceInfo, traffic: Mapping[str, float], *, why: str, **fields: Any) -> None:
    """Record new shares with the reason, and tell whoever listens."""
    entry = {"at": service.ws.now(), "traffic": dict(traffic), "why": why}
    changed = {"traffic": dict(traffic), "history": [*info.history, entry], **fields}
    state = str(changed.pop("state", "running"))
    service.ws.records.update("service", service.name, state=state, **changed)
    service.ws.events.emit("service", service.ref, state=state, traffic=dict(traffic), why=why)
