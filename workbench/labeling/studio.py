"""The labeler that is a Label Studio server; the only file that knows its SDK."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import httpx

from workbench.core.errors import ExternalError, NotFoundError, WorkbenchError
from workbench.core.files import disk
from workbench.core.need import need
from workbench.core.ports import Answer, LabelTask, Pulled

#: Where a task's data holds the id of our sample: answers are joined on it, never on the server's own numbers.
SAMPLE = "sample"
#: What the model that suggests is called there.
ASSISTANT = "workbench"
START = "Run: workbench labels start"
_USE = "Label Studio as the place to label"
#: Items in one request: large enough to be fast (thousands a second), small enough to stay below request limits.
_BATCH = 1000
#: What an answer is made of: fields of items and of their annotations.
_SAID = "id,data,updated_at,annotations,completed_by,result,was_cancelled,lead_time,ground_truth,updated_by"
#: An export is computed whole before its first byte is sent.
_PATIENCE_S = 600.0
#: For how long a change that the server has dated may not be seen yet.
_LATE = timedelta(seconds=5)


class StudioLabeler:
    """Projects of the Label Studio server at *url*, entered with *token* (an access token or a personal token).

    A `Path` in an item's data is a file that the server shows from where it lies below *media_root*, which must be below
    the server's document root; a file elsewhere gets a second name there. Every method raises `ExternalError` when the
    server does not do its part.
    """

    def __init__(self, url: str, token: str, media_root: Path, *, document_root: Path | None = None, mend: str = START) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._media = media_root.resolve()
        self._root = document_root.resolve() if document_root else self._media.parent
        self._mend = mend
        self._folders: dict[Path, Path] = {}

    def create(self, title: str, config: str, *, guidelines: str = "", overlap: int = 1) -> str:
        """Make a project from a labeling config and return its id; *overlap* is how many people shall answer each item."""
        title = title if len(title) >= 3 else f"labeling {title}"  # the server wants 3 to 50 characters
        told: dict[str, Any] = {"maximum_annotations": overlap}
        if guidelines:
            # The server shows instructions as HTML.
            told |= {"expert_instruction": escape(guidelines).replace("\n", "<br>"), "show_instruction": True}
        with self._visit() as client:
            project = client.projects.create(title=title[:50], label_config=config, **told)
            try:
                self._show_media(client, project.id)
            except ExternalError:
                client.projects.delete(project.id)
                raise
        return str(project.id)

    def push(self, project: str, tasks: Sequence[LabelTask]) -> int:
        """Add the items that are not there yet, by their `id`; return how many were new."""
        with self._visit(project) as client:
            there = {item.data.get(SAMPLE) for item in _items(client, project)}
            new = list({task.id: task for task in tasks if task.id not in there}.values())
            requests = [self._request(task) for task in new]
            for start in range(0, len(requests), _BATCH):
                part = requests[start : start + _BATCH]
                made = client.projects.import_tasks(int(project), request=part, return_task_ids=True)
                _check_count(made, len(part))
            if guesses := [task.prediction for task in new if task.prediction]:
                # The editor fills in the predictions of one version only; those that came last are the ones to check.
                client.projects.update(int(project), model_version=guesses[-1].get("model_version", ""))
        return len(new)

    def pull(self, project: str, *, since: str = "") -> Pulled:
        """Return every answer to the items that changed since that cursor; items that were not pushed by us are left out.

        The cursor is the server's own clock. Without one, all answers come in one export, which is fastest.
        """
        with self._visit(project) as client:
            found = client.projects.get(int(project))
            people = {user.id: user.email for user in client.users.list()}
            items = _changed(client, project, since) if since else _everything(client, project)
            ours = [item for item in items if SAMPLE in item["data"]]
        answers = [answer for item in ours for said in item["annotations"] for answer in _answers(project, item, said, people)]
        cursor = max([since, *(_iso(item["updated_at"]) for item in items)])
        seen = frozenset(str(item["data"][SAMPLE]) for item in ours)
        return Pulled(answers, seen, cursor, int(found.total_annotations_number or 0))

    def counts(self, project: str) -> tuple[int, int]:
        """Return how many items the project has, and how many are labeled."""
        with self._visit(project) as client:
            found = client.projects.get(int(project))
        return int(found.task_number or 0), int(found.num_tasks_with_annotations or 0)

    def url(self, project: str) -> str:
        """Return where a person opens the project."""
        return f"{self._url}/projects/{project}/"

    def assist(self, project: str, url: str) -> None:
        """Let the project ask the service at *url* from now on, and no other of ours; it tells it what people say, too."""
        with self._visit(project) as client:
            for known in client.ml.list(project=int(project)):
                if known.title == ASSISTANT:
                    client.ml.delete(known.id)
            for hook in client.webhooks.list(project=project):
                if hook.url.endswith("/webhook") and hook.url.split("/")[-2] == url.rpartition("/")[2]:
                    client.webhooks.delete(hook.id)
            # The server makes the hook that tells of answers by itself.
            client.ml.create(project=int(project), url=url, title=ASSISTANT, timeout=_PATIENCE_S)
            client.projects.update(int(project), model_version=ASSISTANT, show_collab_predictions=True)

    def _show_media(self, client: Any, project: int) -> None:
        self._media.mkdir(parents=True, exist_ok=True)  # the server refuses a folder that is not there yet
        try:
            # Never synchronised: it only gives the project the right to show files below this folder.
            client.import_storage.local.create(project=project, path=str(self._media), use_blob_urls=True, title="media")
        except _api_error() as exc:
            settings = f"LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true, LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT={self._root}"
            raise ExternalError(
                f"Label Studio at {self._url} does not show files from {self._media}: {_said(exc)}.",
                hint=f"Start it with {settings}.",
                system="Label Studio",
                retryable=False,
            ) from exc

    def _request(self, task: LabelTask) -> dict[str, Any]:
        data = {key: self._address(value) if isinstance(value, Path) else value for key, value in task.data.items()}
        predictions = [dict(task.prediction)] if task.prediction else []
        return {"data": data | {SAMPLE: task.id}, "predictions": predictions}

    def _address(self, file: Path) -> str:
        if file.parent not in self._folders:  # a hundred thousand files lie in one folder
            self._folders[file.parent] = file.parent.resolve()
        found = self._folders[file.parent] / file.name
        if not found.is_relative_to(self._media) or file.name == "..":
            found = self._linked(file.resolve())
        return f"/data/local-files/?d={quote(found.relative_to(self._root).as_posix())}"

    def _linked(self, file: Path) -> Path:
        """Return where the server sees a file that lies elsewhere: a second name of it, a copy on another disk."""
        about = file.stat()
        name = hashlib.sha256(f"{file}\n{about.st_size}\n{about.st_mtime_ns}".encode()).hexdigest()[:32] + file.suffix
        place = self._media / "linked" / name
        with disk(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                if not place.exists():
                    os.link(file, place)
            except OSError:
                shutil.copyfile(file, place.with_suffix(".new"))
                place.with_suffix(".new").replace(place)
        return place

    @contextmanager
    def _visit(self, project: str = "") -> Iterator[Any]:
        """Give the SDK's client for one visit, and translate what it and its transport raise."""
        studio = need("label_studio_sdk", extra="annotate", use=_USE)
        settings = {"base_url": self._url, "api_key": self._token, "timeout": _PATIENCE_S}
        try:
            with httpx.Client(timeout=_PATIENCE_S, follow_redirects=True) as transport:
                # No retries: an import that was cut off may have been done, and would be done twice.
                yield studio.LabelStudio(**settings, max_retries=0, httpx_client=transport)
        except (httpx.HTTPError, json.JSONDecodeError) as exc:
            raise ExternalError(
                f"Label Studio: no answer from {self._url}.", hint=self._mend, system="Label Studio", retryable=True
            ) from exc
        except _api_error() as exc:
            raise self._refusal(exc, project) from exc

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
            return ExternalError(
                f"What answers at {self._url} does not speak as Label Studio does.",
                hint=self._mend,
                system="Label Studio",
                retryable=True,
            )
        if exc.status_code in (401, 403):
            return ExternalError(
                f"Label Studio at {self._url} refused the token.",
                hint="Set `labels_token` to an access token of that server.",
                system="Label Studio",
                retryable=False,
            )
        return ExternalError(
            f"Label Studio at {self._url} answered {exc.status_code}: {_said(exc)}.",
            hint="Its log says more." if exc.status_code >= 500 else "",
            system="Label Studio",
            retryable=exc.status_code >= 500,
        )


def _api_error() -> type[Exception]:
    return cast("type[Exception]", need("label_studio_sdk.core.api_error", extra="annotate", use=_USE).ApiError)


def _items(client: Any, project: str) -> Iterable[Any]:
    """Return every item of a project with its data only: the rest costs the server many times as much."""
    query = {"fields": "task_only", "include": "id,data", "resolve_uri": False}
    return cast("Iterable[Any]", client.tasks.list(project=int(project), page_size=_BATCH, **query))


def _everything(client: Any, project: str) -> list[dict[str, Any]]:
    body = b"".join(client.projects.exports.download_sync(int(project), export_type="JSON"))
    return cast("list[dict[str, Any]]", json.loads(body))


def _changed(client: Any, project: str, since: str) -> list[dict[str, Any]]:
    """Return the items that changed since then, and a little before: what was being written may be seen late."""
    began = (datetime.fromisoformat(since).astimezone(UTC) - _LATE).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    chosen = {"filter": "filter:tasks:updated_at", "operator": "greater", "type": "Datetime", "value": began}
    query = json.dumps({"filters": {"conjunction": "and", "items": [chosen]}})
    told = {"fields": "all", "include": _SAID, "resolve_uri": False, "query": query}
    return [item.dict() for item in client.tasks.list(project=int(project), page_size=_BATCH, **told)]


def _answers(project: str, item: Mapping[str, Any], said: Mapping[str, Any], people: Mapping[int, str]) -> Iterator[Answer]:
    """Yield what an annotation says; one that was marked as ground truth is a review too, by whoever touched it last."""
    answer = Answer(
        id=str(item["data"][SAMPLE]),
        annotator=_person(said["completed_by"], people),
        at=_iso(said["updated_at"]),
        # An annotator who skips an item may leave marks on it; they say nothing.
        result=[] if said["was_cancelled"] else said["result"],
        seconds=float(said["lead_time"] or 0.0),
        key=f"{project}:{said['id']}",
        state="skipped" if said["was_cancelled"] else "given",
    )
    yield answer
    if said.get("ground_truth") and answer.state == "given":
        by = said.get("updated_by") or said["completed_by"]
        yield replace(answer, annotator=_person(by, people), seconds=0.0, key=f"{answer.key}:review", source="review")


def _iso(moment: Any) -> str:
    """Return a time of the server in one form: the SDK parses some, an export says them as text."""
    at = moment if isinstance(moment, datetime) else datetime.fromisoformat(str(moment))
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _person(by: Any, people: Mapping[int, str]) -> str:
    number = by["id"] if isinstance(by, Mapping) else by
    return people.get(number, f"user-{number}")


def _check_count(made: Any, expected: int) -> None:
    if made.task_count != expected:
        raise ExternalError(
            f"Label Studio took {made.task_count} of {expected} items.",
            hint="Push them again: what is there is not added twice.",
            system="Label Studio",
            retryable=True,
        )


def _said(exc: Any) -> str:
    body = exc.body if isinstance(exc.body, Mapping) else {}
    return str(body.get("validation_errors") or body.get("detail") or exc.body)[:300].rstrip(".")
