"""Which form of a model is taken, and why the others are left."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import InputError
from workbench.core.model import register
from workbench.optimization.ranking import rank
from workbench.optimization.trial import Trial
from workbench.testing.bundles import linear


def timed(name: str, one: float, sixteen: float) -> Trial:
    return Trial(name, score=0.9, drop=0.0, difference=0.0, ms={1: one, 16: sixteen})


def ranked(*trials: Trial) -> dict[str, tuple[str, str]]:
    return {t.name: (t.verdict, t.reason) for t in rank(*trials, metric="f1")}


def test_the_fastest_is_taken_and_the_others_are_told_why_not() -> None:
    said = ranked(timed("baseline", 4, 40), timed("a", 2, 20), timed("b", 1, 10), Trial("c", reason="f1 drops."))
    assert said["b"] == ("taken", "It is the fastest of those that keep f1: 4.00x the baseline.")
    assert said["a"] == ("left", "b is faster: 4.00x against 2.00x.")
    assert said["c"] == ("left", "f1 drops.")


def test_what_is_slower_than_the_baseline_anywhere_is_left() -> None:
    said = ranked(timed("baseline", 4, 40), timed("a", 0.1, 41))
    assert said["a"] == ("left", "It is slower than the baseline: 41.000 ms against 40.000 with 16.")


def tones(ws: wb.Workspace, folder: Path, **facts: object) -> tuple[wb.Model, wb.Dataset]:
    told = {"task": "image-classification", "classes": ["dark", "light"], **facts}
    return register(ws, "tones", linear(folder), facts=told), commit(ws, "tones", [{"id": "1", "label": "dark"}])


def test_what_is_optimized_already_names_its_parent(ws: wb.Workspace, tmp_path: Path) -> None:
    model, data = tones(ws, tmp_path / "m", runtime="onnxruntime", parent="model:tones@7")
    with pytest.raises(InputError, match=r"runs on onnxruntime already. Optimize model:tones@7, which it was made from."):
        wb.optimize(model, data)


@pytest.mark.parametrize("told", [{"max_drop": -0.1}, {"max_drop": 2}, {"threads": 0}])
def test_settings_out_of_range_are_refused(ws: wb.Workspace, tmp_path: Path, told: dict[str, float]) -> None:
    model, data = tones(ws, tmp_path / "m", runtime="torch")
    with pytest.raises(InputError, match=f"`{next(iter(told))}` must be"):
        wb.optimize(model, data, **told)
