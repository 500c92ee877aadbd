"""Three people of unequal skill label the same items: pictures and texts, through queue, journal and versions."""

from __future__ import annotations

import random
from collections.abc import Callable
from statistics import fmean

import pytest

import workbench as wb
from workbench.core.dataset import Dataset, commit
from workbench.core.ports import Row
from workbench.labeling.answer import Said, keep
from workbench.testing.crowd import PEOPLE
from workbench.testing.samples import digits, docstrings

pytestmark = pytest.mark.slow
_N, _OVERLAP = 400, 3


@pytest.mark.parametrize("samples", [digits, docstrings])
def test_dawid_skene_beats_the_majority_and_tells_who_is_good(
    real_ws: wb.Workspace, samples: Callable[[wb.Workspace], Dataset]
) -> None:
    full = samples(real_ws)
    draw = random.Random(2)
    chosen = full.select(sorted(draw.sample(full.ids(), _N)))
    truth = dict(zip(chosen.ids(), map(str, chosen.labels()), strict=True))
    bare = [{k: v for k, v in row.items() if k in ("id", "media", "text")} for row in chosen]
    data = commit(real_ws, "bare", bare, task=full.task, classes=full.classes)
    job = wb.label(data, place="cell", overlap=_OVERLAP, rate=30.0)
    _answer(job, truth, full.classes, draw)

    found = {how: _pulled(job, data, how) for how in ("majority", "dawid-skene", "one-coin")}
    right = {how: fmean(row["label"] == truth[id] for id, row in rows.items()) for how, rows in found.items()}
    assert min(right["dawid-skene"], right["one-coin"]) > right["majority"] + 0.03, right
    report = job.quality()
    skills = {person["annotator"]: person["skill"] for person in report.details["people"]}
    assert all(abs(skills[who] - share) <= 0.08 for who, share in PEOPLE.items()), skills
    assert report.details["cost"]["per_label"] == pytest.approx(3 * 4.0 / 3600 * 30)


def _answer(job: wb.Labeling, truth: dict[str, str], classes: tuple[str, ...], draw: random.Random) -> None:
    """Let everybody work at the queue in turns, until it is empty."""
    people = list(PEOPLE)
    while people:
        who = draw.choice(people)
        items = job.ws.assignments.claim(job.name, who, 50)
        if not items:
            people.remove(who)
        keep(job, [_said(who, item, truth[item], classes, draw, job.ws.now()) for item in items])
    assert job.ws.assignments.progress(job.name)["answers"] == _OVERLAP * len(truth)


def _said(who: str, item: str, right: str, classes: tuple[str, ...], draw: random.Random, at: str) -> Said:
    wrong = draw.choice([name for name in classes if name != right])
    return Said(item=item, label=right if draw.random() < PEOPLE[who] else wrong, annotator=who, at=at, seconds=4.0)


def _pulled(job: wb.Labeling, data: Dataset, how: str) -> dict[str, Row]:
    """Return the labels of the same answers by another consensus; labeling again with its name is to change it."""
    wb.label(data, place="cell", overlap=_OVERLAP, aggregate=how)
    return {row["id"]: row for row in job.pull()}
