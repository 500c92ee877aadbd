"""Label Studio as the proxy reaches it: signed in once for whoever Jupyter has signed in, its addresses moved to ours."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http.cookiejar import DefaultCookiePolicy

import httpx

from workbench.core.errors import ExternalError
from workbench.labeling.studio_server import ServerInfo

#: An export of a large project is computed whole before its first byte is sent.
_PATIENCE = httpx.Timeout(600.0, connect=10.0)
_LOGIN = "/user/login/"
_SENT = ("accept", "accept-language", "content-type", "range", "if-none-match", "if-modified-since", "x-requested-with")
_RETURNED = (
    "accept-ranges",
    "cache-control",
    "content-disposition",
    "content-range",
    "content-type",
    "etag",
    "expires",
    "last-modified",
    "retry-after",
)
#: Cookies of Label Studio itself, for a server whose password nobody gave us: a person signs in there. Jupyter's never go.
_COOKIES = ("sessionid", "csrftoken")

#: Addresses from the root, as they stand in pages (quoted, or in a style) and in answers (quoted).
_IN_PAGES = re.compile(r"""(?<=["'(])/(?=(?:static|react-app|dm|data|api|user|projects|tasks|heidi-tips)\b)""")
_IN_STYLES = re.compile(r"""(?<=url\()(["']?)/(?=(?:static|react-app)/)""")
_IN_ANSWERS = re.compile(r'(?<=")/(?=(?:static|data|tasks)/)')
_HOSTNAME = re.compile(r'hostname: "[^"]*"')
#: Label Studio writes some addresses without asking where it is: those are moved when they are used.
_SHIM = """<script>(() => {
  const prefix = %PREFIX%;
  const moved = url => typeof url === 'string' && /^\\/(?!\\/)/.test(url) && !url.startsWith(prefix) ? prefix + url : url;
  const { fetch } = window, { open } = XMLHttpRequest.prototype;
  window.fetch = (what, ...rest) => fetch(moved(what), ...rest);
  XMLHttpRequest.prototype.open = function (method, url, ...rest) { return open.call(this, method, moved(url), ...rest); };
  if (window.ServiceWorkerContainer) {
    ServiceWorkerContainer.prototype.register = () => Promise.reject(new Error('Not below another application.'));
  }
  document.addEventListener('click', event => {
    const link = event.target.closest?.('a[href^="/"]');
    if (link) link.setAttribute('href', moved(link.getAttribute('href')));
  }, true);
})();</script>"""


class Upstream:
    """One Label Studio server; with a password in *info*, every request is made by its owner, in one session."""

    def __init__(self, info: ServerInfo) -> None:
        self.info = info
        self._n_entries = 0
        self._door = asyncio.Lock()
        self._client = httpx.AsyncClient(base_url=info.url, timeout=_PATIENCE, follow_redirects=False, trust_env=False)
        if not info.password:
            self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    @asynccontextmanager
    async def answer(
        self, method: str, target: str, *, headers: Mapping[str, str], cookies: Mapping[str, str], body: bytes
    ) -> AsyncIterator[httpx.Response]:
        """Lend the server's answer to a request for *target* (path and query), its body not yet read."""
        sent = {name: headers[name] for name in _SENT if name in headers} | {"accept-encoding": "identity"}
        if not self.info.password:
            sent["cookie"] = "; ".join(f"{name}={cookies[name]}" for name in _COOKIES if name in cookies)
        else:
            await self._enter(again=False)
        try:
            response = await self._send(method, target, sent, body)
            if self.info.password and _is_outside(response):
                await response.aclose()
                await self._enter(again=True)
                response = await self._send(method, target, sent, body)
            try:
                yield response
            finally:
                await response.aclose()
        except httpx.HTTPError as exc:
            raise self._silent() from exc

    async def close(self) -> None:
        """Let its connections go."""
        await self._client.aclose()

    async def _send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> httpx.Response:
        url = httpx.URL(self.info.url).copy_with(raw_path=target.encode("ascii"))
        headers = dict(headers) | {"referer": f"{self.info.url}/"}
        return await self._client.send(self._client.build_request(method, url, headers=headers, content=body), stream=True)

    async def _enter(self, *, again: bool) -> None:
        """Sign in, once for all the requests that a page makes at a time."""
        entered = self._n_entries
        async with self._door:
            if self._n_entries == entered and (again or not entered):
                await self._sign_in()
                self._n_entries += 1

    async def _sign_in(self) -> None:
        try:
            self._client.cookies.clear()
            page = (await self._client.get(_LOGIN)).text
            found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
            form = {
                "email": self.info.username,
                "password": self.info.password,
                "csrfmiddlewaretoken": found[1] if found else "",
            }
            done = await self._client.post(_LOGIN, data=form, headers={"referer": f"{self.info.url}/"})
        except httpx.HTTPError as exc:
            raise self._silent() from exc
        if done.status_code != 302:
            raise ExternalError(
                f"Label Studio at {self.info.url} refused the login of {self.info.username}.",
                hint="Its password was changed there? Make a new login: delete labels/server.json, then restart it.",
                system="Label Studio",
                retryable=False,
            )

    def _silent(self) -> ExternalError:
        return ExternalError(
            f"Label Studio: no answer from {self.info.url}.",
            hint="Run: workbench labels start",
            system="Label Studio",
            retryable=True,
        )


def _is_outside(response: httpx.Response) -> bool:
    return response.status_code == 401 or response.headers.get("location", "").startswith(_LOGIN)


def headers_of(response: httpx.Response, prefix: str, url: str) -> dict[str, str]:
    """Return the headers of an answer that a browser may have, its addresses below *prefix*."""
    kept = {name.title(): response.headers[name] for name in _RETURNED if name in response.headers}
    if where := response.headers.get("location"):
        path = where.removeprefix(url)
        kept["Location"] = prefix + path if path.startswith("/") and not path.startswith("//") else where
    return kept


def cookies_of(response: httpx.Response) -> list[tuple[str, str]]:
    """Return the cookies that Label Studio sets."""
    found = [each.partition(";")[0].strip().partition("=") for each in response.headers.get_list("set-cookie")]
    return [(name, value) for name, _, value in found if name in _COOKIES]


def is_moved(response: httpx.Response) -> bool:
    """Return whether an answer is of a kind that tells addresses."""
    return response.headers.get("content-type", "").partition(";")[0] in ("text/html", "text/css", "application/json")


def moved(body: str, kind: str, prefix: str, url: str) -> str:
    """Return a page or an answer with its addresses below *prefix*.

    >>> moved('{"image": "/data/local-files/?d=a.png"}', "application/json", "/workbench/studio", "http://127.0.0.1:8080")
    '{"image": "/workbench/studio/data/local-files/?d=a.png"}'
    """
    if kind == "text/css":
        return _IN_STYLES.sub(rf"\1{prefix}/", body)
    if kind != "text/html":
        return _IN_ANSWERS.sub(f"{prefix}/", body.replace(f'"{url}/', f'"{prefix}/'))
    body = _IN_PAGES.sub(f"{prefix}/", body)
    quoted = '"' + prefix.replace("\\", "\\\\").replace('"', '\\"').replace("<", "\\u003c") + '"'
    body = _HOSTNAME.sub(lambda _: f"hostname: window.location.origin + {quoted}", body)
    return re.sub(r"<head[^>]*>", lambda m: m[0] + _SHIM.replace("%PREFIX%", quoted), body, count=1)
