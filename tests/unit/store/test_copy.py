"""A copy of a workspace: links where nothing changes, a state that the original had, at rest, and apart from it."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest

import workbench as wb
from workbench import wiring
from workbench.core import dataset
from workbench.core.errors import ConflictError, InputError
from workbench.core.run import begin
from workbench.store import copy
from workbench.store.copy import copy_workspace


def copied(ws: wb.Workspace, target: Path) -> wb.Workspace:
    root = copy_workspace(ws.root, target)
    return wb.Workspace(root, wire=wiring.wire, settings=wiring.settings(root, {}))


def test_what_is_done_in_a_copy_stays_in_it(real_ws: wb.Workspace, tmp_path: Path) -> None:
    before = dataset.commit(real_ws, "caps", [{"id": "a", "n": 1}])
    key = real_ws.blobs.put(b"picture")
    other = copied(real_ws, tmp_path / "copy")
    assert other.dataset("caps").rows() == before.rows()
    assert other.blobs.path(key).stat().st_ino == real_ws.blobs.path(key).stat().st_ino
    dataset.commit(other, "caps", [{"id": "a", "n": 2}, {"id": "b", "n": 3}])
    dataset.commit(real_ws, "caps", [{"id": "c", "n": 4}])
    assert [row["n"] for row in other.dataset("caps")] == [2, 3]
    assert [row["n"] for row in real_ws.dataset("caps")] == [1, 4]
    assert [row["n"] for row in real_ws.dataset("caps@1")] == [1]


def test_another_file_system_gets_real_copies(real_ws: wb.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    key = real_ws.blobs.put(b"picture")
    monkeypatch.setattr(os, "link", refuse)
    other = copied(real_ws, tmp_path / "copy")
    assert other.blobs.path(key).read_bytes() == b"picture"
    assert other.blobs.path(key).stat().st_ino != real_ws.blobs.path(key).stat().st_ino


def test_nothing_that_works_in_the_original_works_in_the_copy(real_ws: wb.Workspace, tmp_path: Path) -> None:
    waiting = begin(real_ws, "job", state="queued", handle={"pid": 1})
    done = begin(real_ws, "job", state="done")
    (done.folder / "metrics.jsonl").write_text("{}\n")
    real_ws.records.put("service", "s", {"handle": {"pid": 1}}, state="running")
    real_ws.records.put("schedule", "night", {}, state="active")
    real_ws.records.put("notice", "n", {}, state="pending")
    other = copied(real_ws, tmp_path / "copy")
    assert (other.run(waiting.id).state, other.run(waiting.id).info().handle) == ("cancelled", {})
    assert (other.run(done.id).state, other.run(done.id).curve()) == ("done", [{}])
    assert [other.records.get(k, i).state for k, i in (("service", "s"), ("schedule", "night"), ("notice", "n"))] == [
        "stopped",
        "paused",
        "dropped",
    ]
    assert (real_ws.run(waiting.id).state, real_ws.records.get("service", "s").state) == ("queued", "running")


def test_a_copy_reaches_nobody_outside(real_ws: wb.Workspace, tmp_path: Path) -> None:
    (real_ws.root / "workbench.toml").write_text('notify_url = "http://there.test"\ntracking_url = "http://there.test"\n')
    other = copied(real_ws, tmp_path / "copy")
    assert (other.settings.notify_url, other.settings.tracking_url) == ("", "")
    for port in ("host", "labeler"):
        with pytest.raises(ConflictError, match=r"A rehearsal does not act outside of its workspace\."):
            getattr(other, port)


def test_every_copy_made_while_others_write_is_whole(real_ws: wb.Workspace, tmp_path: Path) -> None:
    dataset.commit(real_ws, "caps", [{"id": "0", "n": 0}])
    stop = threading.Event()

    def write() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            dataset.commit(real_ws, "caps", [{"id": str(n), "n": n}])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(6):
            other = copied(real_ws, tmp_path / f"copy-{n}")
            newest = other.dataset("caps")
            assert len(newest.rows()) == newest.version
            version = int(other.records.get("dataset", "caps").fields["version"])
            assert version <= newest.version
            dataset.commit(other, "caps", [{"id": "mine", "n": -1}])
    finally:
        stop.set()
        writer.join()


@pytest.mark.slow  # MLflow takes seconds to load
@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")  # what it says to SQLAlchemy
def test_models_are_numbered_on_in_a_copy(real_ws: wb.Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "model.json").write_text("{}")
    real_ws.models.save("m", folder, facts={})
    other = copied(real_ws, tmp_path / "copy")
    (folder / "model.json").write_text('{"other": 1}')
    assert other.models.save("m", folder, facts={}).version == 2
    assert [v.version for v in real_ws.models.versions("m")] == [1]
    db = sqlite3.connect(tmp_path / "copy" / "mlflow.db")
    sources = [Path(row[0].removeprefix("file://")) for row in db.execute("SELECT source FROM model_versions ORDER BY version")]
    db.close()
    assert all(source.is_dir() for source in sources)


def test_what_is_no_workspace_and_a_place_that_is_taken_are_refused(real_ws: wb.Workspace, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is not a workspace\. A workspace has a file workbench\.toml\."):
        copy_workspace(tmp_path, tmp_path / "copy")
    with pytest.raises(ConflictError, match="is there already"):
        copy_workspace(real_ws.root, tmp_path)
    assert not (real_ws.root / copy.MARK).exists()
