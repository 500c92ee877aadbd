"""What can be done with a service: ask it, share out its traffic, go back, stop it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench import tasks
from workbench.core.errors import ConflictError, InputError
from workbench.core.model import Prediction
from workbench.core.service import Service
from workbench.serving import live
from workbench.serving import traffic as shares


def ask(service: Service, item: Any) -> Prediction:
    """Return what the service says of *item*, a path, encoded bytes or, where its task has texts, a text, over HTTP.

    Raises:
        InputError: there is no such file, or it cannot be read as what the task takes.
        ConflictError: the service does not run, or its queue is full.
    """
    info = live.running(service)
    is_text = isinstance(item, str) and tasks.task(info.task).modality == "text"
    answer = live.call(service, info, "POST", "/predict", item.encode() if is_text else _content(item))
    [said] = answer["predictions"]
    return Prediction(said["label"], said["score"], said["scores"])


def route(service: Service, traffic: Mapping[str, float]) -> Service:
    """Give each model its share of the traffic in percent, loading those that are not loaded; return the service.

    Raises:
        InputError: the shares do not sum to 100, or a model is for another task.
        NotFoundError: there is no such model.
    """
    with live.changing(service):
        info = live.running(service)
        found = [(service.ws.model(ref), share) for ref, share in traffic.items()]
        wanted: dict[str, float] = {}
        for model, share in found:
            if model.ref in wanted:
                raise InputError(f"{model.ref} has two shares.", hint="Name each model once.")
            if model.task != info.task:
                raise InputError(f"{model.ref} is a model for {model.task}; service {service.name} answers {info.task}.")
            wanted[model.ref] = share
        checked = shares.check(wanted)
        models = [model for model, _ in found if model.ref in checked]
        return live.switch(service, info, models, checked, why="routed")


def rollback(service: Service) -> Service:
    """Give all traffic back to the model that had it before, and return the service.

    Raises:
        ConflictError: no other model has ever had it.
    """
    with live.changing(service):
        info = live.running(service)
        ref = shares.settled_before(info.history, info.traffic)
        if not ref:
            now = next(iter(info.traffic))
            raise ConflictError(f"Service {service.name} has had no model before {now}.", hint="Share it out with route().")
        return live.switch(service, info, [service.ws.model(ref)], {ref: 100.0}, why=shares.ROLLED_BACK)


def stop(service: Service) -> Service:
    """Let requests in flight finish, then end the service's process; return the service."""
    with live.changing(service):
        info = service.info()
        service.ws.host.stop(info.handle)
        if info.state != "stopped":
            live.note(service, info, {}, why="stopped", state="stopped")
    return service


def _content(item: Any) -> bytes:
    if isinstance(item, bytes | bytearray | memoryview):
        return bytes(item)
    if not isinstance(item, str | Path):
        raise InputError(f"A service takes a path or encoded bytes, got {type(item).__name__}.")
    path = Path(item)
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    return path.read_bytes()
