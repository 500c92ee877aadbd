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
    """A labeler with the folder of its media, and a person: `answer(project, id, label or None)` returns a key."""

    labeler: Labeler
    media: Path
    answer: Callable[[str, str, str | None], str]
    #: Deletes the answer of that key, one by one or in bulk.
    withdraw: Callable[[str, str, bool], None]

    def items(self, *ids: str) -> list[LabelTask]:
        self.media.mkdir(parents=True, exist_ok=True)
        for id in ids:
            (self.media / f"{id}.png").write_bytes(id.encode())
        return [LabelTask(id, {"image": self.media / f"{id}.png", "name": f"{id}.png"}) for id in ids]


@pytest.fixture(params=["fake", pytest.param("studio", marks=pytest.mark.slow)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "fake":
        fake = FakeLabeler()
        return Place(
            fake,
            tmp_path,
            lambda project, item, label: fake.answer(project, item, _result(label)),
            lambda project, key, bulk: fake.withdraw(project, key, unsaid=bulk),
        )
    info: ServerInfo = request.getfixturevalue("studio")
    root = Path(info.document_root)
    media = root / f"media-{uuid.uuid4().hex[:8]}"
    media.mkdir()
    labeler = StudioLabeler(info.url, info.token, media, document_root=root)
    return Place(
        labeler,
        media,
        lambda project, item, label: _answer(info, project, item, label),
        lambda project, key, bulk: _withdraw(info, project, key, bulk=bulk),
    )


@pytest.fixture
def project(place: Place) -> str:
    return place.labeler.create("A contract", CONFIG)


def _result(label: str | None) -> list[Any]:
    return [] if label is None else list(TASK.result_of(label))


def _answer(info: ServerInfo, project: str, id: str, label: str | None) -> str:
    with _client(info) as client:
        body = {"result": _result(label), "was_cancelled": label is None, "lead_time": 1.0}
        made = client.post(f"/api/tasks/{_number(client, project, id)}/annotations/", json=body).raise_for_status()
        return f"{project}:{made.json()['id']}"


def _withdraw(info: ServerInfo, project: str, key: str, *, bulk: bool) -> None:
    with _client(info) as client:
        if not bulk:
            client.delete(f"/api/annotations/{key.rpartition(':')[2]}/").raise_for_status()
            return
        everything = {"selectedItems": {"all": True, "excluded": []}}
        done = client.post("/api/dm/actions", params={"id": "delete_tasks_annotations", "project": project}, json=everything)
        done.raise_for_status()


def _client(info: ServerInfo) -> httpx.Client:
    return httpx.Client(base_url=info.url, headers={"Authorization": f"Token {info.token}"})


def _number(client: httpx.Client, project: str, id: str) -> int:
    found = client.get("/api/tasks/", params={"project": project, "fields": "task_only", "include": "id,data"}).json()
    return next(int(item["id"]) for item in found["tasks"] if item["data"][SAMPLE] == id)


def test_a_new_project_has_no_items_and_no_answers(place: Place, project: str) -> None:
    assert place.labeler.counts(project) == (0, 0)
    assert (place.labeler.pull(project).answers, place.labeler.pull(project).n_answers) == ([], 0)


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
    (answer,) = place.labeler.pull(project).answers
    assert (answer.id, TASK.label_of(answer.result), answer.seconds) == ("b", "crack", 1.0)
    assert "@" in answer.annotator
    assert answer.at.startswith("20")
    assert place.labeler.counts(project) == (2, 1)


def test_every_answer_comes_back_and_the_later_one_is_later(place: Place, project: str) -> None:
    place.labeler.push(project, place.items("a"))
    place.answer(project, "a", "ok")
    place.answer(project, "a", "crack")
    first, second = sorted(place.labeler.pull(project).answers, key=lambda a: a.at)
    assert [TASK.label_of(a.result) for a in (first, second)] == ["ok", "crack"]


def test_a_skipped_item_says_nothing_and_is_not_labeled(place: Place, project: str) -> None:
    place.labeler.push(project, place.items("a"))
    place.answer(project, "a", None)
    assert [(list(said.result), said.state) for said in place.labeler.pull(project).answers] == [([], "skipped")]
    assert place.labeler.counts(project) == (1, 0)


def test_a_cursor_leaves_out_what_did_not_change_and_misses_nothing_that_did(place: Place, project: str) -> None:
    place.labeler.push(project, place.items("a", "b"))
    first = place.answer(project, "a", "ok")
    cursor = place.labeler.pull(project).cursor
    second = place.answer(project, "b", "crack")
    pulled = place.labeler.pull(project, since=cursor)
    assert second in {answer.key for answer in pulled.answers}
    place.withdraw(project, first, False)
    pulled = place.labeler.pull(project, since=pulled.cursor)
    assert first not in {answer.key for answer in pulled.answers}
    assert pulled.n_answers == 1


def test_a_bulk_deletion_shows_at_least_in_the_number_of_answers(place: Place, project: str) -> None:
    place.labeler.push(project, place.items("a"))
    key = place.answer(project, "a", "ok")
    pulled = place.labeler.pull(project)
    assert pulled.n_answers == 1
    place.withdraw(project, key, True)
    assert place.labeler.pull(project, since=pulled.cursor).n_answers == 0


def test_a_prediction_is_no_answer(place: Place, project: str) -> None:
    (item,) = place.items("a")
    guess = {"result": list(TASK.result_of("ok", score=0.9)), "score": 0.9, "model_version": "model:caps@1"}
    place.labeler.push(project, [LabelTask(item.id, item.data, guess)])
    assert place.labeler.counts(project) == (1, 0)
    assert (place.labeler.pull(project).answers, place.labeler.pull(project).n_answers) == ([], 0)


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


def test_a_file_that_lies_elsewhere_is_shown_too_and_not_copied(place: Place, project: str, tmp_path: Path) -> None:
    file = tmp_path / "elsewhere" / "a b.png"
    file.parent.mkdir()
    file.write_bytes(b"elsewhere")
    assert place.labeler.push(project, [LabelTask("a", {"image": file, "name": "a"})]) == 1
    linked = [path for path in place.media.rglob("linked/*") if path.samefile(file)]
    assert len(linked) == (0 if isinstance(place.labeler, FakeLabeler) else 1)
