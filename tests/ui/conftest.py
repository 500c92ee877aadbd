"""A real browser before a real JupyterLab, for the tests of both front ends."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import sync_playwright

import workbench as wb
from workbench.core.errors import ConflictError
from workbench.core.run import ACTIVE

_CHROMIUM = (
    os.environ.get("WORKBENCH_CHROMIUM") or which("chromium") or which("chromium-browser") or which("google-chrome") or ""
)
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_TOKEN = "only-for-tests"
#: What Jupyter itself says in a browser's console on a machine without a network, and what Label Studio says when nothing
#: is left to label; none of it is ours.
_NOT_OURS = ("WebSocket", "favicon", "ResizeObserver", "Autocompletion", "jupyterlab-lsp", "lsp/status", "id=next_task")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a test in a browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.ui)


@dataclass
class Lab:
    """A JupyterLab at work: its address, its root folder, and what it said."""

    url: str
    root: Path
    log: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str] = field(repr=False)

    def address(self, path: str = "lab") -> str:
        """Return an address with the token, in a layout that starts empty."""
        return f"{self.url}/{path}{'&' if '?' in path else '?'}token={_TOKEN}"

    def stop(self) -> None:
        """End it, and wait until it is gone."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for marker in self.root.glob("*/workbench.toml"):  # jobs outlive the server, also those of a test that broke off
            ws = wb.open(marker.parent, environment={})
            for record in ws.records.all("run", states=ACTIVE):
                handle = record.fields.get("handle") or {}
                if handle.get("token") and ws.target.alive(handle):
                    with contextlib.suppress(ConflictError):  # it came to its end
                        ws.run(record.id).cancel()


def start_lab(
    folder: Path, *, without: tuple[str, ...] = (), options: tuple[str, ...] = (), port: int = 0, base: str = ""
) -> Lab:
    """Start JupyterLab in *folder*/root and return it when it answers; *without* names server extensions to leave out.

    *base* is the path that all its addresses stand below, as `/user/eva` on a hub.
    """
    root, config = folder / "root", folder / "config"
    root.mkdir(parents=True, exist_ok=True)
    config.mkdir(exist_ok=True)
    (config / "labconfig").mkdir(exist_ok=True)
    news = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (config / "labconfig" / "page_config.json").write_text(json.dumps(news))
    extensions = {"workbench.server": True} | dict.fromkeys(without, False)
    server = {"ServerApp": {"jpserver_extensions": extensions}}
    (config / "jupyter_server_config.json").write_text(json.dumps(server))
    port = port or _free_port()
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")))),
    }
    for name in ("WORKBENCH_WORKSPACE", "WORKBENCH_RUN"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.port_retries=0"]
    command += [f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={root}"]
    command += [f"--IdentityProvider.token={_TOKEN}", "--LabApp.expose_app_in_browser=True", *options]
    command += [f"--ServerApp.base_url={base}/"] if base else []
    log = folder / "lab.log"
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=output, stderr=subprocess.STDOUT)
    lab = Lab(f"http://127.0.0.1:{port}{base}", root, log, process, dict(environment))
    _wait(lab)
    return lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A JupyterLab of its own, in an empty folder."""
    made = start_lab(tmp_path / "lab")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def shared_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab for all tests of a file."""
    made = start_lab(tmp_path_factory.mktemp("lab"))
    yield made
    made.stop()


@pytest.fixture
def lab_with(tmp_path: Path) -> Iterator[Callable[..., Lab]]:
    """Start a JupyterLab with the arguments of `start_lab`."""
    made: list[Lab] = []

    def make(**arguments) -> Lab:
        made.append(start_lab(tmp_path / "lab", **arguments))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """A Chromium without a window; it ends with the module, as its event loop would be in the way of others."""
    if not _CHROMIUM:
        pytest.fail("There is no Chromium: install Debian's package `chromium`, or name one in WORKBENCH_CHROMIUM.")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=_CHROMIUM, args=list(_FLAGS))
        yield made
        made.close()


@pytest.fixture
def open_page(browser) -> Iterator[Callable[..., object]]:
    """Open pages that remember what went wrong in them; a test ends with an error when something did."""
    contexts, problems = [], []

    def make(address: str, *, width: int = 1440, height: int = 900, scale: float = 1.0, dark: bool = False):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            color_scheme="dark" if dark else "light",
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: problems.append(f"{m.text} {m.location}") if m.type == "error" else None)
        page.on("pageerror", lambda e: problems.append(str(e)))
        page.problems = problems
        page.goto(address)
        return page

    yield make
    for context in contexts:
        context.close()
    ours = [p for p in problems if not any(word in p for word in _NOT_OURS)]
    assert not ours, "errors in the browser:\n" + "\n".join(ours)


@pytest.fixture
def open_lab(open_page) -> Callable[..., object]:
    """Open a JupyterLab and return its page when its layout is restored."""

    def make(lab: Lab, path: str = "lab", **options):
        page = open_page(lab.address(path), **options)
        page.wait_for_function("() => window.jupyterapp && window.jupyterapp.restored.then(() => true)")
        page.locator("#jupyterlab-splash").wait_for(state="detached")
        return page

    return make


@pytest.fixture(scope="session")
def voila(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """One Voila for all tests; return the address of a dashboard on the workspace of a test, until the next one asks."""
    home = tmp_path_factory.mktemp("voila")
    repository, current, log = Path(__file__).parents[2], home / "current", home / "voila.log"
    shutil.copytree(repository / "extensions" / "voila", home / "data" / "voila" / "templates" / "workbench")
    shutil.copytree(repository / "notebooks" / "dashboards", home / "dashboards")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WORKBENCH_")} | {
        "WORKBENCH_WORKSPACE": str(current),  # a link, which the kernel of each page follows
        "JUPYTER_PATH": str(home / "data"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONPATH": str(repository),
        "OMP_NUM_THREADS": "1",
    }
    port = _free_port()
    command = [sys.executable, "-m", "voila", ".", "--no-browser", f"--port={port}"]
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=home / "dashboards", env=environment, stdout=output, stderr=subprocess.STDOUT)

    def address(notebook: str, workspace: Path, *, theme: str = "light") -> str:
        current.unlink(missing_ok=True)
        current.symlink_to(workspace)
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return f"http://127.0.0.1:{port}/voila/render/{notebook}?theme={theme}"
            time.sleep(0.1)
        raise AssertionError(f"Voila did not start:\n{log.read_text()[-4000:]}")

    yield address
    process.terminate()
    process.wait(20)


def _wait(lab: Lab, timeout_s: float = 90.0) -> None:
    until = time.monotonic() + timeout_s
    while time.monotonic() < until and lab.process.poll() is None:
        try:
            with urlopen(f"{lab.url}/api/status?token={_TOKEN}", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    lab.stop()
    raise AssertionError(f"JupyterLab did not start:\n{lab.log.read_text()[-4000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
