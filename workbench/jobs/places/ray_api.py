"""The Jobs API of a Ray cluster over plain HTTP: importing Ray would take a submitting process seconds."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib import error, request
from urllib.parse import quote, urlsplit

from workbench.core.errors import ExternalError, NotFoundError

#: What Ray says of a job that has not come to its end.
LIVING = ("PENDING", "RUNNING")

_TIMEOUT_S = 10.0


def token(environment: Mapping[str, str] = os.environ) -> str:
    """Return the token for clusters that were not started here, from where Ray's own tools read it; '' when there is none."""
    if told := environment.get("RAY_AUTH_TOKEN"):
        return told.strip()
    path = Path(environment.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token").expanduser()
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


class JobsApi:
    """The jobs of the cluster at *url*; *mend* says what to do when nobody answers there."""

    def __init__(self, url: str, token: str, *, mend: str, timeout_s: float = _TIMEOUT_S) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._mend = mend
        self._timeout_s = timeout_s
        here = (urlsplit(url).hostname or "").startswith(("127.", "localhost", "::1"))
        # A proxy for the way out knows nothing of this machine.
        self._open = request.build_opener(*([request.ProxyHandler({})] if here else [])).open

    def submit(self, job: Mapping[str, Any]) -> str:
        """Hand in a job, a document of the Jobs API, and return its id."""
        return str(self._ask("POST", "/api/jobs/", job)["submission_id"])

    def info(self, job: str) -> dict[str, Any]:
        """Return what the cluster knows of a job: `status`, `message` and more; raise `NotFoundError` when nothing."""
        return dict(self._ask("GET", f"/api/jobs/{quote(job)}"))

    def stop(self, job: str) -> None:
        """Ask a job to end; one that has ended is no error."""
        self._ask("POST", f"/api/jobs/{quote(job)}/stop")

    def log(self, job: str) -> str:
        """Return what the command of a job has printed."""
        return str(self._ask("GET", f"/api/jobs/{quote(job)}/logs").get("logs") or "")

    def nodes(self) -> list[dict[str, Any]]:
        """Return the nodes with their state, address and resources."""
        return list(self._ask("GET", "/api/v0/nodes?detail=1")["data"]["result"]["result"])

    def is_ready(self) -> bool:
        """Return whether jobs can be handed in."""
        with contextlib.suppress(ExternalError):
            self._ask("GET", "/api/jobs/")
            return True
        return False

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        asked = request.Request(  # noqa: S310 - the address is one that a person gave, and checked to be http
            self.url + path,
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self._token}"} if self._token else {}),
        )
        try:
            with self._open(asked, timeout=self._timeout_s) as answer:
                return json.loads(answer.read() or b"{}")
        except error.HTTPError as exc:
            with exc:
                raise self._refused(path, exc.code, exc.read().decode("utf-8", "replace")) from exc
        except (OSError, ValueError) as exc:  # nobody there, cut off, or another program
            reason = getattr(exc, "reason", exc)
            raise ExternalError(
                f"Ray: no answer from {self.url} ({reason}).", hint=self._mend, system="Ray", retryable=True, status=0
            ) from exc

    def _refused(self, path: str, status: int, said: str) -> ExternalError | NotFoundError:
        if status in (401, 403):
            what = "wants a token, and there is none" if status == 401 and not self._token else "does not take the token"
            hint = "Put the cluster's token into RAY_AUTH_TOKEN, or its file's path into RAY_AUTH_TOKEN_PATH."
            return ExternalError(f"Ray at {self.url} {what}.", hint=hint, system="Ray", retryable=False, status=status)
        if status == 404:
            return NotFoundError(f"Ray at {self.url} knows nothing of {path}.", kind="job", name=path, neighbours=())
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        return ExternalError(
            f"Ray at {self.url} answered with status {status}: {lines[-1][:300] if lines else 'nothing more'}",
            hint=self._mend,
            system="Ray",
            retryable=status >= 500,
            status=status,
        )
