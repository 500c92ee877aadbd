"""Exports that a real Label Studio wrote come in, and go out again as it wrote them."""

from __future__ import annotations

import json
import math
import random
import shutil
import struct
import wave
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import workbench as wb
from workbench.core.dataset import commit
from workbench.tasks import TASKS
from workbench.testing.task_samples import CLASSES, of_task

CONVERTED = Path(__file__).parents[2] / "fixtures" / "label_studio_exports"
EXPORTS = Path(__file__).parents[2] / "fixtures" / "label_studio"


def _copied(export: Path, folder: Path) -> tuple[str, list[dict[str, Any]]]:
    """Return a copy of an export, with files of the right size where it says that they are, and no two texts the same."""
    told = json.loads(export.read_text(encoding="utf-8"))
    for n, task in enumerate(told):
        task["data"] |= {key: task["data"][key] + " " * n for key in ("text", "prompt") if key in task["data"]}
        regions = [r for said in task["annotations"] for r in said["result"]]
        for key, value in task["data"].items():
            if not isinstance(value, str) or "?d=" not in value:
                continue
            path = folder / value.partition("?d=")[2].lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            rng = random.Random(f"{n} {key}")
            if path.suffix == ".wav":
                length = max([r.get("original_length", 2.0) for r in regions] + [2.0])
                with wave.open(str(path), "wb") as file:
                    file.setparams((1, 2, 8000, 0, "NONE", ""))
                    file.writeframes(struct.pack("<h", n + 1) * math.ceil(length * 8000))
            else:
                size = next(((r["original_width"], r["original_height"]) for r in regions if "original_width" in r), (64, 48))
                Image.new("RGB", size, (rng.randrange(256), rng.randrange(256), rng.randrange(256))).save(path)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / export.name).write_text(json.dumps(told), encoding="utf-8")
    return str(folder / export.name), told


def _said(told: list[dict[str, Any]], task: str) -> list[Any]:
    """Return what the annotations say, without what differs between servers."""
    kind = TASKS[task]()
    seen = []
    for one in told:
        (said,) = one["annotations"] or [{"result": []}]
        row = {key: value for key, value in one["data"].items() if key == "text"}
        seen.append((bool(one["annotations"]), kind.label_of(said["result"], row=row)))
    return sorted(map(repr, seen))


@pytest.mark.parametrize("export", sorted(EXPORTS.glob("*.json")), ids=lambda path: path.stem)
def test_an_export_of_a_real_server_comes_in_whole_and_goes_out_the_same(
    ws: wb.Workspace, tmp_path: Path, export: Path
) -> None:
    source, told = _copied(export, tmp_path / "in")
    data = wb.ingest(ws, "caps", source, task=export.stem)
    assert (len(data), ws.records.get("dataset", "caps").fields["left_out"]) == (len(told), [])
    assert all(row["prediction_by"] == "m@1" for row in data.rows())
    wb.export(data, str(tmp_path / "out"), format="label-studio")
    written = json.loads((tmp_path / "out" / "tasks.json").read_text(encoding="utf-8"))
    assert _said(written, export.stem) == _said(told, export.stem)
    back = wb.ingest(ws, "back", str(tmp_path / "out"), format="label-studio")
    assert (back.ids(), back.labels()) == (data.ids(), data.labels())


def test_the_task_of_an_export_shows_in_its_answers(ws: wb.Workspace, tmp_path: Path) -> None:
    found = {}
    for export in sorted(EXPORTS.glob("*.json")):
        found[export.stem] = wb.ingest(ws, export.stem, _copied(export, tmp_path / export.stem)[0]).task
    alike = {"image-text-matching": "image-classification"}  # one of two names either way
    assert found == {name: alike.get(name, name) for name in found}


@pytest.mark.parametrize(("kind", "name"), {"coco": "result.json", "yolo": "", "voc": "", "json": "tasks.json"}.items())
def test_what_a_real_server_converts_comes_in_too(ws: wb.Workspace, tmp_path: Path, kind: str, name: str) -> None:
    data = of_task(ws, "boxes", "object-detection", tmp_path / "src")
    shutil.copytree(CONVERTED / kind, tmp_path / "in")
    (tmp_path / "in" / "images").mkdir(exist_ok=True)
    for n in range(2):  # its VOC puts eight digits before a name, and leaves out a picture that shows nothing
        target = "d38c1ddc__0.png" if kind == "voc" and n == 0 else f"{n}.png"
        shutil.copy(tmp_path / "src" / "a" / f"{n}.png", tmp_path / "in" / "images" / target)
    used = {"json": "label-studio"}.get(kind, kind)
    back = wb.ingest(ws, "back", str(tmp_path / "in" / name), format=used, task="object-detection")
    assert ws.records.get("dataset", "back").fields["left_out"] == []
    expected = {id: label for id, label in zip(data.ids(), data.labels(), strict=True) if label is not None}
    if kind == "voc":  # and whole pixels only
        whole = '[{"box":[0,0,64,48],"label":' + json.dumps(CLASSES[2]) + '},{"box":[4,5,20,10],"label":"crack"}]'
        expected = {id: whole if label != "[]" else None for id, label in expected.items()}
    assert dict(zip(back.ids(), back.labels(), strict=True)) == expected


def test_answers_find_the_items_that_they_were_given_to_without_any_file(ws: wb.Workspace, tmp_path: Path) -> None:
    told = json.loads((EXPORTS / "object-detection.json").read_text(encoding="utf-8"))
    rows = [{"id": one["data"]["sample"], "width": 640, "height": 480, "media": "m"} for one in told]
    for row, one in zip(rows, told, strict=True):
        for region in one["annotations"][0]["result"][:1]:
            row |= {"width": region["original_width"], "height": region["original_height"]}
    commit(ws, "caps", rows, task="object-detection")
    data = wb.ingest(ws, "caps", str(EXPORTS / "object-detection.json"))
    assert (data.ids(), data.version, None in data.labels()) == (sorted(row["id"] for row in rows), 2, False)


def test_of_several_answers_the_ground_truth_counts_then_the_newest_and_a_skip_never(ws: wb.Workspace, tmp_path: Path) -> None:
    def said(name: str, at: str, **more: Any) -> dict[str, Any]:
        return {"result": [{"type": "choices", "value": {"choices": [name]}}], "updated_at": at, "completed_by": 3, **more}

    answers = {
        "newest": [said("b", "2026-01-02"), said("a", "2026-01-01")],
        "truth": [said("b", "2026-01-01", ground_truth=True), said("a", "2026-01-02")],
        "skipped": [said("a", "2026-01-02", was_cancelled=True), said("b", "2026-01-01")],
    }
    tasks = [{"id": n, "data": {"text": name}, "annotations": some} for n, (name, some) in enumerate(answers.items())]
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    rows = wb.ingest(ws, "texts", str(tmp_path / "export.json")).rows()
    assert {(row["label"], row["label_by"]) for row in rows} == {("b", "3")}
    assert ws.records.get("dataset", "texts").fields["losses"] == ["further answers to tasks that have one (2)"]
