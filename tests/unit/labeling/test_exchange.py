"""What comes back from annotators, and what goes to them again."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.core.dataset import Dataset, commit
from workbench.core.errors import ExternalError, InputError
from workbench.core.labeling import Labeling
from workbench.core.ports import Answer
from workbench.core.workspace import Workspace
from workbench.labeling.exchange import newest
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


def test_the_last_answer_to_an_item_wins_whatever_the_order_of_arrival() -> None:
    late = Answer("a", "eva", "2026-01-02T00:00:00Z", said("crack"))
    early = Answer("a", "tom", "2026-01-01T00:00:00Z", said("ok"))
    assert newest([late, early], task(TASK)) == [(late, "crack")]


def test_a_skipped_item_takes_no_label_away() -> None:
    first = Answer("a", "tom", "2026-01-01T00:00:00Z", said("ok"))
    assert newest([first, Answer("a", "eva", "2026-01-02T00:00:00Z", [])], task(TASK)) == [(first, "ok")]


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
