"""The process of one service: `python -m workbench.serving.process <folder> <port>`."""

from __future__ import annotations

import errno
import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.core import processes
from workbench.core.errors import STATUS, ConflictError, ExternalError, InputError, WorkbenchError
from workbench.core.files import write_json
from workbench.core.need import need

_log = logging.getLogger("workbench.serving")

#: Where the process says who it is and which port it got.
ADDRESS = "address.json"
_HOST = "127.0.0.1"
_DRAIN_S = 30
_FREE = "Leave `port` out to get a free one."


def main(arguments: Sequence[str]) -> int:
    """Serve the folder until asked to stop; an error at the start is the last line of the log, as JSON."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    folder, port = Path(arguments[0]), int(arguments[1])
    try:
        with listen(port) as listener:
            serve(folder, listener)
    except WorkbenchError as exc:
        print(json.dumps(exc.to_json()), file=sys.stderr, flush=True)  # noqa: T201  # the starter reads it
        return STATUS[exc.code].exit
    return 0


def listen(port: int) -> socket.socket:
    """Return a socket that listens on *port* of this machine only, a free one for 0; say whose fault it is if not."""
    if not 0 <= port <= 65535:
        raise InputError(f"A port is a number from 0 to 65535, got {port}.", hint=_FREE)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # A port that was ours a moment ago is free; one that another process listens on is not.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
    except OSError as exc:
        listener.close()
        if exc.errno == errno.EADDRINUSE:
            raise ConflictError(f"Port {port} is taken by another process.", hint=_FREE) from exc
        if exc.errno == errno.EACCES:
            raise InputError(f"Port {port} is kept for the administrator.", hint="Use a port from 1024 on.") from exc
        raise ExternalError(f"Port {port}: {exc.strerror}.", system="network", retryable=True) from exc
    return listener


def serve(folder: Path, listener: socket.socket) -> None:
    """Answer on *listener* until stopped, then finish what is under way; raise what the loading of a model raised."""
    uvicorn = need("uvicorn", extra="serve", use="A service")
    # The lower layers are loaded after the port is sure: a taken one is told at once.
    from workbench.models.load import load
    from workbench.serving import deployment
    from workbench.serving.app import App, Delivery
    from workbench.serving.engine import Engine

    delivery = Delivery()
    engine = Engine(folder, lambda path: load(path, threads=1), delivery)
    app = App(engine, deployment.read_tokens(folder), delivery, lambda: setattr(server, "should_exit", True))
    server: Any = uvicorn.Server(_config(uvicorn, app))
    problems: list[BaseException] = []

    def warm() -> None:
        try:
            engine.open()
            _log.info("Service %s is ready", engine.deployment.name)
        except BaseException as exc:  # raised again below, on the main thread
            problems.append(exc)
            server.should_exit = True

    for sign in (signal.SIGINT, signal.SIGTERM):
        # uvicorn drains on these and raises them again afterwards; by then only the log is left to write.
        signal.signal(sign, lambda *_: None)
    listener.listen(2048)
    write_json(folder / ADDRESS, {"port": listener.getsockname()[1], **processes.identity(os.getpid())})
    # Beside the loop, so that /health answers 503 while a large model loads, and not a refused connection.
    threading.Thread(target=warm, name="warm", daemon=True).start()
    server.run(sockets=[listener])
    engine.close()
    if problems:
        raise problems[0]
    _log.info("Service %s has stopped", engine.deployment.name)


def _config(uvicorn: Any, app: Any) -> Any:
    return uvicorn.Config(
        app,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_DRAIN_S,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
