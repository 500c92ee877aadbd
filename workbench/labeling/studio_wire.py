"""The way to a Label Studio server: its SDK for one thing at a time, plain JSON for many, its errors as ours."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import httpx

from workbench.core.errors import ExternalError, NotFoundError, WorkbenchError
from workbench.core.need import need

START = "Run: workbench labels start"
_USE = "Label Studio as the place to label"
#: An export is computed whole before its first byte is sent.
PATIENCE_S = 600.0


@dataclass(frozen=True)
class Visit:
    """One connection to the server, with the SDK's `client`, and a way past the models that it makes of everything."""

    client: Any
    _http: Any

    def get(self, path: str, **query: Any) -> httpx.Response:
        """Ask for something; what is refused raises as it does in the SDK."""
        return _accepted(self._http.request(path, method="GET", params=query))

    def post(self, path: str, body: bytes, **query: Any) -> Any:
        """Send JSON and return what is answered to it."""
        sent = {"method": "POST", "params": query, "content": body, "headers": {"Content-Type": "application/json"}}
        return _accepted(self._http.request(path, **sent)).json()


class Wire:
    """The server at *url*, entered with *token*; *mend* is what a person may do when it does not answer."""

    def __init__(self, url: str, token: str, mend: str) -> None:
        self._url = url
        self._token = token
        self._mend = mend

    @contextmanager
    def visit(self, project: str = "") -> Iterator[Visit]:
        """Give one visit, and translate what the SDK and its transport raise."""
        # Not by the package's own client, which loads pandas and a dozen others for things that are not asked here.
        studio = need("label_studio_sdk.base_client", extra="annotate", use=_USE)
        settings = {"base_url": self._url, "api_key": self._token, "timeout": PATIENCE_S}
        try:
            with httpx.Client(timeout=PATIENCE_S, follow_redirects=True, verify=_trusted()) as transport:
                # No retries: an import that was cut off may have been done, and would be done twice.
                told = {**settings, "max_retries": 0, "httpx_client": transport}
                yield Visit(studio.LabelStudioBase(**told), studio.SyncClientWrapper(**told).httpx_client)
        except httpx.HTTPError as exc:
            raise self._trouble(f"Label Studio: no answer from {self._url}.") from exc
        except json.JSONDecodeError as exc:
            raise self._trouble(f"What answers at {self._url} does not speak as Label Studio does.") from exc
        except api_error() as exc:
            raise self._refusal(exc, project) from exc

    def _trouble(self, what: str) -> ExternalError:
        return ExternalError(what, hint=self._mend, system="Label Studio", retryable=True)

    def _refusal(self, exc: Any, project: str) -> WorkbenchError:
        if exc.status_code == 404 and project:
            return NotFoundError(
                f"Label Studio at {self._url} has no project {project}.",
                hint="It was deleted there, or belongs to another server. Label again under another name.",
                kind="project",
                name=project,
                neighbours=(),
            )
        if (exc.status_code or 0) < 400:
            return self._trouble(f"What answers at {self._url} does not speak as Label Studio does.")
        if exc.status_code in (401, 403):
            return ExternalError(
                f"Label Studio at {self._url} refused the token.",
                hint="Set `labels_token` to an access token of that server.",
                system="Label Studio",
                retryable=False,
            )
        return ExternalError(
            f"Label Studio at {self._url} answered {exc.status_code}: {said(exc)}.",
            hint="Its log says more." if exc.status_code >= 500 else "",
            system="Label Studio",
            retryable=exc.status_code >= 500,
        )


def api_error() -> type[Exception]:
    """Return what the SDK raises when the server refuses something."""
    return cast("type[Exception]", need("label_studio_sdk.core.api_error", extra="annotate", use=_USE).ApiError)


def said(exc: Any) -> str:
    """Return what the server said, in one line."""
    body = exc.body if isinstance(exc.body, Mapping) else {}
    return str(body.get("validation_errors") or body.get("detail") or exc.body)[:300].rstrip(".")


def _accepted(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        body = answer.json()
    except json.JSONDecodeError:
        body = answer.text
    raise cast("Any", api_error())(status_code=answer.status_code, headers=dict(answer.headers), body=body)


@cache
def _trusted() -> ssl.SSLContext:
    """Return whom to believe on a secured line: reading that list takes longer than a small question."""
    return httpx.create_ssl_context()
