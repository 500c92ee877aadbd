"""What every keeper of records does."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.errors import ConflictError, NotFoundError
from workbench.core.ports import Records
from workbench.store.records import SqliteRecords
from workbench.testing.store import FakeRecords


@pytest.fixture(params=["fake", "sqlite"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    return FakeRecords() if request.param == "fake" else SqliteRecords(tmp_path / "records.db")


def test_a_record_comes_back_as_it_was_put(records: Records) -> None:
    put = records.put("run", "train-1", {"metrics": {"loss": 0.5}}, state="running")
    assert records.get("run", "train-1") == put
    assert put.fields["metrics"] == {"loss": 0.5}


def test_a_new_record_never_replaces_another(records: Records) -> None:
    records.put("run", "train-1", {"a": 1}, state="running", new=True)
    with pytest.raises(ConflictError, match="already"):
        records.put("run", "train-1", {"a": 2}, state="running", new=True)
    assert records.get("run", "train-1").fields == {"a": 1}


def test_an_update_merges_fields_and_keeps_the_rest(records: Records) -> None:
    records.put("run", "train-1", {"a": 1, "b": 1}, state="running")
    updated = records.update("run", "train-1", state="done", b=2)
    assert (updated.state, updated.fields) == ("done", {"a": 1, "b": 2})


def test_an_update_from_another_state_than_expected_is_refused(records: Records) -> None:
    records.put("run", "train-1", {}, state="done")
    with pytest.raises(ConflictError, match="Run train-1 is done, not queued or running"):
        records.update("run", "train-1", state="cancelled", only=("queued", "running"))
    assert records.get("run", "train-1").state == "done"


def test_a_missing_record_is_named_with_its_neighbours(records: Records) -> None:
    records.put("run", "train-1", {}, state="done")
    with pytest.raises(NotFoundError, match="Did you mean 'train-1'"):
        records.get("run", "train-2")


def test_since_tells_each_changed_record_once_in_the_order_of_change(records: Records) -> None:
    first = records.put("run", "train-1", {}, state="running")
    records.put("model", "caps@1", {}, state="ready")
    records.update("run", "train-1", state="done")
    assert [(r.kind, r.state) for r in records.since(first.seq)] == [("model", "ready"), ("run", "done")]
    assert [r.id for r in records.all("run")] == ["train-1"]


def test_records_are_asked_for_by_state(records: Records) -> None:
    for name, state in (("a", "done"), ("b", "queued"), ("c", "running"), ("d", "queued")):
        records.put("run", name, {}, state=state)
    records.put("schedule", "e", {}, state="queued")
    records.update("run", "b", state="running")
    assert [r.id for r in records.all("run", states=("queued", "running"))] == ["b", "c", "d"]
    assert [r.id for r in records.all("run", states=("queued",))] == ["d"]
    assert records.all("run", states=("lost",)) == []
