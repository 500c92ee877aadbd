"""Picking takes the worthwhile items that nobody has labeled."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import InputError
from workbench.core.report import record


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
        Image.new("RGB", (32, 32), [(0, 0, n), (250, 250, 250 - n), (0, 250, n)][n % 3]).save(tmp_path / f"{n}.png")
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
