"""A scripted annotator: answers the items of a Label Studio project through its own interface, in place of a person.

It has an account of its own, so that every label it gives says who gave it: `scripted-annotator@localhost`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from workbench.core.errors import ExternalError
from workbench.tasks import task as find_task

NAME = "scripted-annotator"
EMAIL = f"{NAME}@localhost"

_PAGE = 1000
_SEEN = "id,data,total_annotations"
_PATIENCE = 600.0
#: Writers beyond this many only queue for the server's database.
_WRITERS = 4

Decide = Callable[[Mapping[str, Any]], str | None]


@dataclass(frozen=True)
class _Decision:
    item: int
    result: Sequence[Mapping[str, Any]]


def answer(url: str, token: str, project: str, decide: Decide, *, task: str, one_by_one: bool = False) -> int:
    """Answer every item that nobody has answered, and return how many were.

    *decide* is given an item's data (its `sample` id, its `name` and what is shown) and returns the label, or None to
    leave the item to somebody else. *token* is that of an administrator; the account of the annotator is made with it.

    With *one_by_one* each answer is posted on its own, as the editor in the browser does: tens per second. Otherwise the
    decisions go in as predictions in the annotator's name, and the server's own action "create annotations from
    predictions" makes them answers, hundreds per second; the predictions then stay visible beside them.
    """
    with httpx.Client(base_url=url, headers={"Authorization": f"Token {token}"}, timeout=_PATIENCE) as admin:
        own = account(admin, url, token)
    with httpx.Client(base_url=url, headers={"Authorization": f"Token {own}"}, timeout=_PATIENCE) as client:
        chosen = find_task(task)
        open_items = _open_items(client, project)
        said = [(item["id"], decide(item["data"])) for item in open_items]
        decisions = [_Decision(id, chosen.result_of(label)) for id, label in said if label is not None]
        if one_by_one:
            _post_each(client, decisions)
        else:
            _post_all(client, project, decisions)
    return len(decisions)


def account(admin: httpx.Client, url: str, token: str) -> str:
    """Return the token of the annotator's own account; on first use it joins by an invitation, as a person would.

    Its password is derived from the administrator's token, so that nothing has to be kept: whoever holds that token may
    do anything on the server anyway.
    """
    password = hmac.new(token.encode(), NAME.encode(), hashlib.sha256).hexdigest()
    people = [user["email"] for user in _said(admin.get("/api/users/")).json()]
    door = "/user/login/" if EMAIL in people else str(_said(admin.get("/api/invite")).json()["invite_url"])
    with httpx.Client(base_url=url, timeout=_PATIENCE, follow_redirects=True) as session:
        page = _said(session.get(door)).text
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        form = {"email": EMAIL, "password": password, "csrfmiddlewaretoken": found[1] if found else ""}
        _said(session.post(door, data=form, headers={"Referer": url}))
        return str(_said(session.get("/api/current-user/token")).json()["token"])


def _open_items(client: httpx.Client, project: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query: dict[str, str | int] = {
        "project": project,
        "fields": "task_only",
        "include": "id,data,total_annotations",
        "page_size": _PAGE,
    }
    total = 1
    while len(found) < total:
        body = _said(client.get("/api/tasks/", params={**query, "page": len(found) // _PAGE + 1})).json()
        found += body["tasks"]
        total = body["total"] if body["tasks"] else 0
    return [item for item in found if not item["total_annotations"]]


def _post_each(client: httpx.Client, decisions: Sequence[_Decision]) -> None:
    def post(decision: _Decision) -> None:
        body = {"result": list(decision.result), "lead_time": 0.0}
        _said(client.post(f"/api/tasks/{decision.item}/annotations/", json=body))

    with ThreadPoolExecutor(_WRITERS) as writers:
        list(writers.map(post, decisions))


def _post_all(client: httpx.Client, project: str, decisions: Sequence[_Decision]) -> None:
    for start in range(0, len(decisions), _PAGE):
        part = decisions[start : start + _PAGE]
        guesses = [{"task": d.item, "result": list(d.result), "model_version": NAME} for d in part]
        _said(client.post(f"/api/projects/{project}/import/predictions", json=guesses))
        chosen = {"model_version": NAME, "selectedItems": {"all": False, "included": [d.item for d in part]}}
        _said(client.post("/api/dm/actions", params={"id": "predictions_to_annotations", "project": project}, json=chosen))


def _said(response: httpx.Response) -> httpx.Response:
    if response.is_error:
        raise ExternalError(
            f"Label Studio answered {response.status_code} to {response.request.url.path}: {response.text[:200]}.",
            system="Label Studio",
            retryable=response.status_code >= 500,
        )
    return response
