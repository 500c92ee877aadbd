"""What runs cost, what is left of a quota, what belongs to an idea, and what a job is expected to take."""

from __future__ import annotations

import getpass
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench.core import files
from workbench.core.errors import ConflictError
from workbench.core.run import Run, begin
from workbench.core.workspace import Workspace
from workbench.jobs.bundles.bundle import Bundle
from workbench.jobs.idea import idea
from workbench.jobs.order import Order
from workbench.jobs.queueing import ledger as ledgers
from workbench.jobs.queueing.ending import end
from workbench.jobs.queueing.estimate import estimate, speedup
from workbench.jobs.queueing.ledger import ledger
from workbench.testing.clock import FakeClock
from workbench.wiring import Settings


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock("2026-03-31T20:00:00+00:00")


@pytest.fixture
def desk(ws: Workspace, clock: FakeClock) -> Workspace:
    return replace(ws, clock=clock, settings=Settings(quota_hours=10, gpu_weight=10, cpu_hour_price=0.5, gpu_hour_price=4))


def working(ws: Workspace, *, gpus: int = 0, **order: Any) -> Run:
    """A job that has begun to run."""
    told = Order(**order, gpus=gpus)
    held = {"cpus": told.cpus, "memory_gb": 0, "gpus": list(range(gpus))}
    return begin(ws, "job", state="running", order=told.to_json(), bundle="b1", attempt=1, slots=held, started=ws.now())


def test_a_run_costs_what_it_holds_for_as_long_as_it_holds_it(desk: Workspace, clock: FakeClock) -> None:
    run = working(desk, cpus=2, gpus=1)
    clock.forward(1800)
    end(run, "failed", only=("running",))
    assert run.info().more["cost"] == {"cpu_s": 3600, "gpu_s": 1800, "wall_s": 1800, "price": 2.5}


def test_the_ledger_tells_hours_by_person_idea_and_run(desk: Workspace, clock: FakeClock) -> None:
    first = working(desk, idea="blur")
    clock.forward(3600)
    end(first, "done", only=("running",))
    working(desk, cpus=2, idea="crop")
    clock.forward(900)
    assert [(r["name"], r["cpu_h"]) for r in ledger(by="idea", ws=desk)["rows"]] == [("blur", 1.0), ("crop", 0.5)]
    assert [(r["name"], r["runs"]) for r in ledger(by="run", ws=desk)["rows"]] == [("run:job-1", 1), ("run:job-2", 1)]
    told = ledger(ws=desk)
    assert told["rows"][0]["name"] == getpass.getuser()
    assert told["total"]["cpu_h"] == 1.5
    assert told["total"]["price"] == 0.75
    assert told["quota"] == {"user": getpass.getuser(), "hours": 10.0, "used_h": 1.5, "left_h": 8.5}


def test_a_new_month_is_a_new_quota(desk: Workspace, clock: FakeClock) -> None:
    run = working(desk, cpus=4)
    clock.forward(3600)
    end(run, "done", only=("running",))
    assert ledger(ws=desk)["total"]["cpu_h"] == 4
    clock.set("2026-04-01T00:00:01+00:00")
    assert ledger(ws=desk)["total"]["cpu_h"] == 0


def test_hours_of_a_gpu_weigh_more(desk: Workspace, clock: FakeClock) -> None:
    run = working(desk, gpus=1)
    clock.forward(1800)
    end(run, "done", only=("running",))
    quota = ledger(ws=desk)["quota"]
    assert quota["used_h"] == 5.5


def test_a_job_over_the_quota_is_refused_with_the_hours_that_are_left(desk: Workspace, clock: FakeClock) -> None:
    ledgers.check(desk, Order(cpus=4), expected_s=3600)
    working(desk, cpus=2)
    clock.forward(3.5 * 3600)
    with pytest.raises(ConflictError) as told:
        ledgers.check(desk, Order(cpus=4), expected_s=3600)
    who = getpass.getuser()
    assert told.value.message == (
        f"3.00 of the 10 CPU hours of {who} are left this month, and the job is expected to take 4.00."
    )
    ledgers.check(desk, Order(cpus=2), expected_s=3600)
    clock.forward(2 * 3600)
    with pytest.raises(ConflictError, match=rf"0\.00 of the 10 CPU hours of {who} are left this month\."):
        ledgers.check(desk, Order())


def test_what_another_person_used_is_not_counted(desk: Workspace, clock: FakeClock) -> None:
    working(desk, cpus=20).update(user="somebody")
    clock.forward(3600)
    ledgers.check(desk, Order())


def test_an_idea_keeps_its_notes_its_runs_and_what_they_cost(desk: Workspace, clock: FakeClock) -> None:
    assert idea("blur", ws=desk).notes == ()
    run = working(desk, idea="blur")
    working(desk, idea="crop")
    clock.forward(3600)
    idea("blur", note="worth a try", ws=desk)
    end(run, "done", only=("running",))
    found = idea("blur", note="it was not", ws=desk)
    assert [note["text"] for note in found.notes] == ["worth a try", "it was not"]
    assert found.runs == ("run:job-1",)
    assert found.spent is not None
    assert (found.spent["cpu_h"], found.spent["price"]) == (1.0, 0.5)
    assert found.to_json()["name"] == "blur"


def some_bundle(ws: Workspace) -> Bundle:
    return Bundle(ws.root / "bundles" / "b1", {})


def certified(ws: Workspace, pace: Any, *, seconds: float) -> None:
    files.write_json(ws.root / "certificates" / "b1-0123" / "certificate.json", {"pace": pace, "seconds": seconds})


def test_nothing_is_expected_of_what_nobody_has_seen(desk: Workspace) -> None:
    assert estimate(desk, some_bundle(desk), Order()) is None


def test_the_pace_of_the_rehearsal_tells_seconds_and_cost(desk: Workspace) -> None:
    certified(desk, [{"step_s": 0.5, "steps": 7200, "done": 4}], seconds=12.0)
    told = estimate(desk, some_bundle(desk), Order(cpus=2))
    assert told is not None
    assert (told["seconds"], told["cost"]) == (3610.0, round(3610 / 3600, 6))
    assert told["low"] < told["seconds"] < told["high"]
    assert told["basis"] == "7200 steps at 500 ms in the rehearsal"


def test_workers_that_nobody_has_measured_make_the_interval_wide(desk: Workspace) -> None:
    certified(desk, {"step_s": 1.0, "steps": 100, "done": 0}, seconds=0.0)
    guessed = estimate(desk, some_bundle(desk), Order(workers=2))
    files.write_json(desk.root / "scaling.json", {"speedup": {"1": 1.0, "2": 1.6}})
    measured = estimate(desk, some_bundle(desk), Order(workers=2))
    assert guessed is not None
    assert measured is not None
    assert measured["seconds"] == 62.5
    assert guessed["high"] - guessed["low"] > measured["high"] - measured["low"]
    assert "assumed" in guessed["basis"]
    assert "measured to be 1.6 times faster" in measured["basis"]


def test_between_two_measured_numbers_of_workers_is_a_straight_line(desk: Workspace) -> None:
    files.write_json(desk.root / "scaling.json", {"speedup": {"1": 1.0, "2": 1.8, "4": 3.0}})
    assert speedup(desk, 3) == (pytest.approx(2.4), True)
    assert speedup(desk, 8) == (pytest.approx(1 / (0.1 + 0.9 / 8)), False)


def test_past_runs_of_the_bundle_tell_more_than_its_rehearsal(desk: Workspace, clock: FakeClock) -> None:
    certified(desk, {"step_s": 1.0, "steps": 1}, seconds=0.0)
    for took in (100, 140, 90):
        run = working(desk)
        clock.forward(took)
        end(run, "done", only=("running",))
    told = estimate(desk, some_bundle(desk), Order())
    assert told is not None
    assert (told["seconds"], told["low"], told["high"], told["basis"]) == (100, 90, 140, "3 runs of this bundle")
    other = estimate(desk, some_bundle(desk), Order(workers=4))
    assert other is not None
    assert other["basis"].startswith("1 steps")


def test_an_estimate_is_judged_by_what_happened(desk: Workspace, clock: FakeClock) -> None:
    run = working(desk)
    run.update(estimate={"seconds": 80.0})
    clock.forward(100)
    end(run, "done", only=("running",))
    assert run.info().more["score"] == {"actual_s": 100.0, "error": 0.25}


def test_a_ledger_of_nothing_is_empty(desk: Workspace, tmp_path: Path) -> None:
    told = ledger(ws=desk)
    assert (told["rows"], told["total"]["runs"]) == ([], 0)
