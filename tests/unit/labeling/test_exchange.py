"""What comes back from annotators, and what goes to them again."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.core.dataset import Dataset, commit
from workbench.core.errors import ExternalError, InputError
from workbench.core.labeling import Labeling
from workbench.core.ports import Answer
from workbench.core.workspace import Workspace
from workbench.labeling.label import label
from workbench.tasks import task
from workbench.testing.labeler import FakeLabeler

TASK = "image-classification"


@pytest.fixture
def job(photos: Dataset) -> Labeling:
    return label(photos, task=TASK, classes=["ok", "crack"])


def said(what: str) -> Any:
    return task(TASK).result_of(what)


def test_a_pull_makes_a_version_that_says_who_labeled_what_and_when(
    job: Labeling, photos: Dataset, labeler: FakeLabeler
) -> None:
    id = next(row["id"] for row in photos if row["name"] == "1.png")
    labeler.answer(job.info().project, id, said("crack"), annotator="eva@site")
    after = job.pull()
    assert (after.name, after.version, after.task, after.classes) == ("photos", 2, TASK, ("ok", "crack"))
    row = next(row for row in after if row["id"] == id)
    assert (row["label"], row["label_by"], row["name"]) == ("crack", "eva@site", "1.png")
    assert row["label_at"]
    assert photos.labels() == [None, None, None]


def test_the_same_answers_make_no_new_version(job: Labeling, photos: Dataset, labeler: FakeLabeler) -> None:
    labeler.answer(job.info().project, photos.ids()[0], said("ok"))
    assert job.pull().ref == job.pull().ref


def test_without_answers_a_pull_returns_the_dataset_as_it_is(job: Labeling, photos: Dataset) -> None:
    assert job.pull().ref == photos.ref


def test_a_skipped_item_takes_no_label_away(job: Labeling, photos: Dataset, labeler: FakeLabeler) -> None:
    labeler.answer(job.info().project, photos.ids()[0], said("ok"))
    labeler.answer(job.info().project, photos.ids()[0], [])
    assert job.pull().labels().count("ok") == 1


@pytest.mark.parametrize("unsaid", [False, True])
def test_an_answer_that_was_deleted_takes_its_label_along_whether_or_not_the_server_tells(
    job: Labeling, photos: Dataset, labeler: FakeLabeler, unsaid: bool
) -> None:
    project, (first, second, _) = job.info().project, photos.ids()
    key = labeler.answer(project, first, said("ok"))
    labeler.answer(project, second, said("crack"))
    assert job.pull().labels().count(None) == 1
    labeler.withdraw(project, key, unsaid=unsaid)  # in the same millisecond, or by a clock that is ahead of ours
    rows = {row["id"]: (row["label"], row["label_by"]) for row in job.pull()}
    assert rows[first] == (None, None)
    assert rows[second] == ("crack", "ann@test")


def test_a_deleted_answer_takes_no_label_of_somebody_else_along(ws: Workspace, labeler: FakeLabeler) -> None:
    key = ws.blobs.put(b"known", suffix=".png")
    row = {"id": key[:16], "media": key, "label": "ok", "label_by": "import"}
    job = label(commit(ws, "known", [row]), task=TASK, classes=["ok", "crack"])
    answer = labeler.answer(job.info().project, key[:16], said("crack"))
    labeler.withdraw(job.info().project, answer)
    assert job.pull().labels() == ["ok"]


def test_a_pull_brings_the_counts_and_the_state_up_to_date(job: Labeling, photos: Dataset, labeler: FakeLabeler) -> None:
    for id in photos.ids():
        labeler.answer(job.info().project, id, said("ok"))
    job.pull()
    assert (job.info().state, job.info().n_items, job.info().n_labeled) == ("done", 3, 3)


def test_a_server_that_goes_away_leaves_the_dataset_as_it_was(
    ws: Workspace, job: Labeling, photos: Dataset, labeler: FakeLabeler
) -> None:
    labeler.answer(job.info().project, photos.ids()[0], said("ok"))
    labeler.is_down = True
    with pytest.raises(ExternalError) as caught:
        job.pull()
    assert (caught.value.system, caught.value.retryable) == ("Label Studio", True)
    assert ws.dataset("photos").ref == photos.ref
    labeler.is_down = False
    assert job.pull().labels().count("ok") == 1


def test_items_of_another_dataset_come_home_with_their_rows(
    ws: Workspace, job: Labeling, labeler: FakeLabeler, photos: Dataset
) -> None:
    key = ws.blobs.put(b"from production", suffix=".png")
    hard = commit(ws, "production", [{"id": key[:16], "media": key, "name": "p.png", "prediction": "ok", "score": 0.51}])
    job.push(hard)
    labeler.answer(job.info().project, key[:16], said("crack"))
    after = job.pull()
    row = next(row for row in after if row["id"] == key[:16])
    assert after.n_items == photos.n_items + 1
    assert (row["media"], row["name"], row["prediction"], row["label"]) == (key, "p.png", "ok", "crack")


def test_a_prediction_goes_along_as_a_guess_and_never_comes_back_as_a_label(ws: Workspace, labeler: FakeLabeler) -> None:
    key = ws.blobs.put(b"guessed", suffix=".png")
    row = {"id": key[:16], "media": key, "prediction": "ok", "prediction_by": "model:caps@1", "score": 0.9}
    job = label(commit(ws, "guessed", [row]), task=TASK, classes=["ok", "crack"])
    guess = labeler.tasks(job.info().project)[key[:16]].prediction
    assert guess == {"result": list(task(TASK).result_of("ok", score=0.9)), "model_version": "model:caps@1", "score": 0.9}
    assert job.pull().labels() == [None]


def test_a_prediction_of_a_class_that_nobody_can_choose_is_left_out(ws: Workspace, labeler: FakeLabeler) -> None:
    key = ws.blobs.put(b"other", suffix=".png")
    job = label(commit(ws, "other", [{"id": key[:16], "media": key, "prediction": "cat"}]), task=TASK, classes=["ok", "crack"])
    assert labeler.tasks(job.info().project)[key[:16]].prediction is None


def test_a_table_without_media_cannot_be_shown(ws: Workspace) -> None:
    numbers = commit(ws, "numbers", [{"id": "a", "x": 1.0}])
    with pytest.raises(InputError, match="has no column 'media' to show"):
        label(numbers, task=TASK, classes=["ok", "crack"])


def test_a_labeling_in_a_cell_needs_no_server_and_its_answers_become_labels(
    ws: Workspace, photos: Dataset, labeler: FakeLabeler
) -> None:
    labeler.is_down = True
    job = label(photos, task=TASK, classes=["ok", "crack"], place="cell", guidelines="Look twice.")
    first, second = ws.assignments.claim(job.name, "eva", 2)
    ws.journal.write(job.name, [Answer(first, "eva", ws.now(), said("crack"), 2.0, source="cell")])
    after = job.pull()
    assert {row["id"]: row["label"] for row in after} == dict.fromkeys(photos.ids()) | {first: "crack"}
    assert job.pull().ref == after.ref
    info = job.info()
    assert (info.place, info.url, info.guidelines) == ("cell", "", "Look twice.")
    assert (info.n_items, info.n_labeled, info.n_answers, info.state) == (3, 1, 1, "open")
    assert second in ws.assignments.claim(job.name, "eva", 3)


def test_each_annotator_has_a_project_and_an_item_stands_in_as_many_as_shall_answer_it(
    ws: Workspace, labeler: FakeLabeler
) -> None:
    people = ("eva", "tom", "ida")
    rows = [{"id": f"{i}", "media": ws.blobs.put(bytes([i]), suffix=".png")} for i in range(6)]
    data = commit(ws, "shared", rows)
    heard: list[Any] = []
    ws.events.subscribe(lambda event: heard.append(event.fields) if event.name == "progress" else None)
    job = label(data.select(data.ids()[:4]), task=TASK, classes=["ok", "crack"], annotators=people, overlap=2)
    assert [(told["done"], told["total"]) for told in heard] == [(done, 8) for done in range(1, 9)]
    job.push(data)
    job.push(data)
    shown = {person: set(labeler.tasks(project)) for person, project in job.info().projects.items()}
    assert tuple(shown) == people
    assert [len(items) for items in shown.values()] == [4, 4, 4]
    assert {id: sum(id in items for items in shown.values()) for id in data.ids()} == dict.fromkeys(data.ids(), 2)


def test_items_whose_label_is_known_are_answered_and_keep_it(ws: Workspace, photos: Dataset, labeler: FakeLabeler) -> None:
    key = ws.blobs.put(b"gold", suffix=".png")
    gold = commit(ws, "gold", [{"id": key[:16], "media": key, "label": "ok"}], task=TASK)
    job = label(photos, task=TASK, classes=["ok", "crack"], gold=gold)
    assert key[:16] in labeler.tasks(job.info().project)
    labeler.answer(job.info().project, key[:16], said("crack"))
    assert job.pull().ref == photos.ref
    assert (job.info().n_items, job.info().n_answers) == (3, 1)


def test_what_several_people_said_is_one_label_with_how_much_they_agree(photos: Dataset, labeler: FakeLabeler) -> None:
    job = label(photos, task=TASK, classes=["ok", "crack"], overlap=3)
    first = photos.ids()[0]
    for person, what in (("eva", "ok"), ("tom", "ok"), ("ida", "crack")):
        labeler.answer(job.info().project, first, said(what), annotator=person)
    row = next(row for row in job.pull() if row["id"] == first)
    assert (row["label"], row["label_by"], row["n_answers"]) == ("ok", "eva, tom", 3)
    assert row["agreement"] == pytest.approx(1 / 3)
