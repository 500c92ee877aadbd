"""Bought labels: a sample is checked, and the batch taken or sent back."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench.core.dataset import Dataset, commit
from workbench.core.errors import GateError, InputError
from workbench.core.workspace import Workspace

N = 400


@pytest.fixture
def own(ws: Workspace) -> Dataset:
    rows = [{"id": f"{i:03}", "name": f"{i}.png", "label": "ok" if i == 7 else None} for i in range(N)]
    return commit(ws, "caps", rows, task="image-classification", classes=["ok", "crack"])


def bought(ws: Workspace, *, wrong_every: int) -> Dataset:
    """Return a batch of labels, every so many of them wrong: the truth is ok for even numbers."""
    rows = [
        {"id": f"{i:03}", "label": right(i, not i % wrong_every), "label_by": "labels4you", "source": "csv:ab12"}
        for i in range(N)
    ]
    return commit(ws, "batch", rows, task="image-classification", classes=["ok", "crack"])


def right(i: int, wrong: bool = False) -> str:
    return ("ok", "crack")[(i + wrong) % 2]


def checked(ws: Workspace, drawn: wb.Report) -> Dataset:
    """Label the drawn sample rightly."""
    sample = ws.dataset(drawn.details["samples"])
    return commit(ws, sample.name, [{"id": id, "label": right(int(id))} for id in sample.ids()])


def test_a_good_batch_is_taken_over_with_its_provenance(ws: Workspace, own: Dataset) -> None:
    batch = bought(ws, wrong_every=N)
    drawn = wb.accept(batch)
    sample = ws.dataset(drawn.details["samples"])
    assert len(sample) == 124
    assert "label" not in sample.columns
    report = wb.accept(batch, checked(ws, drawn), into=own)
    assert (report.scores["passed"], report.details["verdict"]) == (1.0, "accepted")
    assert (report.details["vendor"], report.details["files"]) == ("labels4you", ["csv:ab12"])
    low, high = report.details["interval"]
    assert low <= report.details["error"] <= high <= 0.05
    after = ws.dataset("caps")
    rows = {row["id"]: row for row in after}
    assert (rows["008"]["label"], rows["008"]["label_by"], rows["008"]["name"]) == ("ok", "labels4you", "8.png")
    assert (rows["007"]["label"], rows["007"]["label_by"]) == ("ok", None), "what was labeled here stays"


def test_a_batch_over_the_limit_is_rejected_and_changes_nothing(ws: Workspace, own: Dataset) -> None:
    batch = bought(ws, wrong_every=5)
    truth = checked(ws, wb.accept(batch))
    report = wb.accept(batch, truth)
    assert (report.scores["passed"], report.details["verdict"]) == (0.0, "rejected")
    low, high = report.details["interval"]
    assert 0.05 < low < 0.2 < high
    with pytest.raises(GateError, match="batch@1.* missed its gate: passed is 0.000, required 1.000"):
        wb.accept(batch, truth, into=own)
    assert ws.dataset("caps").version == own.version


def test_too_small_a_sample_decides_nothing_and_says_how_many_would(ws: Workspace) -> None:
    batch = bought(ws, wrong_every=N)
    few = commit(ws, "few", [{"id": f"{i:03}", "label": right(i)} for i in range(1, 21)], task="image-classification")
    report = wb.accept(batch, few)
    assert (report.details["verdict"], report.details["n_needed"]) == ("undecided", 59)
    assert report.details["says"] == "undecided: 0 of 20 wrong, so at most 13.9% of all; the limit is 5.0%"


def test_when_all_is_checked_nothing_is_left_to_chance(ws: Workspace) -> None:
    batch = bought(ws, wrong_every=25)
    whole = commit(ws, "whole", [{"id": f"{i:03}", "label": right(i)} for i in range(N)], task="image-classification")
    report = wb.accept(batch, whole)
    assert report.details["interval"] == [0.04, 0.04]
    assert report.details["verdict"] == "accepted"


def test_truth_about_other_items_is_none(ws: Workspace) -> None:
    other = commit(ws, "other", [{"id": "x", "label": "ok"}], task="image-classification")
    with pytest.raises(InputError, match="has labels of none of the items of dataset:batch@1"):
        wb.accept(bought(ws, wrong_every=5), other)
