"""Datasets that others read: of another workspace, or published to a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import ConflictError, InputError, NotFoundError


@pytest.fixture
def anna(tmp_path: Path) -> wb.Workspace:
    return wb.open(tmp_path / "anna", environment={})


@pytest.fixture
def bert(anna: wb.Workspace, tmp_path: Path) -> wb.Workspace:
    return wb.open(tmp_path / "bert", environment={})


def _caps(ws: wb.Workspace) -> wb.Dataset:
    rows = [{"id": str(n), "media": ws.blobs.put(b"picture %d" % n, suffix=".png"), "label": "ok"} for n in range(5)]
    commit(ws, "caps", rows[:3], task="image-classification", classes=["ok", "crack"])
    return commit(ws, "caps", rows[3:])


def test_a_dataset_of_another_workspace_is_read_where_it_lies(anna: wb.Workspace, bert: wb.Workspace) -> None:
    caps = _caps(anna)
    caps.tag("gold")
    found = bert.dataset(f"{anna.root}/caps@gold")
    assert (found.ref, found.rows(), found.classes) == (caps.ref, caps.rows(), caps.classes)
    assert found.media(found.rows()[4]).read_bytes() == b"picture 4"
    assert not (bert.root / "media").exists()
    assert bert.dataset("caps@1").n_items == 3
    assert wb.open(bert.root, environment={}).dataset(caps.ref) == found


def test_what_belongs_to_another_is_not_written(anna: wb.Workspace, bert: wb.Workspace) -> None:
    caps = _caps(anna)
    found = bert.dataset(f"{anna.root}/caps")
    for write in (
        lambda: commit(bert, "caps", [{"id": "9"}]),
        lambda: found.tag("mine"),
        found.compact,
        lambda: bert.dataset("caps@1").restore(),
    ):
        with pytest.raises(ConflictError, match=f"Dataset caps can only be read here: it belongs to {anna.root}\\."):
            write()
    commit(anna, "caps", [{"id": "9", "label": "crack"}])
    assert bert.dataset("caps").version == 3
    assert bert.dataset(found.ref) == found
    derived = commit(bert, "worse", found.rows(), inputs=[found.ref])
    assert derived.history()[0]["inputs"] == [caps.ref]


def test_a_published_version_stands_alone(anna: wb.Workspace, bert: wb.Workspace, tmp_path: Path) -> None:
    caps = _caps(anna)
    anna.dataset("caps@1").publish(str(tmp_path / "shared"))
    address = caps.publish(str(tmp_path / "shared"))
    assert address == f"{tmp_path}/shared/caps@2"
    assert caps.publish(str(tmp_path / "shared")) == address
    rows, old = caps.rows(), anna.dataset("caps@1").rows()
    anna.root.rename(tmp_path / "gone")
    found = bert.dataset(address)
    assert (found.ref, found.rows()) == (caps.ref, rows)
    assert bert.dataset("caps@1").rows() == old
    assert bert.dataset("caps@1").diff(found)["added"] == ["3", "4"]
    assert [found.media(row).read_bytes() for row in rows] == [b"picture %d" % n for n in range(5)]


def test_two_datasets_of_one_name_are_told_apart(anna: wb.Workspace, bert: wb.Workspace, tmp_path: Path) -> None:
    _caps(anna).publish(str(tmp_path / "shared"))
    commit(bert, "caps", [{"id": "1"}])
    with pytest.raises(ConflictError, match="There is a dataset named 'caps' here already"):
        bert.dataset(f"{tmp_path}/shared/caps")
    commit(bert, "caps", [{"id": "2"}])
    with pytest.raises(ConflictError, match=r"has another caps@2, with the content #\w{12}"):
        bert.dataset("caps").publish(str(tmp_path / "shared"))


def test_an_address_that_leads_nowhere_is_named(bert: wb.Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=f"No dataset at {tmp_path}/none named 'caps'"):
        bert.dataset(f"{tmp_path}/none/caps")
    with pytest.raises(InputError, match="is not the address of a dataset"):
        bert.dataset("s3://lab/line-3/")
    assert bert.tables.names() == []


def test_a_medium_that_stays_where_it_is_is_checked_by_its_hash(anna: wb.Workspace, tmp_path: Path) -> None:
    import hashlib

    file = tmp_path / "with space.png"
    file.write_bytes(b"picture")
    row = {"id": "1", "media": f"file://{tmp_path}/with%20space.png", "sha256": hashlib.sha256(b"picture").hexdigest()}
    caps = commit(anna, "caps", [row])
    assert caps.media(caps.rows()[0]) == file
    file.write_bytes(b"another")
    with pytest.raises(ConflictError, match=f"with%20space.png is not what it was when it was added.*{row['sha256'][:12]}"):
        caps.media(caps.rows()[0])
    file.unlink()
    with pytest.raises(NotFoundError, match="No file named"):
        caps.media(caps.rows()[0])
