"""Splits share nothing, keep proportions and come out the same anywhere."""

from __future__ import annotations

from collections import Counter

import pytest

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import InputError


@pytest.fixture
def caps(ws: wb.Workspace) -> wb.Dataset:
    rows = [{"id": f"{n:04}", "label": "crack" if n % 10 == 0 else "ok"} for n in range(100)]
    return commit(ws, "caps", [*rows, {"id": "9999", "label": None}])


def test_the_parts_are_disjoint_and_together_the_whole(caps: wb.Dataset) -> None:
    parts = [part.ids() for part in wb.split(caps, 0.6, 0.2, 0.2)]
    assert sorted(id for part in parts for id in part) == sorted(caps.ids())


def test_every_part_has_each_class_in_proportion_and_only_labeled_items(caps: wb.Dataset) -> None:
    parts = wb.split(caps, 0.6, 0.2, 0.2, by="label", seed=7)
    counts = [Counter(label for label in part.labels()) for part in parts]
    assert counts == [{"ok": 54, "crack": 6}, {"ok": 18, "crack": 2}, {"ok": 18, "crack": 2}]


def test_the_same_seed_gives_the_same_parts_and_another_seed_others(caps: wb.Dataset) -> None:
    first, again, other = (wb.split(caps, 0.5, 0.5, seed=seed)[0].ref for seed in (7, 7, 8))
    assert first == again != other


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ((0.8, 0.3), "Shares must sum to 1, got 0.8 + 0.3 = 1.1."),
        ((1.0,), "two or more shares"),
        ((1.2, -0.2), "greater than 0"),
    ],
)
def test_shares_that_make_no_whole_are_refused(caps: wb.Dataset, shares: tuple[float, ...], said: str) -> None:
    with pytest.raises(InputError) as told:
        wb.split(caps, *shares)
    assert said in told.value.message


def test_a_dataset_without_labels_is_not_split_by_label(ws: wb.Workspace) -> None:
    data = commit(ws, "bare", [{"id": "1"}, {"id": "2"}])
    with pytest.raises(InputError, match=r"Dataset bare@1 has no labels. Call wb.label\(\) first."):
        wb.split(data, 0.5, 0.5, by="label")


def test_what_belongs_together_is_never_parted_and_classes_keep_their_proportions(ws: wb.Workspace) -> None:
    rows = [
        {"id": f"{n:04}", "label": "sick" if n % 4 == 0 else "well", "patient": f"p{n % 60 if n < 180 else n}"}
        for n in range(300)
    ]
    parts = wb.split(commit(ws, "scans", rows), 0.6, 0.2, 0.2, by="label", together="patient", seed=3)
    patients = [{row["patient"] for row in part.rows()} for part in parts]
    assert not patients[0] & patients[1] | patients[0] & patients[2] | patients[1] & patients[2]
    assert [len(part) for part in parts] == pytest.approx([180, 60, 60], abs=4)
    for part in parts:
        assert Counter(part.labels())["sick"] / len(part) == pytest.approx(0.25, abs=0.03)


def test_changed_copies_stay_with_the_item_that_they_were_made_from(ws: wb.Workspace) -> None:
    rows = [{"id": f"{n:02}{c}", "made_from": f"{n:02}"} for n in range(30) for c in "abc"]
    first, second = wb.split(commit(ws, "copies", rows), 0.5, 0.5)
    assert {id[:2] for id in first.ids()}.isdisjoint(id[:2] for id in second.ids())


def test_in_time_the_first_part_is_the_earliest_and_the_same_day_stays_whole(ws: wb.Workspace) -> None:
    data = commit(ws, "log", [{"id": f"{n:02}", "day": n // 7} for n in range(70)])
    parts = wb.split(data, 0.5, 0.25, 0.25, time="day")
    days = [[row["day"] for row in part.rows()] for part in parts]
    assert max(days[0]) < min(days[1]) <= max(days[1]) < min(days[2])
    assert len(parts[0]) == 35


@pytest.mark.parametrize(
    ("how", "said"),
    [({"together": "nope"}, "no column 'nope'"), ({"time": "nope"}, "no column"), ({"together": "id", "time": "id"}, "either")],
)
def test_columns_that_cannot_hold_a_split_together_are_named(caps: wb.Dataset, how: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        wb.split(caps, 0.5, 0.5, **how)
