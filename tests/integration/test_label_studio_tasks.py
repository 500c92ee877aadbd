"""Every task through a real Label Studio: its config is taken, its labels go in and come back the same.

With WORKBENCH_WRITE_FIXTURES=1 the exports that other tests read are written anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from workbench import tasks
from workbench.core.dataset import Dataset
from workbench.core.ports import LabelTask
from workbench.core.workspace import Workspace
from workbench.labeling.studio_server import ServerInfo
from workbench.testing.items import dataset, example

pytestmark = pytest.mark.slow

FIXTURES = Path(__file__).parents[1] / "fixtures" / "label_studio"
#: What differs from server to server, and from run to run.
PASSING = ("created_at", "updated_at", "created_ago", "lead_time", "unique_id", "import_id", "last_created_by", "file_upload")
#: Numbers that the server gives, and what they count.
NUMBERS = {"project": "project", "task": "task", "completed_by": "person", "updated_by": "person", "inner_id": "inner"}


@pytest.mark.parametrize("name", list(tasks.TASKS))
def test_labels_of_every_task_come_back_the_same(studio: ServerInfo, studio_ws: Workspace, name: str) -> None:
    task, given, data = tasks.task(name), example(name), dataset(studio_ws, name)
    rows = {row["id"]: row for row in data}
    project = studio_ws.labeler.create(name, task.labeling_config(given.classes))
    # As predictions first, which the server checks against the config; an answer it would take as it is.
    assert studio_ws.labeler.push(project, list(guesses(data, given.labels))) == len(rows)
    with httpx.Client(base_url=studio.url, headers={"Authorization": f"Token {studio.token}"}, timeout=60) as client:
        for item in client.get("/api/tasks/", params={"project": project, "fields": "all"}).json()["tasks"]:
            [guess] = item["predictions"]
            assert task.label_of(guess["result"], row=rows[item["data"]["sample"]]) == label_of(item, given.labels)
            said = {"result": guess["result"], "lead_time": 2.5}
            client.post(f"/api/tasks/{item['id']}/annotations/", json=said).raise_for_status()
        export = client.get(f"/api/projects/{project}/export", params={"exportType": "JSON"}).json()
    found = {a.id: task.label_of(a.result, row=rows[a.id]) for a in studio_ws.labeler.pull(project).answers}
    assert found == {f"i{i}": label for i, label in enumerate(given.labels)}
    if os.environ.get("WORKBENCH_WRITE_FIXTURES"):
        FIXTURES.mkdir(parents=True, exist_ok=True)
        text = json.dumps(stripped(export), indent=1, ensure_ascii=False, sort_keys=True)
        (FIXTURES / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    assert stripped(export) == json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def guesses(data: Dataset, labels: tuple[str, ...]) -> Any:
    task = tasks.task(data.task)
    for row, label in zip(data.rows(), labels, strict=True):
        guess = {"result": list(task.result_of(label, row=row, score=0.5)), "model_version": "m@1", "score": 0.5}
        yield LabelTask(row["id"], tasks.shown(task, data, row), guess)


def label_of(item: Any, labels: tuple[str, ...]) -> str:
    return labels[int(item["data"]["sample"][1:])]


def stripped(export: Any) -> Any:
    """Return an export without times and folders, the server's own numbers counted from 1."""
    numbers: dict[tuple[str, int], int] = {}

    def counted(kind: str, value: int) -> int:
        return numbers.setdefault((kind, value), 1 + sum(each == kind for each, _ in numbers))

    def walk(value: Any, key: str, of: str) -> Any:
        if isinstance(value, dict):
            return {k: walk(v, k, key.rstrip("s")) for k, v in sorted(value.items()) if k not in PASSING}
        if isinstance(value, list):
            return [walk(v, key, of) for v in value]
        if type(value) is int and key in ("id", "predictions", *NUMBERS):
            return counted(of if key == "id" else NUMBERS.get(key, "prediction"), value)
        if isinstance(value, str) and "/data/local-files/" in value:
            return "/data/local-files/?d=" + value.rpartition("media")[2]
        return value

    return walk(export, "tasks", "")
