"""Vectors become a column of the next version, and find what is alike."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import workbench as wb
from workbench.core.dataset import EMBEDDING, commit
from workbench.core.errors import InputError, NotFoundError
from workbench.data import vectors as vectors_of
from workbench.data.embed import embedded_by
from workbench.data.vectors import computed, stored

_TEXTS = {
    "a": "the pump leaks oil at the lower seal",
    "b": "oil leaks from the seal of the pump",
    "c": "the invoice was paid twice in march",
    "d": "invoice paid in march, one was paid twice",
    "e": "a gull on the roof",
}


def _texts(ws: wb.Workspace, texts: dict[str, str] = _TEXTS) -> wb.Dataset:
    return commit(ws, "notes", [{"id": id, "text": text} for id, text in texts.items()], task="text-classification")


def _pictures(ws: wb.Workspace, n: int = 6) -> wb.Dataset:
    rows = []
    for i in range(n):
        pixels = np.random.default_rng(i).integers(0, 255, (4, 4, 3), np.uint8)
        content = io.BytesIO()
        Image.fromarray(pixels).resize((64, 64), Image.Resampling.BICUBIC).save(content, "PNG")
        rows.append({"id": f"p{i}", "media": ws.blobs.put(content.getvalue(), suffix=".png")})
    return commit(ws, "photos", rows, task="image-classification")


def test_embedding_makes_a_version_that_says_by_what(real_ws: wb.Workspace) -> None:
    data = _texts(real_ws)
    made = wb.embed(data)
    assert (made.version, embedded_by(made), embedded_by(data)) == (2, "ngrams", "")
    names, vectors = stored(made)
    assert (names, vectors.shape) == (sorted(_TEXTS), (5, 512))
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_embedding_again_computes_only_what_is_new(real_ws: wb.Workspace, caplog: pytest.LogCaptureFixture) -> None:
    made = wb.embed(_texts(real_ws))
    assert wb.embed(made).ref == made.ref
    before = stored(made)[1]
    more = commit(real_ws, "notes", [{"id": "f", "text": "a gull on a roof"}, {"id": "g", "text": "  "}])
    assert embedded_by(more) == "ngrams"
    with caplog.at_level(logging.WARNING):
        after = wb.embed(more)
    names, vectors = stored(after)
    assert names == ["a", "b", "c", "d", "e", "f"]
    assert np.array_equal(vectors[:5], before)
    assert "Left out g of dataset:notes@3" in caplog.text
    assert "The text is empty." in caplog.text


def test_an_item_that_changes_loses_its_vector_until_it_is_embedded_again(real_ws: wb.Workspace) -> None:
    first = wb.embed(_texts(real_ws))
    changed = commit(real_ws, "notes", [{"id": "b", "text": "a gull sits on the roof"}, {"id": "e", "label": "bird"}])
    assert stored(changed)[0] == ["a", "c", "d", "e"]
    assert "b" not in wb.search(changed, "a pump that leaks oil", k=5).ids()
    again = wb.embed(changed)
    assert wb.search(again, "e", k=1).ids() == ["b"]
    assert wb.search(first, "a", k=1).ids() == ["b"]  # what it was, in the version where it was that


def test_what_changes_while_vectors_are_computed_gets_none_of_what_it_was(
    real_ws: wb.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = _texts(real_ws)

    def slow(*args: Any, **options: Any) -> Any:
        made = computed(*args, **options)
        commit(real_ws, "notes", [{"id": "b", "text": "new"}, {"id": "c", "label": "bill"}], remove=["a"])
        return made

    monkeypatch.setattr(vectors_of, "computed", slow)
    made = wb.embed(data)
    assert (made.ids(), stored(made)[0]) == (["b", "c", "d", "e"], ["c", "d", "e"])


def test_another_model_replaces_all_vectors_and_never_a_part(real_ws: wb.Workspace) -> None:
    first = wb.embed(_pictures(real_ws))
    with pytest.raises(InputError, match="photos@2 has vectors by 'pixels'; part of it cannot have others"):
        wb.embed(first.select(["p0"]), model="color")
    second = wb.embed(first, model="color")
    assert (embedded_by(second), stored(second)[1].shape, stored(first)[1].shape) == ("color", (6, 128), (6, 384))


def test_part_of_a_dataset_may_be_embedded_first(real_ws: wb.Workspace) -> None:
    part = wb.embed(_texts(real_ws).select(["c", "a"]))
    assert part.ids() == ["c", "a"]
    assert stored(real_ws.dataset("notes"))[0] == ["a", "c"]
    assert wb.search(part, "a", k=5).ids() == ["c"]


def test_embedding_an_older_version_brings_no_row_back(real_ws: wb.Workspace) -> None:
    first = _texts(real_ws)
    commit(real_ws, "notes", [{"id": "f", "text": "new"}], remove=["b"])
    made = wb.embed(first)
    assert made.ids() == ["a", "c", "d", "e", "f"]
    assert stored(made)[0] == ["a", "c", "d", "e"]
    assert wb.embed(first.select(["b", "a"])).ids() == ["a"]


def test_an_item_finds_those_like_it_and_not_itself(real_ws: wb.Workspace) -> None:
    data = wb.embed(_texts(real_ws))
    assert wb.search(data, "a", k=1).ids() == ["b"]
    assert wb.search(data, "d", k=1).ids() == ["c"]
    assert len(wb.search(data, "a", k=99)) == 4
    assert wb.search(data.select(["c", "e", "b"]), "a", k=2).ids()[0] == "b"


def test_a_text_finds_texts_and_a_file_finds_pictures(real_ws: wb.Workspace, tmp_path: Path) -> None:
    notes = wb.embed(_texts(real_ws))
    assert set(wb.search(notes, "a leaking oil pump", k=2).ids()) == {"a", "b"}
    assert set(wb.search(notes, "~pump" + " leaks oil" * 200 + "\n\0", k=2).ids()) == {"a", "b"}
    photos = wb.embed(_pictures(real_ws))
    row = next(row for row in photos.rows() if row["id"] == "p3")
    copy = tmp_path / "copy.jpg"
    Image.open(photos.media(row)).resize((40, 40)).save(copy, quality=60)
    assert wb.search(photos, str(copy), k=1).ids() == ["p3"]


def test_a_search_that_cannot_work_says_why(real_ws: wb.Workspace) -> None:
    data = _pictures(real_ws)
    with pytest.raises(InputError, match="has no vectors") as told:
        wb.search(data, "p0")
    assert "wb.embed(data)" in told.value.hint
    embedded = wb.embed(data)
    with pytest.raises(InputError, match="'a red cap' is no item of .* its vectors by 'pixels' know no words"):
        wb.search(embedded, "a red cap")
    with pytest.raises(InputError, match=r"There is no file /nowhere/cap\.png"):
        wb.search(embedded, "/nowhere/cap.png")
    with pytest.raises(InputError, match="The query is empty"):
        wb.search(embedded, " ")
    with pytest.raises(InputError, match="`k` must be at least 1, got 0"):
        wb.search(embedded, "p0", k=0)


def test_what_has_no_pictures_texts_or_sounds_is_not_embedded(real_ws: wb.Workspace) -> None:
    rows = commit(real_ws, "rows", [{"id": "1", "width_mm": 3.5}], task="tabular-classification")
    with pytest.raises(InputError, match="rows without pictures, texts or recordings"):
        wb.embed(rows)
    with pytest.raises(NotFoundError, match="No embedder named 'clip'"):
        wb.embed(_texts(real_ws), model="clip")


def test_a_dataset_of_which_nothing_can_be_read_is_refused(real_ws: wb.Workspace) -> None:
    key = real_ws.blobs.put(b"not an image", suffix=".png")
    data = commit(real_ws, "broken", [{"id": "x", "media": key}], task="image-classification")
    with pytest.raises(InputError, match="None of 1 items of dataset:broken@1.* can be read"):
        wb.embed(data)
    assert EMBEDDING not in real_ws.dataset("broken").columns
