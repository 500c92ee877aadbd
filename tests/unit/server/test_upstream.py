"""Addresses of Label Studio, moved below those of the Jupyter server."""

from __future__ import annotations

import httpx
import pytest

from workbench.server.upstream import cookies_of, headers_of, moved

PREFIX, URL = "/user/eva/workbench/studio", "http://127.0.0.1:8080"


def test_a_page_loads_everything_from_below_our_address() -> None:
    page = '<head a="b"><link href="/static/x.css"><script src="/react-app/main.js?v=1"></script>'
    page += 'hostname: "", <form action="/user/login/">'
    told = moved(page, "text/html", PREFIX, URL)
    assert f'href="{PREFIX}/static/x.css"' in told
    assert f'src="{PREFIX}/react-app/main.js?v=1"' in told
    assert f'action="{PREFIX}/user/login/"' in told
    assert f'hostname: window.location.origin + "{PREFIX}"' in told
    assert told.index("window.fetch") < told.index("main.js")


def test_an_answer_keeps_everything_but_the_addresses_of_files() -> None:
    answer = (
        '{"image":"/data/local-files/?d=a.png","text":"/datasets are /data","next":"http://127.0.0.1:8080/api/tasks/?page=2"}'
    )
    assert moved(answer, "application/json", PREFIX, URL) == (
        f'{{"image":"{PREFIX}/data/local-files/?d=a.png","text":"/datasets are /data","next":"{PREFIX}/api/tasks/?page=2"}}'
    )


def test_a_style_finds_its_fonts() -> None:
    assert moved("a{src:url(/static/f.ttf)}b{src:url('/static/g.ttf')}", "text/css", PREFIX, URL) == (
        f"a{{src:url({PREFIX}/static/f.ttf)}}b{{src:url('{PREFIX}/static/g.ttf')}}"
    )


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("/projects/1/", f"{PREFIX}/projects/1/"),
        (f"{URL}/projects/1/", f"{PREFIX}/projects/1/"),
        ("//elsewhere.test/", "//elsewhere.test/"),
    ],
)
def test_a_redirection_stays_below_our_address(where: str, told: str) -> None:
    response = httpx.Response(302, headers={"location": where, "set-cookie": "a=b", "x-powered-by": "x"})
    assert headers_of(response, PREFIX, URL) == {"Location": told}


def test_only_the_cookies_of_label_studio_come_back() -> None:
    headers = [("set-cookie", "sessionid=s1; Path=/; HttpOnly"), ("set-cookie", "_xsrf=evil; Path=/")]
    assert cookies_of(httpx.Response(200, headers=headers)) == [("sessionid", "s1")]
