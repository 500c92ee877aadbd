"""What `label` does, and how it answers wrong use."""

from __future__ import annotations

import pytest

from workbench.core.dataset import Dataset
from workbench.core.errors import ConflictError, ExternalError, InputError, NotFoundError
from workbench.core.workspace import Workspace
from workbench.labeling.label import label
from workbench.testing.labeler import FakeLabeler

TASK = "image-classification"


def test_every_item_stands_in_front_of_the_annotators_with_its_file_and_name(photos: Dataset, labeler: FakeLabeler) -> None:
    job = label(photos, task=TASK, classes=["ok", "crack"])
    shown = labeler.tasks(job.info().project)
    assert sorted(shown) == sorted(photos.ids())
    first = photos.rows()[0]
    assert shown[first["id"]].data == {"image": photos.media(first), "name": first["name"]}


def test_the_labeling_is_kept_with_what_the_faces_show(photos: Dataset) -> None:
    info = label(photos, task=TASK, classes=["ok", "crack"]).info()
    assert (info.name, info.state, info.dataset, info.task) == ("photos", "open", "dataset:photos", TASK)
    assert (info.classes, info.n_items, info.n_labeled) == (("ok", "crack"), 3, 0)
    assert info.url.startswith("http")


def test_a_selection_puts_only_its_items_there(photos: Dataset, labeler: FakeLabeler) -> None:
    job = label(photos.select(photos.ids()[:1]), task=TASK, classes=["ok", "crack"])
    assert list(labeler.tasks(job.info().project)) == photos.ids()[:1]


def test_labeling_again_adds_the_new_items_to_the_same_project(photos: Dataset, labeler: FakeLabeler) -> None:
    first = label(photos.select(photos.ids()[:2]), task=TASK, classes=["ok", "crack"])
    again = label(photos, task=TASK, classes=["ok", "crack"])
    assert again.info().project == first.info().project
    assert again.info().n_items == 3


def test_a_name_that_stands_for_another_labeling_is_refused_with_the_differences(photos: Dataset) -> None:
    label(photos, task=TASK, classes=["ok", "crack"])
    with pytest.raises(ConflictError) as caught:
        label(photos, task=TASK, classes=["ok", "dent"])
    assert caught.value.message == ("The labeling 'photos' is there already, with classes ['ok', 'crack'], not ['ok', 'dent'].")
    assert "name=" in caught.value.hint


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        ((), "needs the"),
        (("ok",), "at least 2"),
        (("ok", "ok", "crack"), "'ok' is there twice"),
        (("ok", " "), "empty"),
    ],
)
def test_classes_that_cannot_be_chosen_between_are_refused(photos: Dataset, classes: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        label(photos, task=TASK, classes=classes)
    assert photos.ws.records.all("labeling") == []


def test_a_missing_task_is_asked_for_with_the_known_ones(photos: Dataset) -> None:
    with pytest.raises(InputError, match="needs a task") as caught:
        label(photos, classes=["ok", "crack"])
    assert TASK in caught.value.hint


def test_an_unknown_task_is_named_with_its_neighbours(photos: Dataset) -> None:
    with pytest.raises(NotFoundError, match="Did you mean 'image-classification'"):
        label(photos, task="image-clasification", classes=["ok", "crack"])


def test_an_empty_selection_is_refused(photos: Dataset) -> None:
    with pytest.raises(InputError, match="has no items to label"):
        label(photos.select([]), task=TASK, classes=["ok", "crack"])


def test_without_a_server_nothing_is_kept(ws: Workspace, photos: Dataset, labeler: FakeLabeler) -> None:
    labeler.is_down = True
    with pytest.raises(ExternalError, match="Run: workbench labels start"):
        label(photos, task=TASK, classes=["ok", "crack"])
    assert ws.records.all("labeling") == []


def test_another_place_is_another_labeling(photos: Dataset) -> None:
    label(photos, task=TASK, classes=["ok", "crack"], place="cell")
    with pytest.raises(ConflictError, match="place 'cell', not 'studio'"):
        label(photos, task=TASK, classes=["ok", "crack"])


def test_what_cannot_be_asked_of_people_is_refused_all_at_once(photos: Dataset) -> None:
    with pytest.raises(InputError) as caught:
        label(photos, task=TASK, classes=["ok", "crack"], overlap=2, rate=-1, annotators=["eva"])
    assert caught.value.message == "`rate` must be 0 or more, got -1; `overlap` is 2, and there are 1 annotators."
    with pytest.raises(NotFoundError, match="Did you mean 'majority'"):
        label(photos, task=TASK, classes=["ok", "crack"], aggregate="majorty")
    assert photos.ws.records.all("labeling") == []


def test_guidelines_reach_the_annotators_and_a_later_call_adds_what_it_says_anew(photos: Dataset, labeler: FakeLabeler) -> None:
    job = label(photos, task=TASK, classes=["ok", "crack"], guidelines=" A hair is no crack. ")
    assert labeler.guidelines(job.info().project) == "A hair is no crack."
    label(photos, task=TASK, classes=["ok", "crack"], rate=12.0, overlap=2)
    info = job.info()
    assert (info.guidelines, info.rate, info.overlap) == ("A hair is no crack.", 12.0, 2)
