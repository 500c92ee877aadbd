"""Several people in a real Label Studio: who gets what, what is changed, taken back and reviewed, and how it comes home."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from workbench.core.dataset import Dataset, commit
from workbench.core.labels import dumps
from workbench.core.workspace import Workspace
from workbench.labeling.label import label
from workbench.labeling.studio_server import ServerInfo
from workbench.tasks import task
from workbench.testing.annotator import EMAIL, account

pytestmark = pytest.mark.slow

TASK = "image-classification"
#: A name that would be a script if anybody took it for a page.
CLASSES = ["ok", "<img src=x onerror=alert(1)>"]


@pytest.fixture
def caps(studio_ws: Workspace) -> Dataset:
    keys = [studio_ws.blobs.put(bytes([i]) * 9, suffix=".png") for i in range(4)]
    return commit(studio_ws, "caps", [{"id": key[:16], "media": key, "name": f"{i}.png"} for i, key in enumerate(keys)])


@pytest.fixture
def eva(studio: ServerInfo) -> Iterator[httpx.Client]:
    """The owner of the server."""
    with httpx.Client(base_url=studio.url, headers={"Authorization": f"Token {studio.token}"}, timeout=60) as client:
        yield client


@pytest.fixture
def tom(studio: ServerInfo, eva: httpx.Client) -> Iterator[httpx.Client]:
    """Somebody who joined by invitation."""
    token = account(eva, studio.url, studio.token)
    with httpx.Client(base_url=studio.url, headers={"Authorization": f"Token {token}"}, timeout=60) as client:
        yield client


def say(person: httpx.Client, item: int, what: str, **more: Any) -> int:
    body = {"result": list(task(TASK).result_of(what)), "lead_time": 2.0, **more}
    return int(person.post(f"/api/tasks/{item}/annotations/", json=body).raise_for_status().json()["id"])


def items_of(person: httpx.Client, project: str) -> dict[str, int]:
    query = {"project": project, "fields": "task_only", "include": "id,data"}
    return {item["data"]["sample"]: item["id"] for item in person.get("/api/tasks/", params=query).json()["tasks"]}


def test_what_is_said_changed_taken_back_and_reviewed_comes_home_bit_by_bit(
    studio: ServerInfo, caps: Dataset, eva: httpx.Client, tom: httpx.Client
) -> None:
    job = label(caps, task=TASK, classes=CLASSES, overlap=2, guidelines="A <hair> is no crack.\nLook twice.")
    project, ids = job.info().project, caps.ids()
    about = eva.get(f"/api/projects/{project}/").json()
    assert about["expert_instruction"] == "A &lt;hair&gt; is no crack.<br>Look twice."
    assert (about["maximum_annotations"], about["show_instruction"]) == (2, True)
    number = items_of(eva, project)
    first, second = say(tom, number[ids[0]], CLASSES[1]), say(tom, number[ids[1]], "ok")
    assert job.pull().labels() == [CLASSES[1], "ok", None, None]

    tom.patch(f"/api/annotations/{first}/", json={"result": list(task(TASK).result_of("ok"))}).raise_for_status()
    tom.delete(f"/api/annotations/{second}/").raise_for_status()
    say(eva, number[ids[2]], "ok")
    assert job.pull().labels() == ["ok", None, "ok", None]

    say(tom, number[ids[2]], CLASSES[1])
    starred = say(eva, number[ids[2]], CLASSES[1], ground_truth=True)
    row = job.pull().rows()[2]
    assert (row["label"], row["reviewed_by"]) == (CLASSES[1], studio.username)
    eva.patch(f"/api/annotations/{starred}/", json={"ground_truth": False}).raise_for_status()
    again = job.pull()
    assert again.rows()[2]["label"] == CLASSES[1]  # both say so now, nobody decided
    assert job.pull().ref == again.ref
    everything = job.ws.journal.answers(job.name)[1]
    assert [a.state for a in everything].count("withdrawn") == 2  # the deleted one, and the star


def test_two_people_in_one_project_never_have_the_same_item_open(caps: Dataset, eva: httpx.Client, tom: httpx.Client) -> None:
    project = label(caps, task=TASK, classes=["ok", "crack"]).info().project
    shown: list[int] = []
    for _ in range(2):
        both = [person.get(f"/api/projects/{project}/next/").raise_for_status().json()["id"] for person in (eva, tom)]
        shown += both
        for person, item in zip((eva, tom), both, strict=True):
            say(person, item, "ok")
    assert sorted(shown) == sorted(items_of(eva, project).values())


def test_each_person_has_a_project_with_a_share_and_all_of_it_comes_home(
    caps: Dataset, studio: ServerInfo, eva: httpx.Client, tom: httpx.Client
) -> None:
    job = label(caps, task=TASK, classes=["ok", "crack"], annotators=[studio.username, EMAIL])
    shares = {who: items_of(eva, project) for who, project in job.info().projects.items()}
    assert sorted(id for share in shares.values() for id in share) == sorted(caps.ids())
    assert [len(share) for share in shares.values()] == [2, 2]
    for item in shares[studio.username].values():
        say(eva, item, "ok")
    for item in shares[EMAIL].values():
        say(tom, item, "crack")
    done = job.pull()
    assert {row["label_by"]: row["label"] for row in done} == {studio.username: "ok", EMAIL: "crack"}
    assert job.info().state == "done"


def test_boxes_come_home_in_pixels_and_a_model_s_boxes_go_along(studio_ws: Workspace, eva: httpx.Client) -> None:
    kind, where = task("object-detection"), {"width": 640, "height": 480}
    guess, said = (dumps([{"label": "crack", "box": [x, 20.5, 100, 50]}]) for x in (10, 12.25))
    rows = [
        {"id": key[:16], "media": key, **where} for key in (studio_ws.blobs.put(bytes([i]), suffix=".png") for i in range(2))
    ]
    rows[0] |= {"prediction": guess, "prediction_by": "model:caps@3", "score": 0.8}
    job = label(commit(studio_ws, "boxes", rows), task=kind.name, classes=["crack", "dent"])
    number = items_of(eva, job.info().project)
    (shown,) = eva.get(f"/api/tasks/{number[rows[0]['id']]}/").json()["predictions"]
    assert (kind.label_of(shown["result"], row=rows[0]), shown["model_version"]) == (guess, "model:caps@3")
    body = {"result": list(kind.result_of(said, row=rows[0]))}
    eva.post(f"/api/tasks/{number[rows[0]['id']]}/annotations/", json=body).raise_for_status()
    row = next(row for row in job.pull() if row["id"] == rows[0]["id"])
    assert (row["label"], row["label_names"], row["prediction"]) == (said, ["crack"], guess)
