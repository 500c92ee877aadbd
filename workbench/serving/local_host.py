"""The host that runs services as processes of this machine; they outlive the kernel or shell that started them."""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workbench.core import processes
from workbench.core.errors import ConflictError, ExternalError, from_json
from workbench.core.files import read_json
from workbench.serving.deployment import read_tokens

_HOST = "127.0.0.1"
_START_S, _STOP_S, _ASK_S, _ADMIN_S = 300.0, 35.0, 60.0, 600.0


class LocalHost:
    """Services on this machine, on 127.0.0.1 only; a handle is a process, its port and its folder."""

    def __init__(self, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep

    def start(self, name: str, folder: Path, *, port: int = 0) -> Mapping[str, Any]:
        """Start the service that *folder* describes; return when it answers, with `url` and `pid`.

        Raises:
            ConflictError: the port is taken.
            ExternalError: the process ended before it was ready; the message has its last words.
        """
        address, log = folder / "address.json", folder / "log.txt"
        if address.exists():
            # A starter that was killed in between has left a process that nobody knows of.
            processes.end(read_json(address))
            address.unlink()
        said_before = log.stat().st_size if log.exists() else 0
        # -P: the folder holds what callers sent, and must not be a place to import from.
        command = [sys.executable, "-P", "-m", "workbench.serving.process", str(folder), str(port)]
        handle = processes.spawn(command, cwd=folder, env=_environment(), log=log)
        waited = 0.0
        while waited < _START_S:
            if not processes.alive(handle):
                raise _died(name, log, said_before)
            if address.exists():
                port = int(read_json(address)["port"])
                found = {**handle, "port": port, "url": f"http://{_HOST}:{port}", "folder": str(folder)}
                if self._is_ready(found):
                    return found
            self._sleep(0.02)
            waited += 0.02
        processes.end(handle)
        raise ExternalError(
            f"Service {name} was not ready within {_START_S:g} s.", hint=f"Log: {log}", system="service", retryable=True
        )

    def alive(self, handle: Mapping[str, Any]) -> bool:
        """Return whether the service's process lives."""
        return processes.alive(handle)

    def call(self, handle: Mapping[str, Any], method: str, path: str, body: Any = None) -> Any:
        """Ask the service: bytes are sent as they are, anything else as JSON; return its JSON, raise its error."""
        tokens = read_tokens(Path(handle["folder"]))
        is_admin = path.startswith("/admin/")
        headers = {"authorization": f"Bearer {tokens.admin if is_admin else tokens.client}"}
        if body is not None and not isinstance(body, bytes):
            headers["content-type"] = "application/json"
            body = json.dumps(body).encode()
        status, kind, content = _exchange(handle, method, path, body, headers, timeout_s=_ADMIN_S if is_admin else _ASK_S)
        if not kind.startswith("application/json"):
            return content.decode()
        answer: dict[str, Any] = json.loads(content)
        if status >= 400:
            raise from_json(answer)
        return answer

    def stop(self, handle: Mapping[str, Any]) -> None:
        """Let requests in flight finish, then end the service."""
        if not self.alive(handle):
            return
        try:
            self.call(handle, "POST", "/admin/stop")
        except ExternalError:
            processes.end(handle)
        waited = 0.0
        while self.alive(handle) and waited < _STOP_S:
            self._sleep(0.02)
            waited += 0.02
        processes.end(handle)

    def _is_ready(self, handle: Mapping[str, Any]) -> bool:
        try:
            self.call(handle, "GET", "/health")
        except (ConflictError, ExternalError):
            return False
        return True


def _environment() -> dict[str, str]:
    # The service runs the workbench that starts it, also where that was never installed.
    home = str(Path(__file__).parents[2])
    paths = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH", ""))))
    # A job that ends takes along what bears its marks; a service that it started lives on.
    inherited = {name: value for name, value in os.environ.items() if name not in ("WORKBENCH_JOB", "WORKBENCH_RUN")}
    # One thread per batch is the service's own plan; a pool under each would spin on the same cores.
    return inherited | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", "PYTHONPATH": paths}


def _exchange(
    handle: Mapping[str, Any], method: str, path: str, body: bytes | None, headers: Mapping[str, str], *, timeout_s: float
) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection(_HOST, int(handle["port"]), timeout=timeout_s)
    try:
        connection.request(method, path, body=body, headers=dict(headers))
        response = connection.getresponse()
        return response.status, response.getheader("content-type", ""), response.read()
    except (OSError, http.client.HTTPException) as exc:
        raise ExternalError(
            f"Service: no answer from {handle['url']}.",
            hint=f"Log: {handle['folder']}/log.txt",
            system="service",
            retryable=True,
        ) from exc
    finally:
        connection.close()


def _died(name: str, log: Path, said_before: int) -> Exception:
    """Return the error that the process ended with: its own, or one with the last lines of its log."""
    with log.open("rb") as file:
        file.seek(said_before)
        lines = file.read().decode("utf-8", "replace").strip().splitlines()
    try:
        return from_json(json.loads(lines[-1]))
    except (IndexError, ValueError, AttributeError):
        last = " | ".join(line.strip() for line in lines[-3:]) or "it said nothing"
        return ExternalError(
            f"Service {name} ended before it was ready: {last}", hint=f"Log: {log}", system="service", retryable=False
        )
