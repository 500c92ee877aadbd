"""Service: models behind one address, with a share of the traffic each."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from workbench.core import refs
from workbench.core.errors import ConflictError
from workbench.core.model import Prediction
from workbench.core.verbs import act
from workbench.core.workspace import Workspace


@dataclass(frozen=True)
class ServiceInfo:
    """What was true of a service when it was asked; `traffic` is the share of each model, in percent."""

    name: str
    state: str
    url: str
    task: str
    traffic: Mapping[str, float]
    handle: Mapping[str, Any]
    history: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Service:
    """A service of a workspace."""

    ws: Workspace = field(repr=False)
    name: str

    @property
    def ref(self) -> str:
        """Return the reference string, such as `service:cap-check`."""
        return f"service:{self.name}"

    @property
    def folder(self) -> Path:
        """Return the folder of the service's files: its log, its tokens, the requests that it answered."""
        return self.ws.root / "services" / self.name

    def info(self) -> ServiceInfo:
        """Return what is true now, frozen; a process that died unasked is noticed here, and the state is `failed`."""
        record = self.ws.records.get("service", self.name)
        fields: Mapping[str, Any] = record.fields
        if record.state == "running" and not self.ws.host.alive(fields["handle"]):
            with contextlib.suppress(ConflictError):  # someone else has noticed, stopped or started it meanwhile
                self.ws.records.update("service", self.name, state="failed", only=("running",))
            record = self.ws.records.get("service", self.name)
        return ServiceInfo(
            name=self.name,
            state=record.state,
            url=str(fields.get("url", "")),
            task=str(fields.get("task", "")),
            traffic=dict(fields.get("traffic", {})),
            handle=dict(fields.get("handle", {})),
            history=tuple(fields.get("history", ())),
        )

    @property
    def url(self) -> str:
        """Return the address of the service."""
        return self.info().url

    def predict(self, item: Any) -> Prediction:
        """Ask the service over HTTP; an item is a path or encoded bytes."""
        return cast("Prediction", act("ask", self, item))

    def route(self, traffic: Mapping[str, float]) -> Service:
        """Set the share of each model, in percent; 100 for one is the cut-over."""
        return cast("Service", act("route", self, traffic))

    def rollback(self) -> Service:
        """Give all traffic back to the model that had it before."""
        return cast("Service", act("rollback", self))

    def stop(self) -> Service:
        """Let requests in flight finish, then end the service."""
        return cast("Service", act("stop", self))

    def to_json(self) -> dict[str, Any]:
        """Return the facts that the faces show."""
        info = self.info()
        return {"ref": self.ref, "state": info.state, "url": info.url, "task": info.task, "traffic": dict(info.traffic)}


def find(ws: Workspace, ref: refs.Ref) -> Service:
    """Return the service of *ref*."""
    return Service(ws, ws.records.get("service", ref.name).id)
