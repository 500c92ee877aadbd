"""What the service for suggestions does when Label Studio tells it something."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from workbench.core.dataset import Dataset
from workbench.core.errors import NotFoundError
from workbench.core.labeling import Labeling
from workbench.labeling.label import label
from workbench.labeling.listening import Listening
from workbench.tasks import task
from workbench.testing.labeler import FakeLabeler

TASK = "image-classification"


@pytest.fixture
def job(photos: Dataset) -> Labeling:
    made = label(photos, task=TASK, classes=["ok", "crack"])
    photos.ws.records.update("labeling", made.name, model="model:photos", recipe=f"recipe:{TASK}", every=0)
    return made


@pytest.fixture
def service(job: Labeling) -> Iterator[Listening]:
    """A service at work."""
    made, stop = Listening(job.ws), threading.Event()
    thread = threading.Thread(target=made.work, args=(stop,))
    thread.start()
    yield made
    stop.set()
    thread.join()


def problem_of(job: Labeling) -> str:
    return str(job.ws.records.get("labeling", job.name).fields.get("problem", ""))


def test_an_answer_that_is_told_of_is_fetched_and_no_version_is_made(
    job: Labeling, photos: Dataset, labeler: FakeLabeler, service: Listening
) -> None:
    labeler.answer(job.info().project, photos.ids()[0], task(TASK).result_of("ok"))
    service.told(job.name, "ANNOTATION_CREATED")
    wait_for(lambda: job.info().n_answers == 1)
    assert job.info().n_labeled == 1
    assert job.ws.dataset("photos").ref == photos.ref


def test_a_training_that_cannot_be_is_refused_where_people_look(job: Labeling, service: Listening) -> None:
    service.told(job.name, "START_TRAINING")
    wait_for(lambda: problem_of(job))
    assert problem_of(job) == "Labels of 0 classes cannot be trained on yet; label some of each class."


def test_a_server_that_is_down_is_told_and_forgotten_when_it_is_back(
    job: Labeling, labeler: FakeLabeler, service: Listening
) -> None:
    labeler.is_down = True
    service.told(job.name, "ANNOTATION_CREATED")
    wait_for(lambda: "no answer" in problem_of(job))
    labeler.is_down = False
    service.told(job.name, "ANNOTATION_CREATED")
    wait_for(lambda: not problem_of(job))


def test_what_is_told_of_a_stranger_is_refused(job: Labeling) -> None:
    with pytest.raises(NotFoundError):
        Listening(job.ws).told("other", "ANNOTATION_CREATED")


def test_without_a_model_nothing_is_suggested(job: Labeling, photos: Dataset) -> None:
    service = Listening(job.ws)
    assert service.setup(job.name) == {"model_version": "untrained"}
    assert service.predict(job.name, [{"id": 1, "data": {"sample": photos.ids()[0]}}]) == {"results": []}


def wait_for(holds: Callable[[], object]) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)
