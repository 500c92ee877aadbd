"""The wire of a service: a plain ASGI application, because a framework would cost more than the batcher saves."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from workbench.core.errors import STATUS, ConflictError, InputError, WorkbenchError, not_found
from workbench.serving.deployment import Tokens
from workbench.serving.engine import Asked, Engine

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = Mapping[bytes, bytes]
Answer = tuple[int, bytes, bytes]

_log = logging.getLogger(__name__)

#: A caller that has begun a body must send the next part of it in this time.
_BODY_S = 30.0
_JSON = b"application/json"


class _Refusal(Exception):  # noqa: N818  # an answer, not an accident
    """An error whose HTTP status says more than its code, with the header that goes with it."""

    def __init__(self, status: int, error: WorkbenchError, header: tuple[bytes, bytes] | None = None) -> None:
        super().__init__(status)
        self.status, self.error, self.header = status, error, header


class _Gone(Exception):  # noqa: N818  # nobody is there to tell
    """The caller has closed the connection."""


class Delivery:
    """What a worker calls with its results: one wake-up of the event loop per batch, not per item."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def ticket(self) -> asyncio.Future[Any]:
        """Return what an item's result will arrive in; called on the event loop."""
        self._loop = asyncio.get_running_loop()
        return self._loop.create_future()

    def __call__(self, tickets: Sequence[asyncio.Future[Any]], results: Sequence[Any]) -> None:
        """Deliver *results*; called on a worker's thread, after `ticket`."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(_settle, tickets, results)


def _settle(tickets: Sequence[asyncio.Future[Any]], results: Sequence[Any]) -> None:
    for ticket, result in zip(tickets, results, strict=True):
        if not ticket.done():
            ticket.set_result(result)


class App:
    """The ASGI application around an engine; `stop` is called when the administrator asks for the end."""

    def __init__(self, engine: Engine, tokens: Tokens, delivery: Delivery, stop: Callable[[], None]) -> None:
        self._engine, self._delivery, self._stop = engine, delivery, stop
        client, admin = (f"Bearer {token}".encode() for token in (tokens.client, tokens.admin))
        # Path: method, whose token, handler. Health alone is open, and says nothing but yes or not yet.
        self._routes: dict[str, tuple[str, tuple[bytes, ...], Callable[[Headers, Receive], Awaitable[Answer]]]] = {
            "/predict": ("POST", (client, admin), self._predict),
            "/health": ("GET", (), self._health),
            "/": ("GET", (client, admin), self._describe),
            "/metrics": ("GET", (client, admin), self._metrics),
            "/admin/load": ("POST", (admin,), self._load),
            "/admin/route": ("POST", (admin,), self._route),
            "/admin/flush": ("POST", (admin,), self._flush),
            "/admin/stop": ("POST", (admin,), self._end),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        extra: list[tuple[bytes, bytes]] = []
        try:
            handler, headers = self._admitted(scope)
            status, kind, body = await handler(headers, receive)
        except _Gone:
            return
        except _Refusal as exc:
            status, kind, body = exc.status, _JSON, _encoded(exc.error.to_json())
            extra = [exc.header] if exc.header else []
        except WorkbenchError as exc:
            status, kind, body = STATUS[exc.code].http, _JSON, _encoded(exc.to_json())
        except Exception:
            _log.exception("%s %s broke", scope["method"], scope["path"])
            status, kind, body = 500, _JSON, _encoded(_FAULT)
        length = str(len(body)).encode()
        head = [(b"content-type", kind), (b"content-length", length), *extra]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

    def _admitted(self, scope: Scope) -> tuple[Callable[[Headers, Receive], Awaitable[Answer]], Headers]:
        path = scope["path"]
        if path not in self._routes:
            raise not_found("path", path, self._routes)
        method, allowed, handler = self._routes[path]
        if scope["method"] != method:
            wrong = InputError(f"{path} takes {method}, got {scope['method']}.")
            raise _Refusal(405, wrong, (b"allow", method.encode()))
        headers = dict(scope["headers"])
        given = headers.get(b"authorization", b"")
        # Every comparison is made, each in constant time: the answer's delay tells nothing about the token.
        if allowed and not sum([hmac.compare_digest(given, token) for token in allowed]):
            denied = InputError(
                f"{path} needs a token of this service.",
                hint="Send `Authorization: Bearer <token>`; see tokens.json.",
            )
            raise _Refusal(401, denied, (b"www-authenticate", b"Bearer"))
        return handler, headers

    async def _predict(self, headers: Headers, receive: Receive) -> Answer:
        body = await self._body(headers, receive)
        many = headers.get(b"content-type", b"").startswith(_JSON)
        items = self._items(body) if many else [body]
        engine = self._engine
        try:
            asked = engine.begin(headers.get(b"x-workbench-key", b"").decode("latin-1"))
        except ConflictError as exc:
            raise _later(exc) from exc
        return 200, _JSON, _encoded(engine.end(asked, items, await self._results(asked, items)))

    async def _results(self, asked: Asked, items: list[bytes]) -> list[Any]:
        tickets = [self._delivery.ticket() for _ in items]
        try:
            self._engine.submit(asked, items, tickets)
        except ConflictError as exc:
            self._engine.turned_away(asked)
            raise _later(exc) from exc
        return [await ticket for ticket in tickets]

    def _items(self, body: bytes) -> list[bytes]:
        given = _object(body).get("items")
        limit = self._engine.deployment.max_waiting
        if not isinstance(given, list) or not given or not all(isinstance(item, str) for item in given):
            raise InputError(
                "`items` must be a list of base64 texts.", hint='Send {"items": ["<base64>"]}, or bytes as they are.'
            )
        if len(given) > limit:
            raise InputError(f"A request holds at most {limit} items, got {len(given)}.", hint="Send several requests.")
        try:
            return [base64.b64decode(item, validate=True) for item in given]
        except (binascii.Error, ValueError) as exc:
            raise InputError(f"`items` must be base64: {exc}.") from exc

    async def _health(self, headers: Headers, receive: Receive) -> Answer:  # noqa: ARG002  # the signature of a handler
        if not self._engine.is_ready:
            raise _later(ConflictError("The service is loading its models.", hint="Ask again in a second."))
        return 200, _JSON, b'{"ok": true}'

    async def _describe(self, headers: Headers, receive: Receive) -> Answer:  # noqa: ARG002  # as above
        return 200, _JSON, _encoded({"ok": True, **self._engine.describe()})

    async def _metrics(self, headers: Headers, receive: Receive) -> Answer:  # noqa: ARG002  # as above
        return 200, self._engine.meters.content_type.encode(), self._engine.meters.text()

    async def _load(self, headers: Headers, receive: Receive) -> Answer:
        given = _object(await self._body(headers, receive))
        # In a thread: the requests of the versions that answer now must not wait for a model to load.
        await asyncio.to_thread(self._engine.load, str(given.get("model", "")), str(given.get("path", "")))
        return await self._describe(headers, receive)

    async def _route(self, headers: Headers, receive: Receive) -> Answer:
        traffic = _object(await self._body(headers, receive)).get("traffic")
        if not isinstance(traffic, dict) or not all(isinstance(share, int | float) for share in traffic.values()):
            raise InputError("`traffic` must be a mapping of models to percentages.")
        await asyncio.to_thread(self._engine.route, traffic)
        return await self._describe(headers, receive)

    async def _flush(self, headers: Headers, receive: Receive) -> Answer:  # noqa: ARG002  # as above
        await asyncio.to_thread(self._engine.journal.flush)
        return 200, _JSON, b'{"ok": true}'

    async def _end(self, headers: Headers, receive: Receive) -> Answer:  # noqa: ARG002  # as above
        self._stop()
        return 200, _JSON, b'{"ok": true}'

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        limit = self._engine.deployment.max_body
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > limit:
            raise _too_large(limit)
        message = await receive()
        body: bytes = message.get("body", b"")
        parts = [body]
        n_bytes = len(body)
        while message["type"] == "http.request" and message.get("more_body", False):
            try:
                message = await asyncio.wait_for(receive(), _BODY_S)
            except TimeoutError as exc:
                raise _Refusal(408, InputError(f"The rest of the body did not come within {_BODY_S:g} s.")) from exc
            parts.append(message.get("body", b""))
            n_bytes += len(parts[-1])
            if n_bytes > limit:
                raise _too_large(limit)
        if message["type"] != "http.request":
            raise _Gone
        return b"".join(parts) if len(parts) > 1 else body


_FAULT = {
    "ok": False,
    "code": "internal",
    "message": "The service has a fault; this request was not answered.",
    "hint": "The service's log.txt has the traceback.",
}


def _too_large(limit: int) -> _Refusal:
    return _Refusal(413, InputError(f"A request holds at most {limit / 2**20:g} MiB.", hint="Scale the item down."))


def _later(exc: ConflictError) -> _Refusal:
    return _Refusal(503, exc, (b"retry-after", b"1"))


def _encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError as exc:
        raise InputError(f"The body is not JSON: {exc}.") from exc
    if not isinstance(value, dict):
        raise InputError(f"The body must be a JSON object, got {type(value).__name__}.")
    return value
