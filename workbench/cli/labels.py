"""`workbench labels`: a Label Studio of this workspace, installed, started and stopped."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from workbench.wiring import open as open_workspace


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `labels install | start | status | listen | stop`."""
    parser = commands.add_parser("labels", help="the Label Studio of this workspace")
    inner = parser.add_subparsers(required=True, metavar="install|start|status|listen|stop")
    install = inner.add_parser("install", parents=[common], help="make its environment, once per machine")
    install.set_defaults(do=_install)
    start = inner.add_parser("start", parents=[common], help="start it; a running one is left as it is")
    start.add_argument("--port", type=int, default=0, help="0 takes a free one")
    start.set_defaults(do=_start)
    inner.add_parser("status", parents=[common], help="whether it runs, and where").set_defaults(do=_status)
    listen = inner.add_parser("listen", parents=[common], help="suggest labels and hear of answers, until it is ended")
    listen.set_defaults(do=_listen)
    inner.add_parser("stop", parents=[common], help="stop it; its labels stay").set_defaults(do=_stop)


def _install(options: argparse.Namespace) -> tuple[Any, str]:
    path = _studio().install(say=_teller(options))
    return {"path": str(path)}, f"Label Studio is installed in {path}"


def _start(options: argparse.Namespace) -> tuple[Any, str]:
    root = open_workspace(options.workspace).root
    info = _studio().start(root, port=options.port, say=_teller(options))
    _resume_listening(root)
    where = root / "labels" / "server.json"
    told = {"url": info.url, "username": info.username, "login": str(where)}
    return told, f"Label Studio answers at {info.url}\nUser {info.username}; the password is in {where}"


def _status(options: argparse.Namespace) -> tuple[Any, str]:
    info = _studio().status(open_workspace(options.workspace).root)
    if info is None:
        return {"running": False}, "Label Studio does not run. Run: workbench labels start"
    return {"running": True, "url": info.url}, f"Label Studio answers at {info.url}"


def _listen(options: argparse.Namespace) -> tuple[Any, str]:
    from workbench.labeling.listening_http import serve

    serve(open_workspace(options.workspace))
    return {"running": False}, ""


def _stop(options: argparse.Namespace) -> tuple[Any, str]:
    root = open_workspace(options.workspace).root
    _listener().stop(root)
    _studio().stop(root)
    return {"running": False}, "Label Studio is stopped; its labels stay."


def _studio() -> ModuleType:
    from workbench.labeling import studio_server  # it loads an HTTP client, which no other command needs

    return studio_server


def _listener() -> ModuleType:
    from workbench.labeling import listener

    return listener


def _resume_listening(root: Path) -> None:
    """Start the service for suggestions too, where a labeling has asked for it once."""
    if _listener().kept(root).secret:
        _listener().start(root)


def _teller(options: argparse.Namespace) -> Callable[[str], None]:
    """Return what hears how far it is: standard error, or nobody when a program reads."""
    return (lambda _: None) if options.json else (lambda line: print(line, file=sys.stderr, flush=True))
