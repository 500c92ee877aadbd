"""The story of the design, told once through the public verbs, with fakes where it meets other systems."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb
from workbench.core.errors import GateError
from workbench.testing.host import FakeHost
from workbench.testing.labeler import FakeLabeler
from workbench.testing.target import FakeTarget
from workbench.testing.workspace import fake_workspace


@pytest.fixture
def story_ws(tmp_path: Path) -> wb.Workspace:
    return fake_workspace(
        tmp_path / "line-3", labeler=lambda _: FakeLabeler(), target=lambda _: FakeTarget(), host=lambda _: FakeHost()
    )


def test_the_story(story_ws: wb.Workspace, photos: Path) -> None:
    ws = story_ws
    caps = wb.ingest(ws, "caps", f"{photos}/**/*.png")
    job = wb.label(wb.pick(caps, 6, by="diversity"), task="image-classification", classes=["ok", "crack"])
    everyone_answers(ws, job)
    labeled = job.pull()
    assert (labeled.version, labeled.labeled().n_items) == (2, 6)
    assert {row["label_by"] for row in labeled.labeled().rows()} == {"ann@test"}

    train, val = wb.split(labeled, 0.5, 0.5, by="label", seed=7)
    recipe = wb.recipe("image-classification", epochs=2, batch_size=4, image_size=16)
    run = wb.train(recipe, train, val)
    assert run.state == "done"
    assert len(run.curve()) == 2

    recipe_notebook = Path(__file__).parents[1] / "notebooks" / "recipes" / "train.ipynb"
    big = wb.promote(recipe_notebook, parameters={"epochs": 2}, rehearsal_s=0)  # fakes cannot be copied, so not rehearsed
    assert big.state in {"queued", "running"}
    wb.Run(ws, big.id).finish(model=run.result().ref)
    model = big.result()

    report = wb.evaluate(model, val)
    assert report.require(accuracy=0.0) is report
    with pytest.raises(GateError, match="missed its gate"):
        report.require(accuracy=1.01)

    service = wb.serve(model, "cap-check", canary=10)
    unseen = [labeled.media(row) for row in labeled.rows() if row["label"] is None]
    answers = [service.predict(path) for path in unseen]
    assert [answer.label for answer in answers] == [said.label for said in model.predict(unseen)]

    health = wb.monitor(service)
    assert health.scores["availability"] == 1.0
    before = job.info().n_items
    job.push(wb.pick(health, 2, by="uncertainty"))
    assert job.info().n_items == before + 2
    service.stop()


def everyone_answers(ws: wb.Workspace, job: wb.Labeling) -> None:
    """Let the annotators say what the name of the file's folder says."""
    labeler, project = ws.labeler, job.info().project
    assert isinstance(labeler, FakeLabeler)
    groups = {row["id"]: row["group"] for row in ws.dataset("caps").rows(["id", "group"])}
    for id in labeler.tasks(project):
        choice = {"from_name": "choice", "to_name": "image", "type": "choices", "value": {"choices": [groups[id]]}}
        labeler.answer(project, id, [choice])
