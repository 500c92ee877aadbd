"""Picking takes the worthwhile items that nobody has labeled."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import InputError
from workbench.core.model import Model, Prediction, register
from workbench.core.report import record
from workbench.data import pick


@pytest.fixture
def scored(ws: wb.Workspace) -> wb.Dataset:
    rows = [{"id": f"{n}", "score": n / 10, "label": "ok" if n == 0 else None} for n in range(10)]
    return commit(ws, "live", rows, task="image-classification")


def test_uncertainty_takes_the_lowest_scores_among_the_unlabeled(scored: wb.Dataset) -> None:
    assert wb.pick(scored, 3, by="uncertainty").ids() == ["1", "2", "3"]


def test_a_monitor_report_stands_for_its_samples(ws: wb.Workspace, scored: wb.Dataset) -> None:
    health = record(ws, "monitor", subject="service:a", data="", scores={}, details={"samples": scored.ref})
    assert wb.pick(health, 2, by="uncertainty").ids() == ["1", "2"]
    with pytest.raises(InputError, match="has no samples to pick from"):
        wb.pick(record(ws, "evaluate", subject="model:a@1", data="", scores={}), 2)


def test_diversity_takes_items_unlike_each_other(ws: wb.Workspace, tmp_path: Path) -> None:
    from PIL import Image

    for n in range(12):
        Image.new("RGB", (32, 32), [(200, 10, 10 + n), (10, 200, 10 + n), (10, 10 + n, 200)][n % 3]).save(tmp_path / f"{n}.png")
    chosen = wb.pick(wb.ingest(ws, "colors", str(tmp_path)), 3, by="diversity")
    groups = {int(Path(row["name"]).stem) % 3 for row in chosen.rows()}
    assert groups == {0, 1, 2}


def test_no_scores_nothing_left_and_too_few_are_answered(ws: wb.Workspace, scored: wb.Dataset) -> None:
    bare = commit(ws, "bare", [{"id": "1"}, {"id": "2"}])
    with pytest.raises(InputError, match="has no predictions"):
        wb.pick(bare, 1, by="uncertainty")
    with pytest.raises(InputError, match="Every item of"):
        wb.pick(commit(ws, "full", [{"id": "1", "label": "ok"}]), 1)
    for wrong in (0, "5", 2.5):
        with pytest.raises(InputError, match=f"`n` must be a whole number of at least 1, got {wrong!r}"):
            wb.pick(bare, wrong)  # type: ignore[arg-type]  # a mistake
    assert len(wb.pick(bare, 50)) == 2


@pytest.fixture
def points(ws: wb.Workspace) -> wb.Dataset:
    """Return 40 items on an arc, from class a to class b, of which four have a label."""
    turns = [n / 39 * 1.5 for n in range(40)]
    known = {0: "a", 5: "a", 34: "b", 39: "b"}
    rows = [
        {"id": f"{n:02}", "text": f"item {n}", "embedding": [math.cos(t), math.sin(t)], "label": known.get(n)}
        for n, t in enumerate(turns)
    ]
    return commit(ws, "points", rows, task="text-classification", meta={"embedding_by": "ngrams"})


@pytest.mark.parametrize("by", ["uncertainty", "margin", "disagreement"])
def test_who_has_labels_needs_no_model_to_find_what_is_between_the_classes(points: wb.Dataset, by: pick.By) -> None:
    chosen = sorted(int(id) for id in wb.pick(points, 4, by=by).ids())
    assert 12 < chosen[0] <= chosen[-1] < 27


def test_coverage_takes_what_nothing_labeled_stands_for(points: wb.Dataset) -> None:
    assert 17 <= int(wb.pick(points, 1, by="coverage").ids()[0]) <= 22


def test_diversity_stays_away_from_what_is_labeled(points: wb.Dataset) -> None:
    assert 17 <= int(wb.pick(points, 1, by="diversity").ids()[0]) <= 22


def test_hybrid_is_coverage_without_labels_and_between_the_classes_with_them(points: wb.Dataset) -> None:
    bare = points.select([id for id in points.ids() if id not in ("00", "05", "34", "39")])
    assert wb.pick(bare, 3, by="hybrid").ids() == wb.pick(bare, 3, by="coverage").ids()
    chosen = sorted(int(id) for id in wb.pick(points, 4, by="hybrid").ids())
    assert 10 < chosen[0] <= chosen[-1] < 29
    assert chosen[-1] - chosen[0] > 3, "four that are alike tell less"


def test_regions_are_picked_by_their_score_and_labels_that_are_not_learned_are_told(ws: wb.Workspace) -> None:
    label = '[{"label": "cap", "box": [0, 0, 4, 4]}]'
    turns = [n / 9 for n in range(10)]
    rows = [
        {
            "id": f"{n}",
            "text": f"{n}",
            "embedding": [math.cos(t), math.sin(t)],
            "score": n / 10,
            "label": label if n < 2 else None,
        }
        for n, t in enumerate(turns)
    ]
    meta = {"embedding_by": "ngrams"}
    found = commit(ws, "boxes", rows, task="object-detection", classes=["cap"], meta=meta)
    assert wb.pick(found, 2, by="uncertainty").ids() == ["2", "3"]
    assert set(wb.pick(found, 3, by="hybrid").ids()) < {"2", "3", "4", "5", "6"}
    bare = [{key: value for key, value in row.items() if key != "score"} for row in rows]
    unscored = commit(ws, "unscored", bare, task="object-detection", classes=["cap"], meta=meta)
    with pytest.raises(InputError, match=r"for object-detection are more than that"):
        wb.pick(unscored, 2, by="margin")
    assert len(wb.pick(unscored, 2, by="hybrid")) == 2


@pytest.mark.parametrize("by", ["uncertainty", "margin", "disagreement", "hybrid"])
def test_several_classes_are_unclear_where_one_of_them_is(ws: wb.Workspace, by: pick.By) -> None:
    """Class a is for the first half of the arc, class b for all."""
    turns = [n / 39 * 1.5 for n in range(40)]
    known = {0: '["a", "b"]', 4: '["a", "b"]', 9: '["a", "b"]', 30: '["b"]', 34: '["b"]', 39: "[]"}
    rows = [
        {"id": f"{n:02}", "text": f"{n}", "embedding": [math.cos(t), math.sin(t)], "label": known.get(n)}
        for n, t in enumerate(turns)
    ]
    data = commit(ws, "several", rows, task="multi-label-text-classification", meta={"embedding_by": "ngrams"})
    chosen = sorted(int(id) for id in wb.pick(data, 3, by=by).ids())
    assert chosen[0] > 9


def test_one_class_of_labels_is_nothing_to_be_unsure_by(points: wb.Dataset) -> None:
    few = points.select(["00", "10", "20"])
    with pytest.raises(InputError, match="labels of fewer than 2 classes to learn from"):
        wb.pick(few, 1, by="margin")


def test_a_model_is_asked_and_its_versions_disagree(points: wb.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """The older version is sure of a, the newer of b, where the item's number has a 7; of others both say the same."""
    old, new = (register_fake(points.ws, points.ws.root / f"m{n}") for n in (1, 2))

    class Said:
        def __init__(self, model: Model) -> None:
            self.model = model

        def predict(self, items: list[str]) -> list[Prediction]:
            first = [0.9 if "7" in item or self.model.version == 1 else 0.6 for item in items]
            if self.model.version == 2:
                first = [1 - share if "7" in item else share for item, share in zip(items, first, strict=True)]
            return [Prediction("a", share, {"a": share, "b": 1 - share}) for share in first]

    monkeypatch.setattr("workbench.data.worth.loaded", Said)
    assert set(wb.pick(points, 3, by="disagreement", model=new).ids()) == {"07", "17", "27"}
    assert "7" not in "".join(wb.pick(points, 5, by="margin", model=new).ids())
    with pytest.raises(InputError, match="is the only version, and one alone does not disagree"):
        wb.pick(points, 3, by="disagreement", model=old)


def register_fake(ws: wb.Workspace, folder: Path) -> Model:
    folder.mkdir()
    (folder / "model.json").write_text(folder.name, encoding="utf-8")
    return register(ws, "m", folder, facts={"task": "text-classification", "classes": ["a", "b"]})
