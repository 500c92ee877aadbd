"""What every place to label does."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from workbench.core.errors import NotFoundError
from workbench.core.ports import Labeler, LabelTask
from workbench.labeling.studio import SAMPLE, StudioLabeler
from workbench.labeling.studio_server import ServerInfo
from workbench.tasks import task
from workbench.testing.labeler import FakeLabeler

TASK = task("image-classification")
CONFIG = TASK.labeling_config(["ok", "crack"])


@dataclass
class Place:
    """A labeler with the folder of its media, and a person who answers there: `answer(project, id, label or None)`."""

    labeler: Labeler
    media: Path
    answer: Callable[[str, str, str | None], None]

    def items(self, *ids: str) -> list[LabelTask]:
        self.media.mkdir(parents=True, exist_ok=True)
        for id in ids:
            (self.media / f"{id}.png").write_bytes(id.encode())
        return [LabelTask(id, {"image": self.media / f"{id}.png", "name": f"{id}.png"}) for id in ids]


@pytest.fixture(params=["fake", pytest.param("studio", marks=pytest.mark.slow)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "fake":
        fake = FakeLabeler()
        return Place(fake, tmp_path, lambda project, item, label: fake.answer(project, item, _result(label)))
    info: ServerInfo = request.getfixturevalue("studio")
    root = Path(info.document_root)
    media = root / f"media-{uuid.uuid4().hex[:8]}"
    media.mkdir()
    labeler = StudioLabeler(info.url, info.token, media, document_root=root)
    return Place(labeler, media, lambda project, item, label: _answer(info, project, item, label))


@pytest.fixture
def project(place: Place) -> str:
    return place.labeler.create("A contract", CONFIG)


def _result(label: str | None) -> list[Any]:
    return [] if label is None else list(TASK.result_of(label))


def _answer(info: ServerInfo, project: str, id: str, label: str | None) -> None:
    with httpx.Client(base_url=info.url, headers={"Authorization": f"Token {info.token}"}) as client:
        found = client.get("/api/tasks/", params={"project": project, "fields": "task_only", "include": "id,data"}).json()
        number = next(item["id"] for item in found["tasks"] if item["data"][SAMPLE] == id)
        body = {"result": _result(label), "was_cancelled": label is None, "lead_time": 1.0}
        client.post(f"/api/tasks/{number}/annotations/", json=body).raise_for_status()


def test_a_new_project_has_no_items_and_no_answers(place: Place, project: str) -> None:
    assert place.labeler.counts(project) == (0, 0)
    assert place.labeler.pull(project) == []


def test_a_title_of_any_length_will_do(place: Place) -> None:
    assert place.labeler.create("a", CONFIG) != place.labeler.create("a" * 100, CONFIG)


def test_items_are_added_once(place: Place, project: str) -> None:
    assert place.labeler.push(project, place.items("a", "b")) == 2
    assert place.labeler.push(project, place.items("b", "c")) == 1
    assert place.labeler.push(project, place.items("d", "d")) == 1
    assert place.labeler.counts(project) == (4, 0)


def test_an_answer_comes_back_under_the_id_of_the_sample(place: Place, project: str) -> None:
    place.labeler.push(project, place.items("a", "b"))
    place.answer(project, "b", "crack")
    (answer,) = place.labeler.pull(project)
    assert (answer.id, TASK.label_of(answer.result), answer.seconds) == ("b", "crack", 1.0)
    assert "@" in answer.annotator
    assert answer.at.startswith("20")
    assert place.labeler.counts(project) == (2, 1)


def test_every_answer_comes_back_and_the_later_one_is_later(place: Place, project: str) -> None:
    place.labeler.push(project, place.items("a"))
    place.answer(project, "a", "ok")
    place.answer(project, "a", "crack")
    first, second = sorted(place.labeler.pull(project), key=lambda a: a.at)
    assert [TASK.label_of(a.result) for a in (first, second)] == ["ok", "crack"]


def test_a_skipped_item_says_nothing_and_is_not_labeled(place: Place, project: str) -> None:
    place.labeler.push(project, place.items("a"))
    place.answer(project, "a", None)
    assert [list(answer.result) for answer in place.labeler.pull(project)] == [[]]
    assert place.labeler.counts(project) == (1, 0)


def test_a_prediction_is_no_answer(place: Place, project: str) -> None:
    (item,) = place.items("a")
    guess = {"result": list(TASK.result_of("ok", score=0.9)), "score": 0.9, "model_version": "model:caps@1"}
    place.labeler.push(project, [LabelTask(item.id, item.data, guess)])
    assert place.labeler.counts(project) == (1, 0)
    assert place.labeler.pull(project) == []


def test_a_project_has_an_address_of_its_own(place: Place, project: str) -> None:
    other = place.labeler.create("Another", CONFIG)
    assert place.labeler.url(project).startswith("http")
    assert place.labeler.url(project) != place.labeler.url(other)


def test_a_project_that_is_not_there_is_named(place: Place) -> None:
    for ask in (place.labeler.pull, place.labeler.counts):
        with pytest.raises(NotFoundError, match="9999"):
            ask("9999")
    with pytest.raises(NotFoundError, match="9999"):
        place.labeler.push("9999", place.items("a"))
