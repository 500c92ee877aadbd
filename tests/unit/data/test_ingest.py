"""Ingest keeps what can be read and names what cannot."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from PIL import Image

import workbench as wb
from workbench.core.errors import InputError, NotFoundError
from workbench.tasks import task
from workbench.tasks.modalities import OfPictures


def test_files_become_rows_with_their_size_thumb_and_folder(ws: wb.Workspace, photos: Path) -> None:
    data = wb.ingest(ws, "caps", str(photos))
    row = next(r for r in data.rows() if r["name"] == "0.png")
    assert (len(data), row["width"], row["height"], row["group"]) == (8, 48, 32, "ok")
    assert row["thumb"][:2] == b"\xff\xd8"
    assert data.media(row).read_bytes() == (photos / "ok" / "0.png").read_bytes()


def test_the_same_files_again_make_no_new_version_and_new_ones_do(ws: wb.Workspace, photos: Path) -> None:
    first = wb.ingest(ws, "caps", f"{photos}/ok/*.png")
    kept = sorted(path.name for path in (ws.root / "media").rglob("*"))
    assert wb.ingest(ws, "caps", f"{photos}/ok/*.png").ref == first.ref
    assert sorted(path.name for path in (ws.root / "media").rglob("*")) == kept, "nothing is left of the second time"
    assert wb.ingest(ws, "caps", f"{photos}/**/*.png").version == 2


def test_folders_may_be_labels(ws: wb.Workspace, photos: Path) -> None:
    data = wb.ingest(ws, "caps", str(photos), labels="folder")
    assert data.classes == ("crack", "ok")
    assert sorted(data.labels()) == ["crack"] * 4 + ["ok"] * 4


def test_a_corrupt_image_is_named_and_the_rest_goes_in(
    ws: wb.Workspace, photos: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = (photos / "ok" / "2.png").read_bytes()
    (photos / "ok" / "2.png").write_bytes(whole[:60])
    (photos / "ok" / "notes.png").write_text("not an image")
    with caplog.at_level(logging.WARNING):
        data = wb.ingest(ws, "caps", str(photos))
    assert len(data) == 7
    told = ws.records.get("dataset", "caps").fields["left_out"]
    assert [Path(item["file"]).name for item in told] == ["2.png", "notes.png"]
    assert all(item["reason"] for item in told)
    assert "2.png" in caplog.text


def test_a_missing_folder_is_named_with_its_neighbours(ws: wb.Workspace, photos: Path) -> None:
    with pytest.raises(NotFoundError, match="Did you mean .*photos'"):
        wb.ingest(ws, "caps", f"{photos}s")


def test_an_empty_folder_says_which_files_count(ws: wb.Workspace, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="No image files in") as told:
        wb.ingest(ws, "caps", str(tmp_path / "empty"))
    assert ".png" in told.value.hint
    assert ws.tables.names() == []


def test_only_corrupt_files_are_an_error_and_no_dataset(ws: wb.Workspace, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no")
    with pytest.raises(InputError, match="None of 1 files can be read; a.png:"):
        wb.ingest(ws, "caps", str(tmp_path))
    assert ws.tables.names() == []


@pytest.mark.parametrize("name", ["../caps", "", "a/b"])
def test_a_name_that_could_leave_the_workspace_is_refused(ws: wb.Workspace, photos: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot name a dataset"):
        wb.ingest(ws, name, str(photos))


def test_a_file_that_is_known_by_its_content_is_not_decoded_again(
    ws: wb.Workspace, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = wb.ingest(ws, "caps", str(photos))
    Image.new("RGB", (20, 10), "red").save(photos / "ok" / "fresh.png")
    decoded, describe = [], task("image-classification").describe
    monkeypatch.setattr(OfPictures, "describe", lambda _self, path: decoded.append(path.name) or describe(path))
    again = wb.ingest(ws, "others", str(photos))
    assert decoded == ["fresh.png"]
    facts = ["id", "media", "width", "height", "thumb"]
    assert [row for row in again.rows(facts) if row["id"] in first.ids()] == list(first.rows(facts))
