"""What happened to a dataset: tags, differences, what is restored, the life of a row."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.testing.workspace import fake_workspace


@pytest.fixture(params=["fake", "real"])
def ws(request: pytest.FixtureRequest, tmp_path: Path) -> wb.Workspace:
    return fake_workspace(tmp_path / "ws") if request.param == "fake" else wb.open(tmp_path / "ws", environment={})


@pytest.fixture
def caps(ws: wb.Workspace) -> wb.Dataset:
    rows = [{"id": id, "label": "ok", "thumb": b"123", "source": "coco:1f"} for id in "abcd"]
    commit(ws, "caps", rows, task="image-classification", classes=["ok", "crack"], note="import", verb="ingest")
    changed: list[dict[str, Any]] = [{"id": "a", "label": "crack", "label_by": "anna"}, {"id": "b", "label": None}]
    return commit(ws, "caps", changed, remove=["d"], note="labels", verb="pull", inputs=["labeling:round-1"])


def test_a_tag_is_a_version_and_the_reference_keeps_the_version_when_the_tag_moves(ws: wb.Workspace, caps: wb.Dataset) -> None:
    ws.dataset("caps@1").tag("gold")
    found = ws.dataset("caps@gold")
    assert found.version == 1
    caps.tag("gold")
    assert ws.dataset("dataset:caps@gold") == caps
    assert ws.dataset(found.ref).version == 1
    commit(ws, "caps", [{"id": "z"}])
    assert ws.records.get("dataset", "caps").fields["tags"] == {"gold": 2}
    with pytest.raises(ConflictError, match="The tag 'gold' of caps stands for another version"):
        found.tag("gold", remove=True)
    caps.tag("gold", remove=True)
    with pytest.raises(NotFoundError, match="No version of dataset caps named 'gold'"):
        ws.dataset("caps@gold")
    with pytest.raises(InputError, match="is a selection of rows; whole versions are tagged"):
        caps.select(["a"]).tag("gold")


def test_a_difference_lists_what_was_added_removed_and_changed_and_counts_labels(ws: wb.Workspace, caps: wb.Dataset) -> None:
    told = ws.dataset("caps@1").diff(caps)
    assert {key: told[key] for key in ("n_added", "n_removed", "n_changed", "removed")} == {
        "n_added": 0, "n_removed": 1, "n_changed": 2, "removed": ["d"],
    }  # fmt: skip
    assert told["changed"] == [
        {"id": "a", "columns": {"label": ["ok", "crack"], "label_by": [None, "anna"]}},
        {"id": "b", "columns": {"label": ["ok", None]}},
    ]
    assert told["labels"] == {"added": 0, "removed": 2, "changed": 1}
    assert {one["id"]: one["label"] for one in told["relabeled"]} == {
        "a": ["ok", "crack"],
        "b": ["ok", None],
        "d": ["ok", None],
    }
    back = caps.diff("caps@1")
    with pytest.raises(InputError, match=r"`other` must be a Dataset, got 1\."):
        caps.diff(1)  # type: ignore[arg-type]  # a mistake
    assert (back["added"], back["labels"]) == (["d"], {"added": 2, "removed": 0, "changed": 1})


def test_selections_of_two_versions_are_compared_by_their_rows(ws: wb.Workspace, caps: wb.Dataset) -> None:
    told = ws.dataset("caps@1").select(["a", "c", "d"]).diff(caps.select(["b", "a"]))
    assert (told["added"], told["removed"], [row["id"] for row in told["changed"]]) == (["b"], ["c", "d"], ["a"])
    other = commit(ws, "jars", [{"id": "1"}])
    with pytest.raises(InputError, match="are not of one dataset"):
        caps.diff(other)


def test_what_is_restored_has_the_digest_of_the_old_one_and_a_number_of_its_own(ws: wb.Workspace, caps: wb.Dataset) -> None:
    first = ws.dataset("caps@1")
    again = first.restore()
    assert (again.version, again.digest, again.n_items) == (3, first.digest, 4)
    assert [row["label"] for row in again.rows(["label"])] == ["ok"] * 4
    assert again.diff(first)["n_changed"] == 0
    assert (again.history()[-1]["verb"], again.history()[-1]["inputs"]) == ("restore", [first.ref])
    assert again.restore() == again
    assert ws.dataset("caps@2") == caps


def test_a_row_tells_who_did_what_to_it_and_where_it_came_from(ws: wb.Workspace, caps: wb.Dataset) -> None:
    life = caps.history("a")
    assert [(step["version"], step["did"], step["verb"], step["note"]) for step in life] == [
        (1, "added", "ingest", "import"),
        (2, "changed", "pull", "labels"),
    ]
    assert life[0]["columns"]["source"] == [None, "coco:1f"]
    assert life[0]["columns"]["thumb"] == [None, "3 bytes"]
    assert life[1]["columns"] == {"label": ["ok", "crack"], "label_by": [None, "anna"]}
    assert (life[1]["by"], life[1]["inputs"]) == (getpass.getuser(), ["labeling:round-1"])
    assert [step["did"] for step in caps.history("d")] == ["added", "removed"]
    assert [step["did"] for step in ws.dataset("caps@1").history("d")] == ["added"]


def test_a_dataset_tells_of_every_version_up_to_this_one(ws: wb.Workspace, caps: wb.Dataset) -> None:
    caps.tag("gold")
    commit(ws, "caps", [{"id": "z"}])
    assert [(told["version"], told["n_items"], told["tags"], told["note"]) for told in caps.history()] == [
        (1, 4, [], "import"),
        (2, 3, ["gold"], "labels"),
    ]
    assert caps.compact()["files_after"] >= 1


def test_what_a_version_says_of_its_content_stays_and_how_it_was_made_does_not(ws: wb.Workspace) -> None:
    commit(ws, "caps", [{"id": "a"}], meta={"embedding_by": "pixels"}, verb="embed", inputs=["dataset:x"])
    made = commit(ws, "caps", [{"id": "b"}])
    meta = ws.tables.versions("caps")[-1].meta
    assert meta["embedding_by"] == "pixels"
    assert "verb" not in meta
    assert commit(ws, "caps", [{"id": "b"}], verb="other", note="again") == made
