"""Evaluating a model that tells dark from light on pictures of known brightness."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import GateError, InputError
from workbench.core.model import register
from workbench.testing.bundles import linear


def grays(ws: wb.Workspace, levels: list[tuple[int, str | None]]) -> wb.Dataset:
    rows = []
    for i, (level, label) in enumerate(levels):
        content = io.BytesIO()
        Image.new("L", (8, 8), level).save(content, "PNG")
        rows.append({"id": f"{i:02}", "media": ws.blobs.put(content.getvalue(), suffix=".png"), "label": label})
    return commit(ws, "tones", rows, task="image-classification", classes=["dark", "light"])


def model(ws: wb.Workspace, folder: Path, *, seen: list[str] | None = None) -> wb.Model:
    facts = {"task": "image-classification", "classes": ["dark", "light"], "runtime": "onnxruntime"}
    if seen is not None:
        facts["seen"] = ws.blobs.put(json.dumps(seen).encode(), suffix=".ids")
    return register(ws, "tones", linear(folder), facts=facts)


def test_a_report_has_scores_intervals_classes_and_the_surest_mistakes(ws: wb.Workspace, tmp_path: Path) -> None:
    data = grays(ws, [(10, "dark"), (20, "dark"), (240, "light"), (140, "dark"), (250, "dark"), (0, None)])
    report = wb.evaluate(model(ws, tmp_path / "m"), data)
    assert report.scores["accuracy"] == pytest.approx(3 / 5)
    details = report.details
    assert details["confusion"] == [[2, 2], [0, 1]]
    assert [m["id"] for m in details["mistakes"]] == ["04", "03"]
    assert details["mistakes"][0]["label"] == "dark"
    assert [row["label"] for row in details["per_class"]] == ["dark", "light"]
    assert details["per_class"][0]["recall"] == pytest.approx(0.5)
    low, high = details["intervals"]["accuracy"]
    assert low <= report.scores["accuracy"] <= high
    assert (details["n_items"], details["n_seen"]) == (5, 0)
    assert ws.report(report.ref).scores == report.scores


def test_a_gate_that_is_missed_is_named(ws: wb.Workspace, tmp_path: Path) -> None:
    report = wb.evaluate(model(ws, tmp_path / "m"), grays(ws, [(10, "light"), (240, "light")]))
    with pytest.raises(GateError, match=r"accuracy is 0.500, required 0.900"):
        report.require(accuracy=0.9)


def test_samples_that_the_model_was_trained_on_are_refused_with_their_number(ws: wb.Workspace, tmp_path: Path) -> None:
    data = grays(ws, [(10, "dark"), (240, "light"), (20, "dark")])
    learned = model(ws, tmp_path / "m", seen=["00", "02", "99"])
    with pytest.raises(InputError, match="was trained on 2 of the 3 samples") as caught:
        wb.evaluate(learned, data)
    assert caught.value.n_seen == 2
    assert wb.evaluate(learned, data, allow_seen=True).details["n_seen"] == 2
    assert wb.evaluate(learned, data.select(["01"])).details["n_seen"] == 0


def test_labels_that_the_model_does_not_know_are_named(ws: wb.Workspace, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has labels that model:tones@1 does not know: 'gray'"):
        wb.evaluate(model(ws, tmp_path / "m"), grays(ws, [(10, "dark"), (99, "gray")]))


def test_data_without_labels_is_refused(ws: wb.Workspace, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no labels"):
        wb.evaluate(model(ws, tmp_path / "m"), grays(ws, [(10, None)]))


def test_a_sample_that_cannot_be_read_is_named(ws: wb.Workspace, tmp_path: Path) -> None:
    data = commit(ws, "tones", [{"id": "bad", "media": ws.blobs.put(b"no image", suffix=".png"), "label": "dark"}])
    with pytest.raises(InputError, match="Sample bad of dataset:tones@1"):
        wb.evaluate(model(ws, tmp_path / "m"), data)
