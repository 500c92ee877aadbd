"""A quick check tells a recipe that learns from one that cannot, and says why."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import GateError, InputError, RunError
from workbench.jobs.proof import viable
from workbench.models import backbones, names
from workbench.testing.notebooks import write_notebook
from workbench.testing.pictures import colors
from workbench.training import strategies

pytestmark = pytest.mark.slow

small_cnn = backbones.small_cnn
RECIPE = wb.recipe("image-classification", batch_size=16, image_size=16)


@pytest.fixture
def data(ws: wb.Workspace) -> wb.Dataset:
    return colors(ws, 240)[0]


def found(report: wb.Report) -> dict[str, bool]:
    return {each["name"]: each["is_ok"] for each in report.details["checks"]}


def test_a_recipe_that_learns_passes_every_check_and_shows_its_curve(data: wb.Dataset) -> None:
    report = wb.quick_check(RECIPE, data, seconds=20)
    assert found(report) == dict.fromkeys(("labels", "shapes", "gradients", "one_batch", "curve"), True)
    assert report.require(passed=1).details["says"] == "It learns: every check was passed."
    curve = report.details["curve"]
    assert curve[-1]["loss"] < curve[0]["loss"]
    assert report.details["one_batch"][-1]["loss"] < report.details["one_batch"][0]["loss"]
    assert data.ws.report(report.id).details["curve"] == curve
    picture = report._repr_png_()
    assert picture is not None
    assert Image.open(io.BytesIO(picture)).width > 300


def test_labels_that_do_not_belong_to_their_samples_are_learned_by_heart_only(ws: wb.Workspace, data: wb.Dataset) -> None:
    labels = np.random.default_rng(1).permutation([str(label) for label in data.labels()])
    rows = [{"id": row["id"], "media": row["media"], "label": label} for row, label in zip(data.rows(), labels, strict=True)]
    report = wb.quick_check(RECIPE, commit(ws, "shuffled", rows), seconds=20)
    assert found(report)["one_batch"]
    assert not found(report)["curve"]
    assert "no better than luck. Do the labels belong to the samples?" in report.details["says"]
    with pytest.raises(GateError, match="passed is 0.000"):
        report.require(passed=1)


def test_pictures_that_are_all_alike_cannot_be_learned_even_by_heart(ws: wb.Workspace) -> None:
    content = io.BytesIO()
    Image.new("RGB", (16, 16), (90, 90, 90)).save(content, "PNG")
    key = ws.blobs.put(content.getvalue(), suffix=".png")
    rows = [{"id": f"{i:03}", "media": key, "label": "abc"[i % 3]} for i in range(90)]
    report = wb.quick_check(RECIPE, commit(ws, "gray", rows), seconds=6)
    assert not found(report)["one_batch"]
    assert not found(report)["curve"]
    assert "are the inputs alike?" in report.details["says"]


def test_a_learning_rate_that_does_nothing_is_found(data: wb.Dataset) -> None:
    report = wb.quick_check(replace(RECIPE, lr=1e-9), data, seconds=6)
    assert not found(report)["one_batch"]
    assert "Is `lr` too small" in report.details["says"]


def test_a_network_that_is_frozen_is_found(data: wb.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def frozen(network: torch.nn.Module) -> list[Any]:
        network.requires_grad_(requires_grad=False)
        return []

    monkeypatch.setattr(strategies, "full", frozen)
    report = wb.quick_check(RECIPE, data)
    assert report.details["says"].startswith("gradients: Nothing is trained")


def test_a_branch_that_is_cut_off_is_named(data: wb.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(n_classes: int, settings: Mapping[str, Any]) -> backbones.Network:
        made = small_cnn(n_classes, settings)
        made.extra = torch.nn.Linear(2, 2)
        return made

    plant(monkeypatch, cut)
    report = wb.quick_check(RECIPE, data)
    assert "2 of 25 trained weights have no gradient: extra.weight" in report.details["says"]


def test_a_network_with_outputs_for_other_classes_is_found(data: wb.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, lambda n_classes, settings: small_cnn(n_classes - 1, settings))
    report = wb.quick_check(RECIPE, data)
    assert "become outputs of 15 x 2; 15 x 3 are needed, one per class." in report.details["says"]


def plant(monkeypatch: pytest.MonkeyPatch, backbone: Any) -> None:
    monkeypatch.setattr(backbones, "small_cnn", backbone)
    assert names.BACKBONES["small-cnn"] is backbone


def test_a_single_class_is_found_before_torch_is_needed(ws: wb.Workspace, data: wb.Dataset) -> None:
    rows = [{"id": row["id"], "media": row["media"], "label": "same"} for row in data.rows()]
    report = wb.quick_check(RECIPE, commit(ws, "one", rows))
    assert report.details["says"] == "labels: There is only the label 'same'."
    with pytest.raises(InputError, match="`seconds` must be greater than 0, got 0"):
        wb.quick_check(RECIPE, data, seconds=0)


def test_more_machines_ask_for_a_quick_check_of_this_very_training(
    real_ws: wb.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viable, "SECONDS", 6.0)
    data, val = colors(real_ws, 240, 40)
    cells = (
        'import workbench as wb\nws = wb.open()\nrecipe = wb.recipe("image-classification", batch_size=16, image_size=16{})\n'
    )
    cells += f"run = wb.train(recipe, ws.dataset({data.ref!r}), ws.dataset({val.ref!r}))"
    idle = write_notebook(tmp_path / "idle.ipynb", cells.format(", lr=1e-12"))
    with pytest.raises(RunError, match=r"not worth more machines yet: recipe:image-classification.*lr=1e-12"):
        wb.promote(idle, workers=2, ws=real_ws)
    assert [r.fields["scores"]["passed"] for r in real_ws.records.all("report")] == [0.0]
    run = wb.promote(idle, workers=2, override="to see it fail", ws=real_ws)
    run.cancel()
    assert run.info().more["override"] == "to see it fail"
    wb.quick_check(RECIPE, data, seconds=12).require(passed=1)
    run = wb.promote(write_notebook(tmp_path / "good.ipynb", cells.format("")), workers=2, ws=real_ws)
    run.cancel()
    assert run.info().more["quick_checks"] == ["report:quick_check-2"]
    assert len(real_ws.records.all("report")) == 2  # neither was made twice
