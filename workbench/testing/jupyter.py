"""A real Jupyter Server with the extension, for a test."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from workbench.core.errors import ExternalError

TOKEN = "only-for-tests"  # noqa: S105  # of servers on the loopback that live as long as their test
_START_S = 60.0


@dataclass(frozen=True)
class Served:
    """A server at *url*, without the base path; `process` is it."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def served(root: Path, *options: str, base: str = "/") -> Iterator[Served]:
    """Lend a server of the folder *root*, its settings beside it; nobody gets in without `TOKEN`."""
    places = {name: root.parent / f"jupyter-{name.lower()}" for name in ("CONFIG", "DATA", "RUNTIME")}
    for place in places.values():
        place.mkdir(exist_ok=True)
    ours = {"workbench.server": True, "jupyterlab": False, "voila.server_extension": False}
    config = {"ServerApp": {"jpserver_extensions": ours}}
    (places["CONFIG"] / "jupyter_server_config.json").write_text(json.dumps(config), encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {key: value for key, value in os.environ.items() if not key.startswith("WORKBENCH_")}
    environment |= {f"JUPYTER_{name}_DIR": str(place) for name, place in places.items()}
    environment |= {"PYTHONPATH": str(Path(__file__).parents[2]), "WORKBENCH_WARM": "0"}
    told = [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}"]
    told += [f"--ServerApp.base_url={base}", f"--IdentityProvider.token={TOKEN}"]
    told += ["--ServerApp.allow_unauthenticated_access=False", "--no-browser", "--allow-root", *options]
    log = root.parent / "jupyter.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "jupyter_server", *told]
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=output, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{url}{base}api/status", process, log)
        yield Served(url, process)
    finally:
        process.terminate()
        process.wait(20)


def _wait(status: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(status, headers={"Authorization": f"token {TOKEN}"}).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    said = log.read_text(encoding="utf-8", errors="replace")[-3000:]
    raise ExternalError(f"Jupyter Server did not start: {said}", system="Jupyter", retryable=True)
