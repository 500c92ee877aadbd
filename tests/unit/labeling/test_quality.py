"""Who labels how well, what it costs, what is disputed, and what a reviewer says."""

from __future__ import annotations

import random

import pytest

from workbench.core.dataset import Dataset, commit
from workbench.core.errors import InputError
from workbench.core.labeling import Labeling
from workbench.core.workspace import Workspace
from workbench.labeling.answer import Said, keep
from workbench.labeling.label import label

CLASSES = ("ok", "crack", "dent")


def dataset(ws: Workspace, name: str, n: int, *, labels: bool = False) -> Dataset:
    key = ws.blobs.put(b"one picture for all", suffix=".png")
    rows = [{"id": f"{name}-{i:03}", "media": key} | ({"label": CLASSES[i % 3]} if labels else {}) for i in range(n)]
    return commit(ws, name, rows, task="image-classification", classes=CLASSES)


@pytest.fixture
def job(ws: Workspace) -> Labeling:
    gold = dataset(ws, "gold", 12, labels=True)
    return label(dataset(ws, "caps", 30), place="cell", overlap=3, gold=gold, rate=36.0, name="job")


def truth(job: Labeling) -> dict[str, str]:
    return {f"{name}-{i:03}": CLASSES[i % 3] for name, n in (("caps", 30), ("gold", 12)) for i in range(n)}


def said(job: Labeling, who: str, share: float, *, seconds: float = 5.0, always: str = "") -> None:
    """Answer all items rightly with this probability, or with one label whatever they show."""
    draw = random.Random(who)
    given = [
        Said(
            item=item,
            label=always or (right if draw.random() < share else draw.choice([c for c in CLASSES if c != right])),
            annotator=who,
            at=f"2026-01-01T00:00:{n:02}Z",
            seconds=seconds,
        )
        for n, (item, right) in enumerate(truth(job).items())
    ]
    keep(job, given)


def test_everybody_is_measured_on_gold_on_others_and_on_the_clock(job: Labeling) -> None:
    said(job, "ann", 1.0)
    said(job, "bob", 0.8)
    said(job, "bot", 0.0, seconds=0.5, always="ok")
    report = job.quality()
    people = {person["annotator"]: person for person in report.details["people"]}
    assert people["ann"]["gold"] | {"low": 0, "high": 0} == {"n": 12, "right": 12, "share": 1.0, "low": 0, "high": 0}
    assert people["bot"]["gold"]["right"] == 4
    assert people["ann"]["kappa"] > people["bot"]["kappa"]
    assert people["ann"]["notes"] == people["bob"]["notes"] == []
    assert people["bot"]["notes"] == [
        "4 of 12 known items right: hardly better than luck",
        "0.5 s an item, others need 5.0 s",
        "says 'ok' to 100% of the items, others to 38%",
    ]
    assert report.scores["gold"] == pytest.approx(sum(p["gold"]["right"] for p in people.values()) / 36)
    assert report.details["confusions"][0]["said"] == "ok"


def test_cost_is_seconds_times_the_rate_and_idle_windows_do_not_count(job: Labeling) -> None:
    for n, item in enumerate(("caps-000", "caps-001")):
        job.answer(item, "ok", annotator="ann", seconds=(10.0, 50_000.0)[n])
    job.answer("caps-002", "", annotator="ann", seconds=10.0, state="skipped")
    cost = job.quality().details["cost"]
    assert cost["seconds"] == 10 + 900 + 10
    assert cost["total"] == pytest.approx(920 / 3600 * 36)
    assert cost["per_label"] == pytest.approx(cost["total"] / 2)


def test_nobody_has_quality_before_the_first_answer(job: Labeling) -> None:
    with pytest.raises(InputError, match="Nobody has answered labeling:job yet"):
        job.quality()


def test_what_is_disputed_is_reviewed_once_and_the_reviewer_wins(job: Labeling) -> None:
    for who, label_ in (("ann", "ok"), ("bob", "ok"), ("cyd", "crack")):
        job.answer("caps-004", label_, annotator=who)
        job.answer("caps-005", "ok", annotator=who)
        job.answer("caps-006", CLASSES[ord(who[0]) - ord("a")], annotator=who)
        job.answer("gold-001", "ok" if who == "ann" else "dent", annotator=who)
    assert job.review().ids() == ["caps-006", "caps-004"]
    assert job.review(n=1).ids() == ["caps-006"]
    assert job.review(below=0.2).ids() == ["caps-006"]
    job.answer("caps-006", "dent", annotator="max", source="review")
    assert job.review().ids() == ["caps-004"]
    row = next(row for row in job.pull() if row["id"] == "caps-006")
    assert (row["label"], row["label_by"], row["reviewed_by"], row["n_answers"]) == ("dent", "cyd", "max", 3)


def test_gold_comes_between_the_items_and_its_answers_are_no_labels(ws: Workspace, job: Labeling) -> None:
    order = ws.assignments.claim("job", "ann", 42)
    places = [i for i, id in enumerate(order) if id.startswith("gold")]
    assert len(places) == 12
    assert places[0] < 4
    assert places[-1] > 36
    assert [id for id in order if id.startswith("caps")] == sorted(id for id in order if id.startswith("caps"))
    said(job, "ann", 1.0)
    assert set(job.pull().ids()) == {f"caps-{i:03}" for i in range(30)}


def test_every_named_annotator_answers_all_gold(ws: Workspace) -> None:
    gold = dataset(ws, "gold", 4, labels=True)
    label(dataset(ws, "caps", 6), place="cell", annotators=("ann", "bob"), gold=gold, name="both")
    first, second = (ws.assignments.claim("both", who, 10) for who in ("ann", "bob"))
    assert {id for id in first if id in second} == set(gold.ids())
