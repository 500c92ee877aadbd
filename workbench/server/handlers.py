"""The addresses under /workbench/: each handler parses, asks one thing, and answers JSON."""

from __future__ import annotations

import functools
import json
from http import HTTPStatus
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado.iostream import StreamClosedError
from tornado.web import authenticated

from workbench.core.errors import InputError
from workbench.core.refs import check_name
from workbench.core.run import ENDED, Run
from workbench.server import calls, problems, stream
from workbench.server.desk import HINT, Desk


class Handler(ExtensionHandlerMixin, APIHandler):
    """Base of the handlers: JSON answers, errors in the one shape."""

    _track_activity = False  # a sidebar that looks every few seconds is nobody's work: servers are culled by idleness

    @property
    def desk(self) -> Desk:
        """Return what the handlers share."""
        desk: Desk = self.settings["workbench_desk"]
        return desk

    def answer(self, body: Any, status: int = 200) -> None:
        """Write *body* as JSON."""
        self.set_status(status)
        self.finish(json.dumps(body))

    def whole(self, name: str, default: int) -> int:
        """Return a query argument that is a whole number, 0 or more."""
        text = self.get_query_argument(name, str(default))
        if not (text.isascii() and text.isdigit()):
            raise InputError(f"`{name}` must be a whole number, 0 or more, got {text!r}.")
        return int(text)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer what was raised; tornado calls this for every exception that leaves a handler."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        status = problems.status_of(error) if error is not None else status_code
        # The phrase of an HTTPError may hold what a client sent; ours is the one of the status.
        self.set_status(status, HTTPStatus(status).phrase)
        self.finish(json.dumps(problems.body_of(error, status)))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log bugs with their traceback; what we raise on purpose is an answer, not an incident."""
        if problems.status_of(value) >= 500 and not hasattr(value, "code"):
            super().log_exception(typ, value, tb)


class State(Handler):
    """What there is, and what changed since a sequence number."""

    @authenticated
    def get(self) -> None:
        """Answer the records after `since`; without a workspace, how to make one."""
        since = self.whole("since", 0)
        mirror = self.desk.mirror()
        self.desk.settle()
        self.answer(mirror.state(since) if mirror else {"since": 0, "seq": 0, "workspace": None, "hint": HINT, "records": []})


class Verbs(Handler):
    """Every verb with its arguments."""

    @authenticated
    def get(self) -> None:
        """Answer the verbs; their modules are light, and loaded once."""
        self.answer({"verbs": _described()})


class Verb(Handler):
    """One verb."""

    @authenticated
    async def post(self, name: str) -> None:
        """Call the verb with the JSON object in the body."""
        desk = self.desk
        if len(self.request.body) > desk.max_body:
            raise problems.TooLargeError(
                f"The body has {len(self.request.body)} bytes, the limit is {desk.max_body}.",
                hint="Put data in files and name them, or raise WorkbenchApp.max_body.",
            )
        calls.check(name)
        arguments = _object(self.request.body)
        if "notebook" in arguments:
            arguments["notebook"] = desk.notebook(arguments["notebook"])
        answer = await desk.calls.call(name, arguments, workspace=desk.need_mirror().ws.root)
        self.answer(answer.body, answer.status)


class RunDetails(Handler):
    """One run, as its panel shows it."""

    @authenticated
    def get(self, name: str) -> None:
        """Answer the record with its learning curve."""
        mirror = self.desk.need_mirror()
        self.answer(mirror.run(check_name(name, what="run"), root_dir=self.desk.root_dir))


class RunLog(Handler):
    """A run's log while it grows."""

    def get_content_type(self) -> str:
        """Return the type of server-sent events."""
        return "text/event-stream"

    @authenticated
    async def get(self, name: str) -> None:
        """Stream the log from byte `offset` on until the run has ended."""
        run = Run(self.desk.need_mirror().ws, check_name(name, what="run"))
        offset = self.whole("offset", 0)
        run.state  # noqa: B018  # an unknown run is refused before the first byte
        self.set_header("Content-Type", self.get_content_type())
        self.set_header("Cache-Control", "no-cache")
        self.set_header("X-Accel-Buffering", "no")
        self._gone = False
        try:
            async for event in stream.follow(run.log_path, lambda: run.state, offset=offset, ended=ENDED):
                if self._gone:
                    return
                self.write(event)
                await self.flush()
        except StreamClosedError:
            return

    def on_connection_close(self) -> None:
        """Stop following when the reader is gone."""
        self._gone = True


@functools.cache
def _described() -> list[dict[str, Any]]:
    return calls.describe()


def _object(body: bytes) -> dict[str, Any]:
    try:
        made = json.loads(body or b"{}")
    except ValueError as exc:
        raise InputError(f"The body is not JSON: {exc}.") from exc
    if not isinstance(made, dict):
        raise InputError(f"The body must be a JSON object of arguments, got {type(made).__name__}.")
    return made


HANDLERS = [
    (r"/workbench/state", State),
    (r"/workbench/verbs", Verbs),
    (r"/workbench/verbs/([^/]+)", Verb),
    (r"/workbench/runs/([^/]+)", RunDetails),
    (r"/workbench/runs/([^/]+)/log", RunLog),
]
