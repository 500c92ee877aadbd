"""Errors over HTTP: the one JSON shape with the status of its code, translated here and nowhere else."""

from __future__ import annotations

from typing import Any

from tornado.web import HTTPError

from workbench.core.errors import STATUS, InputError, WorkbenchError

#: What Jupyter and tornado refuse before a handler of ours runs, in our words.
_REFUSED: dict[int, tuple[str, str]] = {
    401: ("This request is not signed in.", "Open JupyterLab again, or send the server's token."),
    403: ("This request is not signed in, or lacks the XSRF token.", "Open JupyterLab again, or send the server's token."),
    404: ("There is nothing at this address.", "The workbench answers under /workbench/."),
    405: ("This address does not take that method.", "Read with GET, call a verb with POST."),
}


class TooLargeError(InputError):
    """A body beyond the limit: the caller's mistake, with the status that HTTP has for it."""


def status_of(error: BaseException | None) -> int:
    """Return the HTTP status of what was raised; a bug is 500."""
    if isinstance(error, TooLargeError):
        return 413
    if isinstance(error, WorkbenchError):
        return STATUS[error.code].http
    return error.status_code if isinstance(error, HTTPError) else 500


def body_of(error: BaseException | None, status: int) -> dict[str, Any]:
    """Return the JSON that tells the caller; of a bug it tells nothing but where the traceback is."""
    if isinstance(error, WorkbenchError):
        return error.to_json()
    if isinstance(error, HTTPError) and status < 500:
        message, hint = _REFUSED.get(status, (error.log_message or f"The request ended with status {status}.", ""))
        return {"ok": False, "code": "http", "message": message, "hint": hint}
    return bug("The workbench has a bug here.")


def bug(message: str) -> dict[str, Any]:
    """Return the JSON of something that nobody raised on purpose."""
    return {"ok": False, "code": "bug", "message": message, "hint": "The traceback is in the server's log."}
