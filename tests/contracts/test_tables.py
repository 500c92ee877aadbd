"""What every keeper of versioned tables does."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.core.ports import Tables
from workbench.store.tables import LanceTables
from workbench.testing.store import FakeTables

META = {"task": "image-classification", "classes": ["ok", "crack"]}
ROWS = [{"id": f"{n:03}", "width": n, "thumb": b"x"} for n in range(10)]


@pytest.fixture(params=["fake", "lance"])
def tables(request: pytest.FixtureRequest, tmp_path: Path) -> Tables:
    return FakeTables() if request.param == "fake" else LanceTables(tmp_path / "data")


def test_versions_never_change(tables: Tables) -> None:
    tables.commit("caps", ROWS, meta=META)
    tables.commit("caps", [{"id": "003", "label": "ok"}], meta=META)
    assert [v.version for v in tables.versions("caps")] == [1, 2]
    assert tables.read("caps", 1, ids=["003"], columns=["id", "width"]) == [{"id": "003", "width": 3}]
    assert tables.read("caps", 2, ids=["003"]) == [{"id": "003", "width": 3, "thumb": b"x", "label": "ok"}]
    assert tables.read("caps", 2, ids=["004"], columns=["label"]) == [{"label": None}]


def test_the_same_rows_make_no_new_version(tables: Tables) -> None:
    first = tables.commit("caps", ROWS, meta=META)
    assert tables.commit("caps", ROWS[:3], meta=META | {"note": "again"}) == first


def test_the_same_label_given_again_later_makes_no_new_version(tables: Tables) -> None:
    first = tables.commit("caps", [{"id": "1", "label": "ok", "label_at": "2026-01-01"}], meta=META)
    assert tables.commit("caps", [{"id": "1", "label": "ok", "label_at": "2026-02-02"}], meta=META) == first


def test_the_digest_follows_the_content_and_not_the_way_there(tables: Tables) -> None:
    tables.commit("a", ROWS[:5], meta=META)
    grown = tables.commit("a", ROWS[5:], meta=META)
    assert grown.digest == tables.commit("b", list(reversed(ROWS)), meta=META).digest
    assert grown.digest != tables.commit("c", ROWS[:9], meta=META).digest
    assert grown.digest != tables.commit("d", ROWS, meta=META | {"classes": ["ok"]}).digest


def test_rows_come_in_the_order_of_id_a_page_at_a_time(tables: Tables) -> None:
    tables.commit("caps", list(reversed(ROWS)), meta=META)
    tables.commit("caps", [{"id": "001", "label": "ok"}], meta=META)
    page = tables.read("caps", 2, columns=["id"], offset=1, limit=3)
    assert [row["id"] for row in page] == ["001", "002", "003"]


def test_ids_are_read_in_the_order_they_are_asked_for(tables: Tables) -> None:
    tables.commit("caps", ROWS, meta=META)
    assert [row["id"] for row in tables.read("caps", 1, ids=["007", "002"], columns=["id"])] == ["007", "002"]
    with pytest.raises(NotFoundError, match="No item named '999'"):
        tables.read("caps", 1, ids=["999"])


def test_conditions_filter_and_count(tables: Tables) -> None:
    tables.commit("caps", ROWS, meta=META)
    tables.commit("caps", [{"id": "001", "label": "ok"}, {"id": "002", "label": "crack"}], meta=META)
    assert [row["id"] for row in tables.read("caps", 2, where="label = 'ok'", columns=["id"])] == ["001"]
    assert tables.count("caps", 2, where="label is null") == 8
    with pytest.raises(InputError):
        tables.read("caps", 2, where="nothing = 'x'")


def test_a_missing_table_or_version_is_named_with_its_neighbours(tables: Tables) -> None:
    tables.commit("caps", ROWS, meta=META)
    with pytest.raises(NotFoundError, match="Did you mean 'caps'"):
        tables.versions("cap")
    with pytest.raises(NotFoundError, match="Known: 1"):
        tables.read("caps", 7)


@pytest.mark.parametrize("rows", [[], [{"width": 1}], [{"id": ""}], [{"id": 3}]])
def test_rows_without_an_id_and_empty_tables_are_refused(tables: Tables, rows: list[dict[str, object]]) -> None:
    with pytest.raises(InputError):
        tables.commit("caps", rows, meta=META)
    assert tables.names() == []


@pytest.mark.parametrize("name", ["../caps", "a/b", "", ".hidden", "a" * 101])
def test_a_name_that_is_no_file_name_is_refused(tables: Tables, name: str) -> None:
    with pytest.raises(InputError):
        tables.commit(name, ROWS, meta=META)
