"""Changed copies of items, and preparations fitted on training data, as datasets of their own."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import workbench as wb
from workbench.core import labels
from workbench.core.dataset import commit
from workbench.core.errors import InputError
from workbench.core.verbs import act, call
from workbench.tasks import pictures

BOX = [10, 8, 24, 12]


def photo(ws: wb.Workspace, n: int = 3, *, label: str | None = "box") -> wb.Dataset:
    rows: list[dict[str, Any]] = []
    for number in range(n):
        pixels = np.full((40, 60, 3), number * 20, np.uint8)
        pixels[8:20, 10:34] = 255
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        told = labels.dumps([{"box": BOX, "label": "cap"}]) if label else None
        media = ws.blobs.put(file.getvalue(), suffix=".png")
        rows.append({"id": f"p{number}", "media": media, "name": f"p{number}.png", "label": told, "width": 60, "height": 40})
    return commit(ws, "photos", rows, task="object-detection", classes=["cap"])


def test_copies_carry_their_boxes_and_say_what_they_were_made_from(ws: wb.Workspace) -> None:
    data = photo(ws)
    made = wb.augment(data, ["flip?p=1"], copies=2, seed=5)
    assert (made.name, len(made), made.task, made.classes) == ("photos-augmented", 6, "object-detection", ("cap",))
    for row in made.rows():
        assert json.loads(row["label"])[0]["box"] == [60 - 34, 8, 24, 12]
        assert row["made_from"] in data.ids()
        assert row["thumb"]
        assert pictures.read(made.media(row)).size == (60, 40)


def test_the_same_call_makes_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    digests = [
        wb.augment(photo(wb.open(tmp_path / f"ws{n}")), ["rotate", "noise"], seed=seed).digest
        for n, seed in enumerate((1, 1, 2))
    ]
    assert digests[0] == digests[1] != digests[2]


def test_the_recipe_of_the_copies_is_told_by_their_version(ws: wb.Workspace) -> None:
    made = wb.augment(photo(ws), ["rotate?degrees=5"], seed=5)
    told = ws.tables.versions(made.name)[-1].meta["augmentation"]
    assert told == {"steps": ["rotate?degrees=5.0"], "copies": 1, "seed": 5, "of": ws.dataset("photos").ref}


def test_a_version_holds_the_copies_of_its_own_recipe_and_no_others(ws: wb.Workspace) -> None:
    data = photo(ws)
    first = wb.augment(data, ["rotate?degrees=10"], copies=2)
    assert len(wb.augment(data, ["noise"])) == 3
    assert wb.augment(data, ["rotate?degrees=10"], copies=2).ids() == first.ids()
    own = commit(ws, "own", [{"id": "mine"}])
    assert "mine" in wb.augment(data, ["flip?p=1"], name=own.name).ids()
    with pytest.raises(InputError, match="has no items"):
        wb.augment(data.select([]), ["flip"])


def test_texts_are_reworded_and_keep_their_label(ws: wb.Workspace) -> None:
    data = commit(ws, "texts", [{"id": "a", "text": "a big house", "label": "good"}], task="text-classification")
    rows = wb.augment(data, ["synonyms?share=1"], copies=3).rows()
    assert {row["label"] for row in rows} == {"good"}
    assert all(row["text"].split()[1] in ("large", "huge") for row in rows)


def test_a_step_for_another_kind_of_data_is_refused_before_anything_is_written(ws: wb.Workspace) -> None:
    data = photo(ws)
    with pytest.raises(InputError, match="for text, not for image"):
        wb.augment(data, ["lowercase"])
    with pytest.raises(InputError, match="`copies`"):
        wb.augment(data, ["flip"], copies=0)
    with pytest.raises(InputError, match="no task"):
        wb.augment(commit(ws, "bare", [{"id": "a"}]), ["flip"])
    assert "photos-augmented" not in ws.tables.names()


def test_a_shell_can_ask_for_it(ws: wb.Workspace) -> None:
    photo(ws)
    made = call("augment", ws, {"data": "photos", "steps": "flip?p=1,brightness", "copies": "2"})
    assert len(made) == 6


def test_a_preview_shows_pairs_and_writes_nothing(ws: wb.Workspace) -> None:
    data = photo(ws)
    shown = act("preview", data, ["flip?p=1", "crop"], n=2)
    assert shown.to_json()["image/png"].startswith("iVBOR")
    assert repr(shown) == "photos@1: flip?p=1, crop: 2 items before and after"
    assert ws.tables.names() == ["photos"]


def test_other_data_is_prepared_by_the_numbers_of_the_training_data(ws: wb.Workspace) -> None:
    train = commit(ws, "train", [{"id": f"{n}", "x": float(n), "label": "a"} for n in range(5)], task="tabular-classification")
    test = commit(ws, "test", [{"id": "9", "x": 8.0, "label": "a"}, {"id": "8", "x": None}], task="tabular-classification")
    prepared = wb.prepare(train, ["impute?by=mean", "normalize"])
    assert [row["x"] for row in prepared(train).rows()] == [0, 0.25, 0.5, 0.75, 1]
    assert {row["id"]: row["x"] for row in prepared(test).rows()} == {"8": 0.5, "9": 2.0}
    assert prepared.ref in ws.tables.versions("test-prepared")[-1].meta["inputs"]
    assert wb.prepare(train, ["impute?by=mean", "normalize"]).ref == prepared.ref


def test_a_function_of_ones_own_is_a_step_like_any_other(
    ws: wb.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_augment_step.py").write_text("def invert(pixels):\n    return 255 - pixels\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    step = wb.transform("own_augment_step:invert", ws=ws)
    made = wb.augment(photo(ws, 1), [step])
    assert np.asarray(pictures.read(made.media(made.rows()[0])))[0, 0].tolist() == [255, 255, 255]
    with pytest.raises(InputError, match="'module:function'"):
        wb.transform("own_augment_step", ws=ws)
