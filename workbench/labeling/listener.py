"""The service that Label Studio asks for suggestions and tells of answers: finding it, starting it, stopping it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from workbench.core import processes
from workbench.core.errors import ExternalError
from workbench.core.files import read_json, write_json
from workbench.store.locks import locked

HOST = "127.0.0.1"
_START_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Service:
    """Where the service listens; `secret` stands in each of its addresses. Kept where only its owner reads it."""

    port: int = 0
    secret: str = field(default="", repr=False)
    handle: Mapping[str, Any] = field(default_factory=dict)


def start(ws_root: Path) -> Service:
    """Start the service of the workspace and return when it answers; a running one is returned as it is."""
    ws_root = ws_root.resolve()
    with locked(ws_root / "labels" / "listener.lock", timeout_s=_START_S):
        found = status(ws_root)
        if found is not None:
            return found
        known = kept(ws_root)
        keep(ws_root, Service(port=known.port, secret=known.secret or secrets.token_urlsafe(24)))
        command = [sys.executable, "-m", "workbench", "labels", "listen", "--workspace", str(ws_root)]
        env = {"OMP_NUM_THREADS": "1", **os.environ} | {"WORKBENCH_WORKSPACE": str(ws_root)}
        handle = processes.spawn(command, cwd=ws_root, env=env, log=log(ws_root))
        until = time.monotonic() + _START_S
        while time.monotonic() < until and processes.alive(handle):
            found = kept(ws_root)
            if found.handle and found.handle["pid"] == handle["pid"] and _answers(found):
                return found
            time.sleep(0.05)
        processes.end(handle)
    raise ExternalError(
        "The service for suggestions did not start.", hint=f"Its log: {log(ws_root)}", system="Label Studio", retryable=True
    )


def status(ws_root: Path) -> Service | None:
    """Return the running service of the workspace, None when none runs."""
    found = kept(ws_root)
    return found if found.handle and processes.alive(found.handle) else None


def stop(ws_root: Path) -> None:
    """End the service; what Label Studio would have told it is pulled later."""
    found = kept(ws_root)
    if found.handle:
        processes.end(found.handle)
        keep(ws_root, Service(port=found.port, secret=found.secret))


def address(service: Service, labeling: str) -> str:
    """Return where Label Studio reaches the service for a labeling."""
    return f"http://{HOST}:{service.port}/{service.secret}/{labeling}"


def kept(ws_root: Path) -> Service:
    """Return what is known of the service, whether it runs or not."""
    path = _file(ws_root)
    return Service(**read_json(path)) if path.exists() else Service()


def keep(ws_root: Path, service: Service) -> None:
    """Write down where the service is."""
    write_json(_file(ws_root), asdict(service), mode=0o600)


def log(ws_root: Path) -> Path:
    """Return the file of what it says."""
    return ws_root / "labels" / "listener.log"


def _file(ws_root: Path) -> Path:
    return ws_root / "labels" / "listener.json"


def _answers(service: Service) -> bool:
    asked = f"{address(service, '-')}/health"
    with contextlib.suppress(OSError, ValueError), urlopen(asked, timeout=2) as answer:  # noqa: S310  # our own, on 127.0.0.1
        return bool(json.load(answer)["status"] == "UP")
    return False
