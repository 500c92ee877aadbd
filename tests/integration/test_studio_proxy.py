"""Label Studio below the address of a real Jupyter server: who gets in, what goes there, and what comes back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import httpx
import pytest

import workbench as wb
from workbench.testing.jupyter import TOKEN, served

pytestmark = pytest.mark.slow
_PLACE = "/site/eva/workbench/studio"


class _Studio(BaseHTTPRequestHandler):
    """Stands for a Label Studio: says what it was asked, and what it was sent."""

    asked: ClassVar[list[dict[str, Any]]] = []

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.append({"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body})
        content = b"\x00" * 100_000 if "media" in self.path else b'{"image": "/data/local-files/?d=a.png"}'
        self.send_response(200)
        self.send_header("Content-Type", "image/png" if "media" in self.path else "application/json")
        self.send_header("Set-Cookie", "sessionid=theirs; Path=/")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815  # named by http.server

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Jupyter server whose workspace names that Label Studio."""
    studio = ThreadingHTTPServer(("127.0.0.1", 0), _Studio)
    threading.Thread(target=studio.serve_forever, daemon=True).start()
    folder = tmp_path_factory.mktemp("proxy")
    ws = wb.open(folder / "root" / "line-3", environment={})
    (ws.root / "workbench.toml").write_text(f'labels_url = "http://127.0.0.1:{studio.server_address[1]}"\n')
    try:
        with served(folder / "root", base="/site/eva/") as here:
            yield here.url
    finally:
        studio.shutdown()
        studio.server_close()


@pytest.fixture
def browser(url: str) -> Iterator[httpx.Client]:
    """A browser that is signed in at Jupyter."""
    _Studio.asked.clear()
    with httpx.Client(base_url=url, follow_redirects=True, timeout=30) as client:
        client.get("/site/eva/login")
        client.post("/site/eva/login", data={"password": TOKEN, "_xsrf": client.cookies["_xsrf"]})
        yield client


@pytest.mark.parametrize("path", ["/projects/", "/api/tasks/?project=1", ""])
def test_nobody_gets_in_without_jupyters_sign_in(url: str, path: str) -> None:
    _Studio.asked.clear()
    answer = httpx.get(f"{url}{_PLACE}{path}")
    assert answer.status_code in (302, 403)
    assert "login" in answer.headers.get("location", "login")
    assert _Studio.asked == []


def test_a_request_reaches_it_without_jupyters_cookies_and_comes_back_with_its_addresses_moved(browser: httpx.Client) -> None:
    answer = browser.get(f"{_PLACE}/api/tasks/?project=1&q=a%2Fb")
    assert answer.json() == {"image": f"{_PLACE}/data/local-files/?d=a.png"}
    assert "x-frame-options" not in answer.headers
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    (asked,) = _Studio.asked
    assert asked["path"] == "/api/tasks/?project=1&q=a%2Fb"
    assert not {"Authorization", "_xsrf"} & set(asked["headers"])
    assert "username" not in asked["headers"].get("cookie", "")
    # A server whose password we do not have signs people in by itself, with a cookie that only it is sent.
    browser.get(f"{_PLACE}/api/tasks/")
    assert _Studio.asked[-1]["headers"]["cookie"] == "sessionid=theirs"
    (cookie,) = [c for c in browser.cookies.jar if c.name == "sessionid"]
    assert cookie.path == _PLACE


def test_files_come_in_pieces_and_whole(browser: httpx.Client) -> None:
    assert browser.get(f"{_PLACE}/media/a.png").content == b"\x00" * 100_000


def test_a_file_that_holds_a_script_runs_it_nowhere_near_jupyterlab(browser: httpx.Client) -> None:
    headers = browser.get(f"{_PLACE}/data/local-files/?d=a.svg").headers
    assert headers["Content-Security-Policy"].startswith("sandbox;")
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_from_elsewhere_cannot_change_anything(browser: httpx.Client, url: str) -> None:
    for headers in (
        {"Origin": "https://elsewhere.test"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {},
    ):
        assert browser.post(f"{_PLACE}/api/projects/", json={}, headers=headers).status_code in (403, 404)
    assert _Studio.asked == []
    for headers in ({"Origin": url}, {"Sec-Fetch-Site": "same-origin"}):
        assert browser.post(f"{_PLACE}/api/projects/", json={"title": "a"}, headers=headers).status_code == 200
    assert [(a["method"], a["body"]) for a in _Studio.asked] == [("POST", b'{"title":"a"}')] * 2


def test_the_way_leads_to_no_other_server(browser: httpx.Client) -> None:
    for path in ("//elsewhere.test/x", "/@elsewhere.test/", "/../../api/contents", "/%2e%2e/x"):
        browser.get(f"{_PLACE}{path}")
    assert all(asked["headers"]["Host"].startswith("127.0.0.1:") for asked in _Studio.asked)
