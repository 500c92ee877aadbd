"""What every handler does: JSON answers, errors in the one shape, arguments read from the query."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin

from workbench.core.errors import InputError
from workbench.core.refs import check_name
from workbench.core.run import Run
from workbench.server import problems
from workbench.server.desk import Desk


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

    def run_named(self, name: str) -> Run:
        """Return the run that an address names; raise `NotFoundError` with close names when there is none."""
        run = Run(self.desk.need_mirror().ws, check_name(name, what="run"))
        run.state  # noqa: B018  # an unknown run is refused before the first byte
        return run
