"""A challenger has to win by more than luck, on samples that neither model has seen."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import GateError, InputError
from workbench.core.menu import offered
from workbench.core.model import register
from workbench.testing.bundles import linear


def tones(ws: wb.Workspace, n: int, *, wrong: int = 0) -> wb.Dataset:
    """Dark and light pictures, the labels of the first ones turned."""
    rows = []
    for i in range(n):
        content = io.BytesIO()
        Image.new("L", (8, 8), 20 + i % 50 if i % 2 else 220 - i % 50).save(content, "PNG")
        labels = ("light", "dark") if i >= wrong else ("dark", "light")
        rows.append({"id": f"{i:03}", "media": ws.blobs.put(content.getvalue(), suffix=".png"), "label": labels[i % 2]})
    return commit(ws, "tones", rows, task="image-classification", classes=["dark", "light"])


def model(ws: wb.Workspace, folder: Path, *, sign: float = 1.0, seen: tuple[str, ...] = (), size: int = 8) -> wb.Model:
    facts = {"task": "image-classification", "classes": ["dark", "light"], "runtime": "onnxruntime"}
    facts["seen"] = ws.blobs.put(json.dumps(list(seen)).encode(), suffix=".ids")
    return register(ws, "tones", linear(folder, sign=sign, size=size), facts=facts)


def test_a_challenger_that_wins_by_far_is_better_and_its_record_says_so(ws: wb.Workspace, tmp_path: Path) -> None:
    bad, good = model(ws, tmp_path / "bad", sign=-1), model(ws, tmp_path / "good")
    report = wb.challenge(good, bad, tones(ws, 40, wrong=4))
    assert report.scores == {"score": 0.9, "champion": 0.1, "difference": pytest.approx(0.8), "is_better": 1.0}
    assert (report.details["gained"], report.details["lost"]) == (36, 4)
    assert report.details["p"] < 1e-6
    low, high = report.details["intervals"]["accuracy"]
    assert 0.4 < low < 0.8 < high <= 1
    assert report.require(is_better=1) is report
    kept = ws.records.get("model", "tones@2")
    assert kept.fields["challenge"] == {"champion": bad.ref, "p": report.details["p"], "better": True, "report": report.ref}
    assert offered(kept)[0].confirm == ""


def test_a_lead_that_may_be_luck_is_no_win_and_deploying_asks_first(ws: wb.Workspace, tmp_path: Path) -> None:
    bad, good = model(ws, tmp_path / "bad", sign=-1), model(ws, tmp_path / "good")
    report = wb.challenge(good, bad, tones(ws, 5))
    assert report.scores["difference"] == 1.0
    assert report.details["p"] == pytest.approx(2 / 32)
    assert "is not shown to be better than model:tones@1: it alone is right on 5 samples" in report.details["says"]
    with pytest.raises(GateError, match="is_better is 0.000, required 1.000"):
        report.require(is_better=1)
    deploy = offered(ws.records.get("model", "tones@2"))[0]
    assert deploy.confirm == "tones@2 was not shown to be better than model:tones@1 (p = 0.062). Deploy it?"


def test_a_worse_challenger_is_called_worse(ws: wb.Workspace, tmp_path: Path) -> None:
    bad, good = model(ws, tmp_path / "bad", sign=-1), model(ws, tmp_path / "good")
    report = wb.challenge(bad, good, tones(ws, 40))
    assert not report.details["is_better"]
    assert "is worse than" in report.details["says"]


def test_samples_that_either_was_trained_on_are_refused(ws: wb.Workspace, tmp_path: Path) -> None:
    data = tones(ws, 10)
    one, other = model(ws, tmp_path / "1", sign=-1, seen=("001", "002")), model(ws, tmp_path / "2", seen=("003",))
    with pytest.raises(InputError) as caught:
        wb.challenge(one, other, data)
    assert f"{one.ref} was trained on 2 of the 10 samples" in caught.value.message
    assert f"{other.ref} was trained on 1 of the 10 samples" in caught.value.message
    assert ws.records.all("report") == []


def test_a_model_is_no_challenger_of_itself(ws: wb.Workspace, tmp_path: Path) -> None:
    one = model(ws, tmp_path / "1")
    with pytest.raises(InputError, match="are the same model"):
        wb.challenge(one, one, tones(ws, 4))
