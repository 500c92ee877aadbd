"""Errors as HTTP answers."""

from __future__ import annotations

import pytest
from tornado.web import HTTPError

from workbench.core.errors import STATUS, WorkbenchError
from workbench.server.problems import TooLargeError, body_of, status_of


@pytest.mark.parametrize("kind", WorkbenchError.__subclasses__(), ids=lambda k: k.code)
def test_each_of_the_seven_has_its_status_and_the_one_shape(kind: type[WorkbenchError]) -> None:
    error = kind("It is so.", hint="Do this.")
    assert status_of(error) == STATUS[kind.code].http
    assert body_of(error, status_of(error)) == {"ok": False, "code": kind.code, "message": "It is so.", "hint": "Do this."}


def test_a_body_beyond_the_limit_has_the_status_that_http_has_for_it() -> None:
    assert status_of(TooLargeError("Too many bytes.")) == 413


def test_a_bug_tells_strangers_nothing() -> None:
    error = KeyError("secret-token")
    assert status_of(error) == 500
    assert "secret" not in str(body_of(error, 500))


def test_what_jupyter_refuses_is_said_in_our_words() -> None:
    body = body_of(HTTPError(403, "Forbidden: %s", "x"), 403)
    assert (body["code"], body["ok"]) == ("http", False)
    assert "not signed in" in body["message"]
