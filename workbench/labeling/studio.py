"""The labeler that is a Label Studio server; the only file that knows its SDK."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html import escape
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import httpx

from workbench.core.errors import ExternalError
from workbench.core.files import disk
from workbench.core.ports import Answer, LabelTask, Pulled
from workbench.labeling.studio_items import SAMPLE, Inventory, Item, pages, sample
from workbench.labeling.studio_wire import PATIENCE_S, START, Visit, Wire, api_error, said

__all__ = ["ASSISTANT", "SAMPLE", "START", "StudioLabeler"]

#: What the model that suggests is called there.
ASSISTANT = "workbench"
#: What one request holds: large enough to be fast (thousands a second), small enough to stay below request limits.
_BATCH, _BATCH_BYTES = 1000, 8 << 20
#: What an answer is made of: fields of items and of their annotations.
_FIELDS = "id,data,updated_at,annotations,completed_by,result,was_cancelled,lead_time,ground_truth,updated_by"
_SAID = {"fields": "all", "include": _FIELDS}
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
        self._wire = Wire(self._url, token, mend)
        self._media = media_root.resolve()
        self._root = document_root.resolve() if document_root else self._media.parent
        self._folders: dict[Path, Path] = {}
        self._there = Inventory()

    def create(self, title: str, config: str, *, guidelines: str = "", overlap: int = 1) -> str:
        """Make a project from a labeling config and return its id; *overlap* is how many people shall answer each item."""
        title = title if len(title) >= 3 else f"labeling {title}"  # the server wants 3 to 50 characters
        told: dict[str, Any] = {"maximum_annotations": overlap}
        if guidelines:
            # The server shows instructions as HTML.
            told |= {"expert_instruction": escape(guidelines).replace("\n", "<br>"), "show_instruction": True}
        with self._wire.visit() as visit:
            client = visit.client
            project = client.projects.create(title=title[:50], label_config=config, **told)
            try:
                self._show_media(client, project.id)
            except ExternalError:
                client.projects.delete(project.id)
                raise
        return str(project.id)

    def push(self, project: str, tasks: Sequence[LabelTask], *, step: Callable[[int], None] = lambda _n: None) -> int:
        """Add the items that are not there yet, by their `id`; return how many were new. *step* hears how many are done.

        An import that was cut off may come through while this one runs: what is there twice then is taken away again.
        """
        with self._wire.visit(project) as visit:
            there = self._there.look(visit, project)
            new = list({task.id: task for task in tasks if task.id not in there}.values())
            n_done, guesses = len(tasks) - len(new), {task.id: dict(task.prediction) for task in new if task.prediction}
            for part in _parts((task.id, json.dumps(self._request(task)).encode()) for task in new):
                body = b"[" + b",".join(content for _, content in part) + b"]"
                made = visit.post(f"api/projects/{project}/import", body, return_task_ids=True)
                _check_count(made, len(part))
                numbers = dict(zip(made.get("task_ids", ()), (id for id, _ in part), strict=False))
                self._there.add(project, numbers)
                if made.get("prediction_count") == 0:
                    _guess(visit, project, {number: guesses[id] for number, id in numbers.items() if id in guesses})
                n_done += len(part)
                step(n_done)
            if new:
                self._there.check(visit, project)
            if guesses:
                # The editor fills in the predictions of one version only; those that came last are the ones to check.
                last = [*guesses.values()][-1]
                visit.client.projects.update(int(project), model_version=last.get("model_version", ""))
        return len(new)

    def pull(self, project: str, *, since: str = "") -> Pulled:
        """Return every answer to the items that changed since that cursor; items that were not pushed by us are left out.

        The cursor is the server's own clock, no later than when this began: an item that was read may change before the
        last one is. Without a cursor, all answers come in one export, which is fastest.
        """
        with self._wire.visit(project) as visit:
            first = visit.get(f"api/projects/{project}/")
            people = {user["id"]: user["email"] for user in visit.get("api/users/").json()}
            items = _changed(visit, project, since) if since else _everything(visit, project)
        ours = [item for item in items if sample(item)]
        answers = [answer for item in ours for told in item["annotations"] for answer in _answers(project, item, told, people)]
        newest = max((_iso(item["updated_at"]) for item in items), default="")
        seen = frozenset(map(sample, ours))
        n_answers = int(first.json()["total_annotations_number"] or 0)
        return Pulled(answers, seen, max(since, min(newest, _asked_at(first) or newest)), n_answers)

    def counts(self, project: str) -> tuple[int, int]:
        """Return how many items the project has, and how many are labeled."""
        with self._wire.visit(project) as visit:
            found = visit.get(f"api/projects/{project}/").json()
        return int(found["task_number"] or 0), int(found["num_tasks_with_annotations"] or 0)

    def url(self, project: str) -> str:
        """Return where a person opens the project."""
        return f"{self._url}/projects/{project}/"

    def assist(self, project: str, url: str) -> None:
        """Let the project ask the service at *url* from now on, and no other of ours; it tells it what people say, too."""
        with self._wire.visit(project) as visit:
            client = visit.client
            for known in client.ml.list(project=int(project)):
                if known.title == ASSISTANT:
                    client.ml.delete(known.id)
            for hook in client.webhooks.list(project=project):
                if hook.url.endswith("/webhook") and hook.url.split("/")[-2] == url.rpartition("/")[2]:
                    client.webhooks.delete(hook.id)
            # The server makes the hook that tells of answers by itself.
            client.ml.create(project=int(project), url=url, title=ASSISTANT, timeout=PATIENCE_S)
            client.projects.update(int(project), model_version=ASSISTANT, show_collab_predictions=True)

    def _show_media(self, client: Any, project: int) -> None:
        self._media.mkdir(parents=True, exist_ok=True)  # the server refuses a folder that is not there yet
        try:
            # Never synchronised: it only gives the project the right to show files below this folder.
            client.import_storage.local.create(project=project, path=str(self._media), use_blob_urls=True, title="media")
        except api_error() as exc:
            settings = f"LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true, LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT={self._root}"
            raise ExternalError(
                f"Label Studio at {self._url} does not show files from {self._media}: {said(exc)}.",
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


def _guess(visit: Visit, project: str, guesses: Mapping[int, Mapping[str, Any]]) -> None:
    """Send the predictions of an import that brought none: when its database is locked, the server forgets them."""
    if guesses:
        told = [{**guess, "task": number} for number, guess in guesses.items()]
        visit.post(f"api/projects/{project}/import/predictions", json.dumps(told).encode())


def _parts(items: Iterable[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """Yield what goes in one request each."""
    part: list[tuple[str, bytes]] = []
    n_bytes = 0
    for item in items:
        if part and (len(part) == _BATCH or n_bytes + len(item[1]) > _BATCH_BYTES):
            yield part
            part, n_bytes = [], 0
        part.append(item)
        n_bytes += len(item[1])
    if part:
        yield part


def _everything(visit: Visit, project: str) -> list[Item]:
    return cast("list[Item]", visit.get(f"api/projects/{project}/export", exportType="JSON").json())


def _changed(visit: Visit, project: str, since: str) -> list[Item]:
    """Return the items that changed since then, and a little before: what was being written may be seen late."""
    began = (datetime.fromisoformat(since).astimezone(UTC) - _LATE).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    chosen = {"filter": "filter:tasks:updated_at", "operator": "greater", "type": "Datetime", "value": began}
    return list(pages(visit, project, _SAID, chosen))


def _asked_at(answer: httpx.Response) -> str:
    """Return when the server answered, by its own clock and to the second below; '' when it does not say."""
    with suppress(KeyError, ValueError):
        return _iso(parsedate_to_datetime(answer.headers["date"]))
    return ""


def _answers(project: str, item: Mapping[str, Any], told: Mapping[str, Any], people: Mapping[int, str]) -> Iterator[Answer]:
    """Yield what an annotation says; one that was marked as ground truth is a review too, by whoever touched it last."""
    answer = Answer(
        id=sample(item),
        annotator=_person(told["completed_by"], people),
        at=_iso(told["updated_at"]),
        # An annotator who skips an item may leave marks on it; they say nothing.
        result=[] if told["was_cancelled"] else told["result"],
        seconds=float(told["lead_time"] or 0.0),
        key=f"{project}:{told['id']}",
        state="skipped" if told["was_cancelled"] else "given",
    )
    yield answer
    if told.get("ground_truth") and answer.state == "given":
        by = told.get("updated_by") or told["completed_by"]
        yield replace(answer, annotator=_person(by, people), seconds=0.0, key=f"{answer.key}:review", source="review")


def _iso(moment: Any) -> str:
    """Return a time of the server in one form: the SDK parses some, an export says them as text."""
    at = moment if isinstance(moment, datetime) else datetime.fromisoformat(str(moment))
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _person(by: Any, people: Mapping[int, str]) -> str:
    number = by["id"] if isinstance(by, Mapping) else by
    return people.get(number, f"user-{number}")


def _check_count(made: Mapping[str, Any], expected: int) -> None:
    if made["task_count"] != expected:
        raise ExternalError(
            f"Label Studio took {made['task_count']} of {expected} items.",
            hint="Push them again: what is there is not added twice.",
            system="Label Studio",
            retryable=True,
        )
