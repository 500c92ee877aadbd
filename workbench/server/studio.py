"""Label Studio under the address of the Jupyter server, for whoever is signed in there; and starting it."""

from __future__ import annotations

import asyncio
import html
import os
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, authenticated

from workbench import wiring
from workbench.core.errors import ConflictError, ExternalError
from workbench.labeling import studio_server
from workbench.labeling.studio_server import ServerInfo
from workbench.server import problems, upstream
from workbench.server.base import Handler
from workbench.server.desk import Desk
from workbench.server.upstream import Upstream

_PLACE = "/workbench/studio"
#: Files that somebody sent: a picture that holds a script is shown, and its script runs nowhere near JupyterLab's cookies.
_FILES = "/data/"
_ALONE = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Label Studio</title>
<body style="font:14px/1.5 sans-serif;margin:3em auto;max-width:34em;color:#444"><p>{message}</p><p><code>{hint}</code></p>"""


class Labels(Handler):
    """Whether there is a Label Studio, and starting the workspace's own."""

    @authenticated
    def get(self) -> None:
        """Answer whether it runs."""
        found = _server(self.desk)
        self.answer({"running": found is not None, "url": found.url if found else ""})

    @authenticated
    async def post(self) -> None:
        """Start the workspace's own server and answer when it does."""
        root = self.desk.need_mirror().ws.root
        if _server(self.desk) is None:
            if studio_server.installed() is None:
                raise ConflictError(
                    "Label Studio is not installed on this machine.", hint="Once, in a terminal: workbench labels install"
                )
            await asyncio.to_thread(studio_server.start, root)
        self.get()


class Studio(ExtensionHandlerMixin, JupyterHandler):
    """Every address of Label Studio, below ours; Jupyter's sign-in is the only one."""

    def check_xsrf_cookie(self) -> None:
        """Take a request that would change something only from our own pages: Label Studio's cannot carry the XSRF token."""
        if self.request.method in ("GET", "HEAD", "OPTIONS"):
            return
        site, origin = self.request.headers.get("Sec-Fetch-Site"), self.request.headers.get("Origin")
        is_ours = site == "same-origin" if site else bool(origin) and urlsplit(str(origin)).netloc == self.request.host
        if not is_ours:
            super().check_xsrf_cookie()

    @authenticated
    async def get(self, _: str) -> None:
        """Hand the request on, and the answer back."""
        await self._hand_on()

    post = put = patch = delete = head = get

    async def _hand_on(self) -> None:
        desk: Desk = self.settings["workbench_desk"]
        there = _upstream(desk)
        prefix = self.base_url.rstrip("/") + _PLACE
        target = str(self.request.uri).removeprefix(prefix)
        if not target.startswith("/"):
            self.redirect(f"{prefix}/{target}")
            return
        cookies = {name: morsel.value for name, morsel in self.request.cookies.items()}
        headers = {name.lower(): value for name, value in self.request.headers.items()}
        async with there.answer(
            self.request.method, target, headers=headers, cookies=cookies, body=self.request.body
        ) as response:
            self.set_status(response.status_code)
            self.clear_header("Content-Type")
            for name, value in upstream.headers_of(response, prefix, there.info.url).items():
                self.set_header(name, value)
            self.set_header("X-Content-Type-Options", "nosniff")
            if target.startswith(_FILES):
                self.set_header("Content-Security-Policy", _ALONE)
            if not there.info.password:
                for name, value in upstream.cookies_of(response):
                    self.set_cookie(name, value, path=prefix, httponly=name == "sessionid", samesite="Lax")
            if upstream.is_moved(response):
                kind = response.headers["content-type"].partition(";")[0]
                body = (await response.aread()).decode("utf-8", "replace")
                self.finish(upstream.moved(body, kind, prefix, there.info.url))
                return
            try:
                async for piece in response.aiter_raw():
                    self.write(piece)
                    await self.flush()
                self.finish()
            except StreamClosedError:
                return

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer a page for people, in our words."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        status = problems.status_of(error) if error is not None else status_code
        told = problems.body_of(error, status)
        self.set_status(status, HTTPStatus(status).phrase)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(_PAGE.format(message=html.escape(told["message"]), hint=html.escape(told["hint"])))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log bugs; a server that is down is an answer."""
        if not hasattr(value, "code") and not isinstance(value, HTTPError):
            super().log_exception(typ, value, tb)


def _server(desk: Desk) -> ServerInfo | None:
    """Return the server of the workspace: the one that its settings name, else its own while it runs."""
    root = desk.need_mirror().ws.root
    named = wiring.settings(root, os.environ).labels_url
    if named:
        return ServerInfo(url=named.rstrip("/"), username="", password="", token="", document_root="")
    return studio_server.status(root)


def _upstream(desk: Desk) -> Upstream:
    """Return the way to the server, the same for all requests while the server stays where it is."""
    found = _server(desk)
    if found is None:
        raise ExternalError("Label Studio does not run.", hint="workbench labels start", system="Label Studio", retryable=True)
    known = desk.studio
    if known is None or (known.info.url, known.info.password) != (found.url, found.password):
        known = desk.studio = Upstream(found)
    return known


HANDLERS = [(r"/workbench/labels", Labels), (rf"{_PLACE}(/.*)?", Studio)]
