"""What everyone who knows the history of tables tells of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.core.ports import Histories
from workbench.store.histories import LanceHistories
from workbench.store.tables import LanceTables
from workbench.testing.tables import FakeHistories, FakeTables


@pytest.fixture(params=["fake", "lance"])
def tables(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    made: Any = FakeTables() if request.param == "fake" else LanceTables(tmp_path / "data")
    made.commit("caps", [{"id": id, "label": "ok", "thumb": b"x"} for id in "abcd"], meta={})
    made.commit("caps", [{"id": "b", "label": "crack"}, {"id": "e", "label": "ok"}], meta={}, remove=["d"])
    made.commit("caps", [{"id": "a", "label": "dent"}, {"id": "d", "label": "late"}], meta={}, remove=["c"])
    made.commit("caps", [{"id": "b", "label": "ok"}, {"id": "c", "label": "ok", "thumb": b"x"}], meta={}, remove=["e"])
    return made


@pytest.fixture
def histories(tables: Any) -> Histories:
    return FakeHistories(tables) if isinstance(tables, FakeTables) else LanceHistories(tables)


def test_tags_stand_for_versions_and_move(histories: Histories) -> None:
    histories.tag("caps", "gold", 1)
    histories.tag("caps", "train_2026", 2)
    histories.tag("caps", "gold", 3)
    assert histories.tags("caps") == {"gold": 3, "train_2026": 2}
    histories.tag("caps", "gold", None)
    assert histories.tags("caps") == {"train_2026": 2}
    with pytest.raises(NotFoundError, match="No tag of dataset caps named 'gold'"):
        histories.tag("caps", "gold", None)
    with pytest.raises(NotFoundError, match="No version of dataset caps named '9'"):
        histories.tag("caps", "gold", 9)


@pytest.mark.parametrize("tag", ["2", "../x", "", "a b", "a@b", "x" * 101])
def test_a_tag_that_no_reference_can_hold_is_refused(histories: Histories, tag: str) -> None:
    with pytest.raises(InputError, match="cannot be a tag"):
        histories.tag("caps", tag, 1)


@pytest.mark.parametrize(
    ("before", "after", "added", "removed", "changed"),
    [
        (1, 2, ["e"], ["d"], ["b"]),
        (2, 3, ["d"], ["c"], ["a"]),
        (1, 3, ["e"], ["c"], ["a", "b", "d"]),
        (1, 4, [], [], ["a", "d"]),  # b was changed back, c came back as it was, e came and went
        (4, 1, [], [], ["a", "d"]),
        (3, 2, ["c"], ["d"], ["a"]),
        (2, 2, [], [], []),
    ],
)
def test_changes_are_those_of_the_content(
    histories: Histories, before: int, after: int, added: list[str], removed: list[str], changed: list[str]
) -> None:
    assert histories.changes("caps", before, after) == {"added": added, "removed": removed, "changed": changed}


def test_the_life_of_a_row_is_told_with_its_removal(histories: Histories) -> None:
    life = [(version.version, row.get("label")) for version, row in histories.of("caps", "d")]
    assert life == [(1, "ok"), (2, None), (3, "late")]
    assert [(version.version, row) for version, row in histories.of("caps", "e")] == [(2, {"id": "e", "label": "ok"}), (4, {})]
    with pytest.raises(NotFoundError, match="No item named 'q'"):
        histories.of("caps", "q")


def test_compaction_leaves_every_version_as_it_was(histories: Histories, tables: Any) -> None:
    before = [(version, tables.read("caps", version.version)) for version in tables.versions("caps")]
    told = histories.compact("caps")
    assert told["files_after"] <= told["files_before"]
    assert [(version, tables.read("caps", version.version)) for version in tables.versions("caps")] == before
    made = tables.commit("caps", [{"id": "z", "label": "ok"}], meta={})
    assert (made.version, made.n_rows) == (5, 5)


def test_compaction_frees_what_no_version_needs(tmp_path: Path) -> None:
    tables = LanceTables(tmp_path / "data")
    histories = LanceHistories(tables, grace=timedelta(0))
    for n in range(12):
        tables.commit("caps", [{"id": f"{n:02}", "thumb": bytes(5000)}], meta={})
    (tmp_path / "data" / "caps.versions" / "12.json").unlink()  # as if a crash had cut off the last commit
    told = histories.compact("caps")
    assert (told["files_before"], told["files_after"]) == (11, 1)
    assert told["bytes_freed"] > 0
    assert [len(LanceTables(tmp_path / "data").read("caps", n)) for n in (1, 6, 11)] == [1, 6, 11]


def test_who_knew_a_version_before_it_was_compacted_elsewhere_reads_it_still(tmp_path: Path) -> None:
    tables, elsewhere = LanceTables(tmp_path / "data"), LanceTables(tmp_path / "data")
    for n in range(5):
        tables.commit("caps", [{"id": str(n), "thumb": bytes(5000)}], meta={})
    known = elsewhere.versions("caps")
    assert LanceHistories(tables, grace=timedelta(0)).compact("caps")["files_after"] == 1
    assert elsewhere.read("caps", 5, columns=["id"]) == [{"id": str(n)} for n in range(5)]
    made = elsewhere.commit("caps", [{"id": "5"}], meta={})
    assert (made.n_rows, tables.versions("caps")[:5]) == (6, known)
