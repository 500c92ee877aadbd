"""The Label Studio that belongs to a workspace: starting it, finding it, stopping it, and connecting to it."""

from __future__ import annotations

import contextlib
import getpass
import secrets
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from workbench.core import processes
from workbench.core.errors import ConflictError, ExternalError
from workbench.core.files import disk, read_json, write_json
from workbench.core.ports import Labeler, LabelTask, Pulled
from workbench.core.workspace import Workspace
from workbench.labeling import studio_install as program
from workbench.labeling.studio import START, StudioLabeler
from workbench.labeling.studio_install import install, installed
from workbench.store.locks import locked

__all__ = ["OwnStudio", "ServerInfo", "connect", "install", "installed", "start", "status", "stop"]

_HOST = "127.0.0.1"
#: A loaded machine may need a minute; a start that takes longer than this is stuck.
_START_S = 240.0

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class ServerInfo:
    """Where a workspace's server is and how to enter it; kept in `labels/server.json`, readable by its owner only."""

    url: str
    username: str
    password: str = field(repr=False)
    token: str = field(repr=False)
    document_root: str
    handle: Mapping[str, Any] = field(default_factory=dict)


def start(ws_root: Path, *, port: int = 0, say: Say = lambda _: None, cache: Path | None = None) -> ServerInfo:
    """Start the server of the workspace in *ws_root* and return when it answers; a running one is returned as it is.

    *port* 0 means the port it had before, or a free one. Installs Label Studio when it is not there yet. It listens on
    this machine only. Raises `ConflictError` when the port is taken, `ExternalError` when the server does not come up.
    """
    folder = install(cache, say=say)
    ws_root = ws_root.resolve()
    with locked(_data(ws_root) / "start.lock", timeout_s=_START_S):
        running = status(ws_root)
        if running is not None:
            return _on_port(running, port)
        known = _kept(ws_root)
        info = _prepared(ws_root, folder, known, _chosen(port, known))
        say(f"Starting Label Studio at {info.url}")
        handle = processes.spawn(_command(folder, info), cwd=_data(ws_root), env=_environment(ws_root, info), log=_log(ws_root))
        info = ServerInfo(**{**asdict(info), "handle": handle})
        _keep(ws_root, info)
        try:
            _wait(ws_root, info, say)
        except BaseException:
            stop(ws_root)
            raise
    return info


def status(ws_root: Path) -> ServerInfo | None:
    """Return the running server of the workspace, None when none runs."""
    info = _kept(ws_root)
    return info if info is not None and processes.alive(info.handle) else None


def stop(ws_root: Path) -> None:
    """End the server of the workspace and all its processes; what was labeled is kept, and so are address and login."""
    info = _kept(ws_root)
    if info is not None and info.handle:
        processes.end(info.handle)
        _is_freed(_port(info))
        _keep(ws_root, ServerInfo(**{**asdict(info), "handle": {}}))


def connect(ws: Workspace) -> Labeler:
    """Return the labeler of a workspace: the server that its settings name, else its own, running or not."""
    media = ws.root / "media"
    if ws.settings is not None and ws.settings.labels_url:
        mend = "Start that server, or change `labels_url` in workbench.toml."
        return StudioLabeler(ws.settings.labels_url, ws.settings.labels_token, media, mend=mend)
    return OwnStudio(ws.root, media)


class OwnStudio:
    """The workspace's own server, wherever it is now: a restart may change its port while a notebook stays open."""

    def __init__(self, ws_root: Path, media_root: Path) -> None:
        self._root = ws_root
        self._media = media_root
        self._made: tuple[tuple[str, str], StudioLabeler] | None = None

    def create(self, title: str, config: str, *, guidelines: str = "", overlap: int = 1) -> str:
        """Make a project from a labeling config and return its id."""
        return self._now().create(title, config, guidelines=guidelines, overlap=overlap)

    def push(self, project: str, tasks: Sequence[LabelTask], *, step: Callable[[int], None] = lambda _n: None) -> int:
        """Add the items that are not there yet, by their `id`; return how many were new. *step* hears how many are done."""
        return self._now().push(project, tasks, step=step)

    def pull(self, project: str, *, since: str = "") -> Pulled:
        """Return every answer to the items that changed since that cursor; all of them without one."""
        return self._now().pull(project, since=since)

    def assist(self, project: str, url: str) -> None:
        """Let the project ask the service at *url* from now on."""
        self._now().assist(project, url)

    def counts(self, project: str) -> tuple[int, int]:
        """Return how many items the project has, and how many are labeled."""
        return self._now().counts(project)

    def url(self, project: str) -> str:
        """Return where a person opens the project."""
        return self._now().url(project)

    def _now(self) -> StudioLabeler:
        info = _kept(self._root)
        if info is None:
            raise ExternalError(
                f"Label Studio was never started for the workspace {self._root.name!r}.",
                hint=START,
                system="Label Studio",
                retryable=True,
            )
        address = (info.url, info.token)
        if self._made is None or self._made[0] != address:
            studio = StudioLabeler(info.url, info.token, self._media, document_root=Path(info.document_root))
            self._made = (address, studio)
        return self._made[1]


def _data(ws_root: Path) -> Path:
    return ws_root / "labels"


def _log(ws_root: Path) -> Path:
    return _data(ws_root) / "server.log"


def _kept(ws_root: Path) -> ServerInfo | None:
    path = _data(ws_root) / "server.json"
    return ServerInfo(**read_json(path)) if path.exists() else None


def _keep(ws_root: Path, info: ServerInfo) -> None:
    write_json(_data(ws_root) / "server.json", asdict(info), mode=0o600)


def _port(info: ServerInfo) -> int:
    return int(info.url.rpartition(":")[2])


def _on_port(running: ServerInfo, port: int) -> ServerInfo:
    if port not in (0, _port(running)):
        raise ConflictError(f"Label Studio runs already, at {running.url}.", hint="To move it, run: workbench labels stop")
    return running


def _chosen(port: int, known: ServerInfo | None) -> int:
    """Return a port that is free now: the one asked for, else the one it had before, else any."""
    if port:
        if not _is_free(port):
            raise ConflictError(
                f"Port {port} is taken by another program.",
                hint="End that program, or choose another port: workbench labels start --port N (0 takes a free one).",
            )
        return port
    before = _port(known) if known else 0
    if before and _is_freed(before):
        return before
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _is_freed(port: int, *, patience_s: float = 2.0) -> bool:
    """Return whether the port is free soon: the threads of a server that was killed may hold it a moment longer."""
    until = time.monotonic() + patience_s
    while not _is_free(port) and time.monotonic() < until:
        time.sleep(0.05)
    return _is_free(port)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
    return True


def _prepared(ws_root: Path, folder: Path, known: ServerInfo | None, port: int) -> ServerInfo:
    """Return the server's login with its database in place; the server makes the user of a new database when it starts."""
    database = _data(ws_root) / program.DATABASE
    info = ServerInfo(
        url=f"http://{_HOST}:{port}",
        username=known.username if known else f"{_user()}@localhost",
        password=known.password if known else secrets.token_urlsafe(16),
        token=known.token if known else secrets.token_hex(20),
        document_root=str(ws_root),
    )
    _keep(ws_root, info)
    if not database.exists():
        with disk(database):
            shutil.copy(program.template(folder), database.with_suffix(".new"))
            database.with_suffix(".new").replace(database)
    elif known is None:
        _readmit(ws_root, folder, info)
    return info


def _readmit(ws_root: Path, folder: Path, info: ServerInfo) -> None:
    """Give the user of a database whose login was lost the new one; the server reads a token only for a new user."""
    order = [str(program.command(folder)), "reset_password", "--username", info.username, "--password", info.password]
    subprocess.run(order, env=_environment(ws_root, info), capture_output=True, check=False)
    with closing(sqlite3.connect(_data(ws_root) / program.DATABASE)) as database, database:
        database.execute(
            "UPDATE authtoken_token SET key = ? WHERE user_id = (SELECT id FROM htx_user WHERE email = ?)",
            (info.token, info.username),
        )


def _user() -> str:
    with contextlib.suppress(OSError, KeyError):
        return getpass.getuser()
    return "workbench"


def _command(folder: Path, info: ServerInfo) -> list[str]:
    return [str(program.command(folder)), "start", "--no-browser", "--internal-host", _HOST, "--port", str(_port(info))]


def _environment(ws_root: Path, info: ServerInfo) -> dict[str, str]:
    return program.scrubbed(
        _data(ws_root),
        {
            "LABEL_STUDIO_USERNAME": info.username,
            "LABEL_STUDIO_PASSWORD": info.password,
            "LABEL_STUDIO_USER_TOKEN": info.token,
            "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
            "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
            "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
            "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": info.document_root,
            # Web hooks and model servers of this workspace are on this machine.
            "SSRF_PROTECTION_ENABLED": "false",
            "ML_BLOCK_LOCAL_IP": "false",
            "CORS_ALLOW_ALL_ORIGINS": "false",
            "ALLOWED_HOSTS": f"{_HOST},localhost",
        },
    )


def _wait(ws_root: Path, info: ServerInfo, say: Say) -> None:
    """Return when the server answers with its token: another program's answer on the same port does not count."""
    began, told = time.monotonic(), 0.0
    while (waited := time.monotonic() - began) < _START_S:
        if not processes.alive(info.handle):
            raise _no_start(ws_root, "ended while it started")
        with contextlib.suppress(httpx.HTTPError):
            answer = httpx.get(f"{info.url}/api/current-user/whoami", headers={"Authorization": f"Token {info.token}"})
            if answer.status_code == 200:
                say(f"Label Studio answers at {info.url} after {waited:.0f} s")
                return
            if answer.status_code < 500:  # Label Studio moves to the next port without a word when its own is taken
                raise ConflictError(
                    f"Another program answers at {info.url}.", hint="Do it again, or choose a port with --port N."
                )
        if waited - told >= 10:
            told = waited
            say(f"Label Studio is starting, {waited:.0f} s so far")
        time.sleep(0.25)
    raise _no_start(ws_root, f"did not answer at {info.url} within {_START_S:.0f} s")


def _no_start(ws_root: Path, what: str) -> ExternalError:
    return ExternalError(
        f"Label Studio {what}.", hint=f"Its log: {_log(ws_root)}", system="Label Studio", retryable=True, log=str(_log(ws_root))
    )
