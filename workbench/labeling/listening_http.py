"""The addresses of the service for suggestions: those that Label Studio knows of a machine-learning back end."""

from __future__ import annotations

import hmac
import json
import logging
import os
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from workbench.core import processes
from workbench.core.errors import STATUS, InputError, WorkbenchError
from workbench.core.workspace import Workspace
from workbench.labeling.listener import HOST, Service, keep, kept
from workbench.labeling.listening import Listening

_log = logging.getLogger(__name__)
#: A request may hold the items of a page with all their answers.
_MOST = 64 << 20


def serve(ws: Workspace) -> None:
    """Listen until the process is ended; the address stays the same from one start to the next."""
    known = kept(ws.root)
    listening, stop = Listening(ws), threading.Event()
    server = _bound(known.port, listening, known.secret)
    port = int(server.server_address[1])
    here = Service(port=port, secret=known.secret, handle=processes.identity(os.getpid()))
    keep(ws.root, here)
    if known.port not in (0, port):
        threading.Thread(target=listening.readdress, args=(here,), daemon=True).start()
    worker = threading.Thread(target=listening.work, args=(stop,), daemon=True)
    worker.start()
    try:
        server.serve_forever()
    finally:
        stop.set()
        server.server_close()


def _bound(port: int, listening: Listening, secret: str) -> ThreadingHTTPServer:
    handler = type("Handler", (_Handler,), {"listening": listening, "secret": secret})
    try:
        return ThreadingHTTPServer((HOST, port), handler)
    except OSError:  # another program has it now
        return ThreadingHTTPServer((HOST, 0), handler)


class _Handler(BaseHTTPRequestHandler):
    """One request; whoever does not know the secret finds nothing here."""

    listening: Listening
    secret: str
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:  # the name that the standard library asks for
        """Answer that we are here, and which versions there are."""
        self._answer_with({})

    def do_POST(self) -> None:
        """Answer what is asked with a JSON object in the body."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MOST:
            self.close_connection = True
            self._say(413, {"detail": f"The body has {length} bytes, the limit is {_MOST}."})
            return
        try:
            body = json.loads(self.rfile.read(length) or b"{}")
        except (ValueError, RecursionError):
            self._say(400, {"detail": "The body is not JSON."})
            return
        self._answer_with(body if isinstance(body, dict) else {})

    def _answer_with(self, body: Mapping[str, Any]) -> None:
        secret, _, rest = self.path.lstrip("/").partition("?")[0].partition("/")
        name, _, what = rest.strip("/").rpartition("/")
        if not hmac.compare_digest(secret.encode(), self.secret.encode()):
            self._say(404, {"detail": "There is nothing at this address."})
            return
        try:
            self._say(200, self._asked(name, what, body))
        except WorkbenchError as exc:
            self._say(STATUS[exc.code].http, exc.to_json())
        except Exception:
            _log.exception("The request %s of %s", what, name)
            self._say(500, {"detail": "The workbench has a bug here; the traceback is in listener.log."})

    def _asked(self, name: str, what: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        if what == "health":
            return {"status": "UP", "model_class": "workbench"}
        if what in ("setup", "versions"):
            setup = self.listening.setup(name)
            return setup if what == "setup" else {"versions": [setup["model_version"]]}
        if what == "predict":
            return self.listening.predict(name, body.get("tasks") or [])
        if what in ("webhook", "train"):
            self.listening.told(name, "START_TRAINING" if what == "train" else str(body.get("action", "")))
            return {"status": "ok"}
        raise InputError(f"{what!r} cannot be asked here.", hint="health, setup, versions, predict, train, webhook.")

    def _say(self, status: int, body: Mapping[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of requests: their addresses hold the secret."""
