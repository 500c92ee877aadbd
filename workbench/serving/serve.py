"""The verb `serve`: a model online under a name, as the first or as a canary beside those that answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from workbench.core import refs
from workbench.core.errors import ConflictError, InputError, WorkbenchError
from workbench.core.model import Model
from workbench.core.service import Service, ServiceInfo
from workbench.serving import deployment, live, traffic


def serve(model: Model, name: str, *, canary: float = 100.0, port: int = 0, threads: int = 1) -> Service:
    """Put *model* online under *name* and return the service.

    The first model of a service gets all the traffic. In a service that runs, the model is loaded and warmed beside
    the others and then gets *canary* percent, without a request being lost; the same call again changes nothing.
    A service that died or was stopped is started again.

    Args:
        model: What answers; its task must be that of the service.
        name: The service's name.
        canary: Percent of the traffic for *model*; the others keep the rest, in their proportions.
        port: On this machine; 0 takes a free one, after a death the one it had. Counts when the process starts.
        threads: Batches that are worked on at once, each on one core. Counts when the process starts.

    Raises:
        InputError: the name, the share or a number cannot be.
        ConflictError: the service answers another task, or the port is taken.
        ExternalError: the service's process ended before it was ready.
    """
    refs.check_name(name, what="service")
    _check(canary=canary, port=port, threads=threads)
    service = Service(model.ws, name)
    with live.changing(service):
        if name not in {record.id for record in model.ws.records.all("service")}:
            _first(service, model)
        info = service.info()
        if info.task != model.task and info.traffic:
            raise ConflictError(
                f"Service {name} answers {info.task}; {model.ref} is a model for {model.task}.", hint="Choose another name."
            )
        shares = traffic.admit(info.traffic, model.ref, canary)
        if info.state == "running":
            return live.switch(service, info, [model], shares, why=f"{model.ref} got {shares.get(model.ref, 0):g} %")
        return _start(service, info, model, shares, port=port, threads=threads)


def _check(*, canary: float, port: int, threads: int) -> None:
    problems = [f"`canary` is a percentage from 0 to 100, got {canary!r}"] if not 0 <= canary <= 100 else []
    problems += [f"`port` is a number from 0 to 65535, got {port!r}"] if not 0 <= port <= 65535 else []
    problems += [f"`threads` must be at least 1, got {threads!r}"] if threads < 1 else []
    if problems:
        raise InputError(f"{'; '.join(problems)}.")


def _first(service: Service, model: Model) -> None:
    ws = service.ws
    fields = {"url": "", "task": model.task, "traffic": {}, "handle": {}, "history": [], "created": ws.now()}
    ws.records.put("service", service.name, fields, state="starting")


def _start(
    service: Service, info: ServiceInfo, model: Model, shares: Mapping[str, float], *, port: int, threads: int
) -> Service:
    ws = service.ws
    models = {ref: model if ref == model.ref else ws.model(ref) for ref in shares}
    described = deployment.Deployment(
        name=service.name,
        task=model.task,
        models={ref: str(found.path) for ref, found in models.items()},
        traffic=shares,
        threads=threads,
    )
    deployment.make_tokens(service.folder)
    deployment.write(service.folder, described)
    ws.records.update("service", service.name, state="starting", task=model.task)
    try:
        handle = _placed(service, service.folder, port, int(info.handle.get("port", 0)))
    except BaseException as exc:
        error = exc.to_json() if isinstance(exc, WorkbenchError) else {}
        ws.records.update("service", service.name, state="failed", error=error)
        raise
    url = str(handle["url"])
    live.note(service, info, shares, why="started", handle=dict(handle), url=url, classes=list(model.classes), error={})
    return service


def _placed(service: Service, folder: Path, port: int, port_before: int) -> Mapping[str, object]:
    """Start the process where it was told; else where callers know it from before; else on a free port."""
    if not port and port_before:
        try:
            return service.ws.host.start(service.name, folder, port=port_before)
        except ConflictError:
            pass
    return service.ws.host.start(service.name, folder, port=port)
