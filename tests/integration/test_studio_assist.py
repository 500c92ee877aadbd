"""A model that suggests labels in a real Label Studio, and is trained by the button there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from workbench.core.dataset import Dataset, commit
from workbench.core.labeling import Labeling
from workbench.core.recipe import Recipe
from workbench.core.run import Run
from workbench.core.workspace import Workspace
from workbench.labeling import listener
from workbench.labeling.assist import assist
from workbench.labeling.label import label
from workbench.labeling.studio_server import ServerInfo
from workbench.testing.annotator import answer

pytestmark = pytest.mark.slow

TASK = "image-classification"
_RECIPE = Recipe(task=TASK, epochs=4, image_size=16, batch_size=8, lr=0.02)


@pytest.fixture
def ws(studio: ServerInfo, studio_ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace whose service for suggestions finds the shared server, and ends with the test."""
    monkeypatch.setenv("WORKBENCH_LABELS_URL", studio.url)
    monkeypatch.setenv("WORKBENCH_LABELS_TOKEN", studio.token)
    yield studio_ws
    listener.stop(studio_ws.root)


@pytest.fixture
def job(ws: Workspace) -> Labeling:
    """Forty pictures, bright ones and dark ones; the annotator will see eight of them later than the others."""
    return label(pictures(ws, 40), task=TASK, classes=["dark", "bright"])


def pictures(ws: Workspace, n: int) -> Dataset:
    rows, random = [], np.random.default_rng(0)
    for i in range(n):
        shade = 40 + 150 * (i % 2)
        file = ws.root / f"{i}.png"
        Image.fromarray(random.integers(shade, shade + 60, (16, 16), dtype=np.uint8)).save(file)
        key = ws.blobs.put(file.read_bytes(), suffix=".png")
        rows.append({"id": key[:16], "media": key, "name": f"{i}.png"})
    return commit(ws, "shades", rows)


def shade(item: Any) -> str | None:
    """What a person would say; the last eight are left open."""
    number = int(Path(item["name"]).stem)
    return None if number >= 32 else ("dark", "bright")[number % 2]


def test_the_training_button_makes_a_run_whose_model_then_suggests(ws: Workspace, studio: ServerInfo, job: Labeling) -> None:
    assist(job, recipe=_RECIPE)
    project = job.info().project
    with httpx.Client(base_url=studio.url, headers={"Authorization": f"Token {studio.token}"}, timeout=60) as client:
        (backend,) = client.get("/api/ml/", params={"project": project}).json()
        assert (backend["title"], backend["readable_state"]) == ("workbench", "Connected")
        assert answer(studio.url, studio.token, project, shade, task=TASK) == 32
        # The hook has told; nobody pulled.
        wait_for(lambda: len(ws.journal.answers(job.name)[1]) == 32)
        client.post(f"/api/ml/{backend['id']}/train", json={}).raise_for_status()
        wait_for(lambda: ws.records.get("labeling", job.name).fields.get("run"))
        run = Run(ws, ws.records.get("labeling", job.name).fields["run"].removeprefix("run:"))
        model = run.result()
        assert (run.state, model.name, run.info().metrics["accuracy"]) == ("done", "shades", 1.0)
        open_items = client.get("/api/tasks/", params={"project": project, "fields": "task_only"}).json()["tasks"]
        item = next(i for i in open_items if i["data"]["name"] == "33.png")
        shown = client.get(f"/api/tasks/{item['id']}/", params={"project": project}).json()
        (guess,) = shown["predictions"]
        assert (guess["model_version"], guess["result"][0]["value"]["choices"]) == (model.ref, ["bright"])
    assert job.pull().labels().count(None) == 8  # what a model suggests is no label


def test_enough_answers_train_by_themselves_and_a_stranger_finds_nothing(
    ws: Workspace, studio: ServerInfo, job: Labeling
) -> None:
    assist(job, recipe=_RECIPE, every=30)
    answer(studio.url, studio.token, job.info().project, shade, task=TASK)
    wait_for(lambda: ws.records.all("run"))
    Run(ws, ws.records.all("run")[0].id).cancel()
    service = listener.status(ws.root)
    assert service is not None
    address = listener.address(service, job.name)
    assert httpx.get(f"{address}/health").json()["status"] == "UP"
    assert httpx.post(f"{address}/predict", json={"tasks": [{"id": 1, "data": {"sample": "../x"}}]}).json() == {"results": []}
    assert httpx.post(f"{address}/predict", content=b"[" * 100_000).status_code == 400
    assert httpx.get(address.replace(service.secret, "guessed") + "/health").status_code == 404
    assert (ws.root / "labels" / "listener.json").stat().st_mode & 0o777 == 0o600
    assert service.secret not in listener.log(ws.root).read_text()


def wait_for(holds: Callable[[], Any], *, patience_s: float = 100.0) -> None:
    until = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)
