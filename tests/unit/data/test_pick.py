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
    with pytest.raises(InputError, match="`n` must be at least 1"):
        wb.pick(bare, 0)
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
