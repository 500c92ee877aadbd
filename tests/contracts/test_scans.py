"""What every reader of tables by the column does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.core.ports import Scans
from workbench.store import neighbors, view
from workbench.store.scans import LanceScans
from workbench.store.tables import LanceTables
from workbench.testing.tables import FakeScans, FakeTables

LABELS = ["ok", None, "crack", "ok", None, "dent", "ok", "crack"]
ROWS: list[dict[str, Any]] = [
    {
        "id": f"{n:02}",
        "n": n,
        "label": LABELS[n % 8],
        "score": None if n % 5 == 0 else (n * 7 % 11) / 10,
        "tags": ["a", "b"][: n % 3],
    }
    for n in range(40)
]


def _scans(kind: str, root: Path, rows: list[dict[str, Any]]) -> Scans:
    tables: Any = FakeTables() if kind == "fake" else LanceTables(root / "data")
    # Two commits and a removal, so that the rows lie in another order than that of their ids, with a hole.
    tables.commit("caps", [*reversed(rows[len(rows) // 2 :]), {"id": "zz"}], meta={})
    tables.commit("caps", rows[: len(rows) // 2], meta={}, remove=["zz"])
    return FakeScans(tables) if kind == "fake" else LanceScans(tables)


@pytest.fixture(params=["fake", "lance"])
def scans(request: pytest.FixtureRequest, tmp_path: Path) -> Scans:
    return _scans(request.param, tmp_path, ROWS)


def test_columns_come_in_the_order_of_id_or_in_that_of_the_ids(scans: Scans) -> None:
    assert scans.columns("caps", 2, ["n", "id"]).to_pydict() == {"n": list(range(40)), "id": [row["id"] for row in ROWS]}
    assert scans.columns("caps", 2, ["n"], ids=["31", "02", "31"])["n"].to_pylist() == [31, 2, 31]
    assert scans.columns("caps", 2, ["n"], where="label = 'dent'")["n"].to_pylist() == [5, 13, 21, 29, 37]
    assert scans.columns("caps", 2, ["n"], ids=["37", "01", "05"], where="label = 'dent'")["n"].to_pylist() == [37, 5]
    with pytest.raises(NotFoundError, match="No item named 'zz'"):
        scans.columns("caps", 2, ["n"], ids=["zz"])


def test_the_first_rows_of_a_large_table_are_found_without_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "_LARGE", 30)
    monkeypatch.setattr(view, "_HEAD", 8)
    monkeypatch.setattr(view, "_MANY", 3)
    scans = _scans("lance", tmp_path, ROWS)
    first = scans.take("caps", 2, range(6), columns=["id", "n"])
    assert first == [{"id": f"{n:02}", "n": n} for n in range(6)]
    found = scans._shelf.view("caps", 2)
    assert "index" not in vars(found)
    assert scans.take("caps", 2, [7, 8], columns=["n"]) == [{"n": 7}, {"n": 8}]
    assert "index" in vars(found), "beyond the first ones, all ids are looked at"
    assert scans.take("caps", 2, range(6), columns=["id", "n"]) == first


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", ["id", "score", "label", "n"])
@pytest.mark.parametrize("where", [None, "n >= 13 and label is not null"])
def test_an_order_has_absent_values_last_and_equal_ones_by_id(
    scans: Scans, sort: str, descending: bool, where: str | None
) -> None:
    rows = [row for row in ROWS if where is None or (row["n"] >= 13 and row["label"] is not None)]
    there = sorted((row for row in rows if row[sort] is not None), key=lambda row: row[sort], reverse=descending)
    wanted = [row["n"] for row in [*there, *(row for row in rows if row[sort] is None)]]
    places = scans.order("caps", 2, sort=sort, descending=descending, where=where)
    assert places.dtype == np.int64
    assert places.tolist() == wanted
    assert [row["n"] for row in scans.take("caps", 2, places[3:9], columns=["n"])] == wanted[3:9]


def test_an_order_of_some_ids(scans: Scans) -> None:
    assert scans.order("caps", 2, ids=["09", "03", "21"], sort="n", descending=True).tolist() == [21, 9, 3]


def test_values_are_counted_and_none_is_one(scans: Scans) -> None:
    assert scans.counts("caps", 2, "label") == {"ok": 15, "crack": 10, "dent": 5, None: 10}
    assert scans.counts("caps", 2, "label", where="n < 4") == {"ok": 2, "crack": 1, None: 1}
    assert scans.counts("caps", 2, "label", ids=["00", "01"]) == {"ok": 1, None: 1}
    assert scans.counts("caps", 2, "n", where="n < 0") == {}


def test_members_of_lists_are_counted_and_an_empty_list_is_none(scans: Scans) -> None:
    assert scans.counts("caps", 2, "tags") == {"a": 26, "b": 13, None: 14}
    assert scans.counts("caps", 2, "tags", where="n in (0, 1, 2)") == {"a": 2, "b": 1, None: 1}


def test_a_column_that_is_not_there_is_named_with_those_that_are(scans: Scans) -> None:
    with pytest.raises(InputError, match=r"Dataset caps@2 has no column 'labels'\. Columns: id, n, label, score, tags"):
        scans.columns("caps", 2, ["labels"])


def _vectors(n: int) -> list[dict[str, Any]]:
    draw = np.random.default_rng(3)
    centers = draw.normal(size=(12, 128))
    made = [(centers[i % 12] + draw.normal(scale=0.4, size=128)).round(4).tolist() for i in range(n)]
    return [{"id": f"{i:04}", "n": i, "embedding": None if i == 7 else vector} for i, vector in enumerate(made)]


@pytest.mark.parametrize("kind", ["fake", "lance", "sketch"])
def test_the_nearest_vectors_come_first_with_their_cosine(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind == "sketch":
        monkeypatch.setattr(neighbors, "EXACT", 50)
        monkeypatch.setattr(neighbors, "_AT_LEAST", 60)
    rows = _vectors(600)
    scans = _scans(kind, tmp_path, rows)
    query = np.array(rows[30]["embedding"])
    held = {row["id"]: np.array(row["embedding"]) for row in rows if row["embedding"] is not None}
    cosine = {id: float(v @ query / np.linalg.norm(v) / np.linalg.norm(query)) for id, v in held.items()}
    found = scans.nearest("caps", 2, "embedding", query.tolist(), 5)
    assert [id for id, _ in found] == sorted(cosine, key=lambda one: -cosine[one])[:5]
    assert found[0] == ("0030", pytest.approx(1.0, abs=1e-6))
    assert all(value == pytest.approx(cosine[id], abs=1e-5) for id, value in found)
    even = scans.nearest("caps", 2, "embedding", query.tolist(), 4, where="n % 2 = 1 and n > 100")
    allowed = [id for id in cosine if int(id) % 2 and int(id) > 100]
    assert [id for id, _ in even] == sorted(allowed, key=lambda one: -cosine[one])[:4]


def test_a_search_among_what_are_no_vectors_is_refused(tmp_path: Path) -> None:
    scans = _scans("lance", tmp_path, _vectors(20))
    with pytest.raises(InputError, match="`n` holds int64, not vectors"):
        scans.nearest("caps", 2, "n", [1.0], 3)
    with pytest.raises(InputError, match="`embedding` holds vectors of 128 numbers, got one of 2"):
        scans.nearest("caps", 2, "embedding", [1.0, 2.0], 3)
