"""Who may be assisted by a model, and by which."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.core.dataset import Dataset
from workbench.core.errors import ConflictError, InputError
from workbench.core.labeling import Labeling
from workbench.core.model import Model
from workbench.core.workspace import Workspace
from workbench.labeling import listener
from workbench.labeling.assist import assist
from workbench.labeling.label import label
from workbench.labeling.listening import Listening
from workbench.testing.labeler import FakeLabeler

TASK = "image-classification"


class Assistable(FakeLabeler):
    """A place to label that a model can be shown to."""

    def assist(self, project: str, url: str) -> None:
        self.asks = (project, url)


@pytest.fixture
def job(photos: Dataset, monkeypatch: pytest.MonkeyPatch) -> Labeling:
    photos.ws._made["labeler"] = Assistable()
    monkeypatch.setattr(listener, "start", lambda _: listener.Service(port=9, secret="s3cret"))
    return label(photos, task=TASK, classes=["ok", "crack"])


def model(ws: Workspace, task: str) -> Model:
    return Model(ws, "caps", 2, "d", ws.root, {"task": task})


def test_every_project_asks_the_service_by_an_address_of_its_own(job: Labeling) -> None:
    assist(job, model(job.ws, TASK), every=20)
    place: Any = job.ws.labeler
    assert place.asks == (job.info().project, "http://127.0.0.1:9/s3cret/photos")
    fields = job.ws.records.get("labeling", job.name).fields
    assert (fields["model"], fields["recipe"], fields["every"]) == ("model:caps", f"recipe:{TASK}", 20)
    assert job.info().model == "model:caps"


def test_a_service_that_had_to_move_says_so_to_those_that_it_assists(job: Labeling) -> None:
    assist(job)
    Listening(job.ws).readdress(listener.Service(port=10, secret="s3cret"))
    place: Any = job.ws.labeler
    assert place.asks == (job.info().project, "http://127.0.0.1:10/s3cret/photos")


def test_what_does_not_fit_is_refused_all_at_once(job: Labeling) -> None:
    with pytest.raises(InputError) as caught:
        assist(job, model(job.ws, "object-detection"), every=-1)
    assert caught.value.message == (
        f"labeling:photos is for {TASK}: the model is for object-detection; `every` must be 0 or more, got -1."
    )
    assert job.info().model == ""


def test_a_labeling_in_a_cell_is_told_the_way_to_suggestions_there(photos: Dataset) -> None:
    job = label(photos, task=TASK, classes=["ok", "crack"], place="cell")
    with pytest.raises(ConflictError, match="labeled in a cell") as caught:
        assist(job)
    assert "Predictions in the dataset are shown there" in caught.value.hint
