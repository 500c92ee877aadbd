"""Labels through Label Studio's own editor: what it is given it shows, and sends back the same when a person agrees."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench import tasks, wiring
from workbench.core.ports import LabelTask
from workbench.core.workspace import Workspace
from workbench.labeling.studio import StudioLabeler
from workbench.labeling.studio_server import ServerInfo
from workbench.testing.items import dataset, example
from workbench.testing.studio import studio

__all__ = ["studio"]

#: Tasks whose answers the editor makes anew from what it has drawn, each with the item that asks most of it.
DRAWN = {
    "image-classification": 2,
    "object-detection": 1,
    "instance-segmentation": 0,
    "semantic-segmentation": 1,
    "keypoint-detection": 0,
    "relation-extraction": 0,
    "audio-event-detection": 1,
    "image-captioning": 1,
    "preference": 1,
    "ranking": 0,
}
_HAS = "n => { const s = window.Htx?.annotationStore?.selected; return s && s.serializeAnnotation().length === n }"


@pytest.fixture(scope="module")
def place(studio: ServerInfo) -> tuple[Workspace, StudioLabeler]:
    """A workspace below the folder that the server shows files from, and the labeler that is that server."""
    root = Path(studio.document_root) / f"ws-{uuid.uuid4().hex[:8]}"
    (root / "media").mkdir(parents=True)
    labeler = StudioLabeler(studio.url, studio.token, root / "media", document_root=Path(studio.document_root))
    return Workspace(root, wire=wiring.wire, settings=wiring.Settings()), labeler


@pytest.fixture(scope="module")
def page(studio: ServerInfo, browser: Any) -> Iterator[Any]:
    """A page of Label Studio whose person is signed in, which remembers what went wrong in it."""
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(f"{studio.url}/user/login/")
    page.fill("input[name=email]", studio.username)
    page.fill("input[name=password]", studio.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/user/login" not in url)
    yield page
    context.close()


@pytest.mark.parametrize("name", DRAWN)
def test_the_editor_shows_a_suggestion_and_sends_it_back_the_same(
    place: tuple[Workspace, StudioLabeler], studio: ServerInfo, page: Any, name: str
) -> None:
    ws, labeler = place
    task, given, data = tasks.task(name), example(name), dataset(ws, name)
    row, label = data.rows()[DRAWN[name]], given.labels[DRAWN[name]]
    project = labeler.create(name, task.labeling_config(given.classes))
    result = list(task.result_of(label, row=row, score=0.5))
    guess = {"result": result, "model_version": "m@1", "score": 0.5}
    labeler.push(project, [LabelTask(row["id"], tasks.shown(task, data, row), guess)])
    page.goto(f"{studio.url}/projects/{project}/data?labeling=1")
    page.wait_for_function(_HAS, arg=len(result))
    with page.expect_response(lambda r: "/annotations" in r.url and r.request.method == "POST"):
        page.get_by_test_id("bottombar-submit-button").click()
    [answer] = labeler.pull(project).answers
    assert task.label_of(answer.result, row=row) == label
    assert page.problems == []
