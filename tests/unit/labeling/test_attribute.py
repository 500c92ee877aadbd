"""What people did, as implicit labels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import workbench as wb
from workbench.core.dataset import Dataset, commit
from workbench.core.errors import InputError, NotFoundError
from workbench.core.workspace import Workspace

DAY = 86_400


@pytest.fixture
def shop(ws: Workspace) -> Dataset:
    return commit(ws, "shop", [{"id": f"item-{i}"} for i in range(6)], task="tabular-classification")


def log(path: Path, *events: tuple[str, str, str, float]) -> str:
    rows = [f"{item},{name},{user},{at}" for item, name, user, at in events]
    path.write_text("\n".join(["item,event,user,at", *rows, ""]), encoding="utf-8")
    return str(path)


def labels(data: Dataset) -> dict[str, str | None]:
    return {row["id"]: row.get("label") for row in data}


def test_the_strongest_outcome_in_the_window_of_the_same_person_counts(shop: Dataset, tmp_path: Path) -> None:
    events = log(
        tmp_path / "log.csv",
        ("item-0", "impression", "a", 0),
        ("item-0", "click", "a", 10),
        ("item-0", "purchase", "a", 20),
        ("item-1", "impression", "a", 0),
        ("item-1", "click", "a", DAY + 1),
        ("item-2", "impression", "a", 0),
        ("item-2", "click", "b", 10),
        ("item-3", "click", "a", 10),
        ("item-4", "impression", "a", 0),
        ("item-4", "impression", "a", DAY),
        ("item-4", "click", "a", DAY + 5),
        ("elsewhere", "impression", "a", 5 * DAY),
    )
    made = wb.attribute(shop, events)
    assert labels(made) == {
        "item-0": "purchase",
        "item-1": "none",
        "item-2": "none",
        "item-3": None,
        "item-4": "click",
        "item-5": None,
    }
    row = next(row for row in made if row["id"] == "item-4")
    assert (row["shown"], row["label_open"], row["label_at"]) == (2, False, "1970-01-02T00:00:05.000+00:00")
    assert row["label_by"].startswith("events:")
    assert made.classes == ("none", "click", "purchase")


def test_a_late_outcome_flips_the_label_in_a_later_version(shop: Dataset, tmp_path: Path) -> None:
    seen = [("item-0", "impression", "a", 0.0), ("item-1", "impression", "b", 3600.0)]
    first = wb.attribute(shop, log(tmp_path / "monday.csv", *seen))
    assert labels(first)["item-0"] == "none"
    assert next(row for row in first if row["id"] == "item-0")["label_open"] is True
    second = wb.attribute(first, log(tmp_path / "tuesday.csv", *seen, ("item-0", "purchase", "a", 7200.0)))
    assert second.version == first.version + 1
    assert (labels(first)["item-0"], labels(second)["item-0"]) == ("none", "purchase")


def test_what_a_person_said_stays(ws: Workspace, shop: Dataset, tmp_path: Path) -> None:
    commit(ws, "shop", [{"id": "item-0", "label": "click", "label_by": "ann"}])
    made = wb.attribute(
        ws.dataset("shop"), log(tmp_path / "log.csv", ("item-0", "impression", "a", 0), ("item-1", "impression", "a", 0))
    )
    assert (labels(made)["item-0"], labels(made)["item-1"]) == ("click", "none")


def test_json_lines_with_iso_times_are_read_too(shop: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    rows = [("impression", "2026-01-01T00:00:00Z"), ("click", "2026-01-01T08:30:00+08:00")]
    path.write_text("".join(json.dumps({"item": "item-0", "event": e, "at": at}) + "\n" for e, at in rows), encoding="utf-8")
    assert labels(wb.attribute(shop, str(path)))["item-0"] == "click"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("item,event\na,b\n", "has no column 'at'"),
        ("item,event,at\nitem-0,click,yesterday\n", "Line 2 of .* has the time 'yesterday'"),
        ("item,event,at\nitem-0,click,nan\n", "Line 2 of .* has the time 'nan'"),
        ("item,event,at\n,click,1\n", "Line 2 of .* has no 'item'"),
        ("item,event,at\n", "has no events"),
        ("item,event,at\nother,impression,1\n", "tells of none of the 6 items"),
    ],
)
def test_a_log_that_is_none_is_refused_by_its_first_bad_line(shop: Dataset, tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        wb.attribute(shop, str(path))


def test_a_log_that_is_not_there_and_classes_of_annotators_are_told(ws: Workspace, shop: Dataset, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="There is no log at"):
        wb.attribute(shop, str(tmp_path / "none.csv"))
    caps = commit(ws, "caps", [{"id": "item-0"}], classes=["ok", "crack"])
    with pytest.raises(InputError, match="has the classes ok, crack, behaviour none, click, purchase"):
        wb.attribute(caps, log(tmp_path / "log.csv", ("item-0", "impression", "a", 0)))
