"""The addresses under /workbench/: each handler parses, asks one thing, and answers JSON."""

from __future__ import annotations

import functools
import json
from typing import Any

from tornado.iostream import StreamClosedError
from tornado.web import authenticated

from workbench.core.errors import InputError
from workbench.core.run import ENDED
from workbench.server import calls, micro, pages, problems, stream, studio
from workbench.server.base import Handler
from workbench.server.desk import HINT


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
        run = self.run_named(name)
        self.answer(self.desk.need_mirror().run(run.id, root_dir=self.desk.root_dir))


class RunLog(Handler):
    """A run's log while it grows."""

    def get_content_type(self) -> str:
        """Return the type of server-sent events."""
        return "text/event-stream"

    @authenticated
    async def get(self, name: str) -> None:
        """Stream the log from byte `offset` on until the run has ended."""
        run = self.run_named(name)
        offset = self.whole("offset", 0)
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
    *pages.HANDLERS,
    *micro.HANDLERS,
    *studio.HANDLERS,
]
