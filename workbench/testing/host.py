"""A host for tests: the engine of a service in this process, without a wire; what it promises, the real one keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from itertools import count
from pathlib import Path
from typing import Any

from workbench.core.errors import ConflictError, ExternalError, not_found
from workbench.serving.engine import Engine
from workbench.serving.versions import Load


def _settle(tickets: Sequence[Future[Any]], results: Sequence[Any]) -> None:
    for ticket, result in zip(tickets, results, strict=True):
        ticket.set_result(result)


def _load(path: Path) -> Any:
    from workbench.models.load import load

    return load(path)


class FakeHost:
    """Services as engines by handle; ports are numbers that only one service can have."""

    def __init__(self, loader: Load = _load) -> None:
        self._loader = loader
        self._engines: dict[int, Engine] = {}
        self._numbers = count(1)
        self._paths: Mapping[tuple[str, str], Callable[[Engine, Any], Any]] = {
            ("GET", "/health"): lambda _, __: {"ok": True},
            ("GET", "/"): lambda engine, _: {"ok": True, **engine.describe()},
            ("GET", "/metrics"): lambda engine, _: engine.meters.text().decode(),
            ("POST", "/predict"): _predict,
            ("POST", "/admin/load"): lambda engine, body: engine.load(body["model"], body["path"]),
            ("POST", "/admin/flush"): lambda engine, _: engine.journal.flush(),
            ("POST", "/admin/route"): lambda engine, body: engine.route(body["traffic"]),
        }

    def start(self, name: str, folder: Path, *, port: int = 0) -> Mapping[str, Any]:
        """Start a service that is described in *folder*; return when it answers, with `url` and `pid`."""
        number = port or 50_000 + next(self._numbers)
        if number in self._engines:
            raise ConflictError(f"Port {number} is taken; {name} cannot have it.", hint="Leave `port` out to get a free one.")
        engine = Engine(folder, self._loader, _settle)
        engine.open()
        self._engines[number] = engine
        return {"pid": number, "port": number, "url": f"fake://{number}", "folder": str(folder)}

    def alive(self, handle: Mapping[str, Any]) -> bool:
        """Return whether the service is there."""
        return handle.get("port") in self._engines

    def call(self, handle: Mapping[str, Any], method: str, path: str, body: Any = None) -> Any:
        """Ask the service; return its JSON, raise the error that it answered."""
        engine = self._engines.get(int(handle["port"]))
        if engine is None:
            raise ExternalError(f"Service: no answer from {handle['url']}.", system="service", retryable=True)
        if (method, path) not in self._paths:
            raise not_found("path", path, [known for _, known in self._paths])
        return self._paths[method, path](engine, body)

    def stop(self, handle: Mapping[str, Any]) -> None:
        """Let requests in flight finish, then end the service."""
        engine = self._engines.pop(int(handle.get("port", 0)), None)
        if engine is not None:
            engine.close()

    def kill(self, handle: Mapping[str, Any]) -> None:
        """Let the service die as a process does that the system kills; only what its log had written is left."""
        self._engines.pop(int(handle["port"])).journal.flush()


def _predict(engine: Engine, body: bytes) -> Any:
    asked = engine.begin()
    ticket: Future[Any] = Future()
    engine.submit(asked, [body], [ticket])
    return engine.end(asked, [body], [ticket.result()])
