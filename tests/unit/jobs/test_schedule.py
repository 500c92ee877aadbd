"""Schedules with fakes and a clock that is set: when they are due, and that each time makes one run."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.core.schedule import Schedule
from workbench.core.workspace import Workspace
from workbench.jobs.due import chore, fire_due, following
from workbench.jobs.schedule import schedule
from workbench.testing.clock import FakeClock
from workbench.testing.notebooks import write_notebook
from workbench.wiring import Settings


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock("2026-03-02T12:10:00+00:00")


@pytest.fixture
def desk(ws: Workspace, clock: FakeClock) -> Workspace:
    return replace(ws, clock=clock, settings=Settings(cpus=100))


@pytest.fixture
def hourly(desk: Workspace, tmp_path: Path) -> Schedule:
    path = write_notebook(tmp_path / "night report.ipynb", ("n = 1", "parameters"), "print(n)")
    return schedule(path, "0 * * * *", parameters={"n": 2}, rehearsal_s=0, ws=desk)


def times(cron: str, tz: str, after: str, n: int) -> list[str]:
    moment, found = datetime.fromisoformat(after), []
    for _ in range(n):
        moment = following(cron, tz, moment)
        found.append(f"{moment:%d %H:%M}")
    return found


def fired(ws: Workspace) -> list[str]:
    return [run.id for run in fire_due(ws)]


def test_a_schedule_is_named_like_its_notebook_and_names_its_bundle(desk: Workspace, hourly: Schedule) -> None:
    info = hourly.info()
    assert (hourly.ref, info.state, info.next) == ("schedule:night-report", "active", "2026-03-02T13:00:00.000+00:00")
    assert (desk.root / "bundles" / info.bundle / "bundle.json").is_file()
    assert info.params == {"n": 2}


def test_it_fires_once_when_its_time_has_come(desk: Workspace, clock: FakeClock, hourly: Schedule) -> None:
    assert fired(desk) == []
    clock.set("2026-03-02T13:00:01+00:00")
    assert fired(desk) == ["job-1"]
    assert fired(desk) == []
    run, info = desk.run("job-1"), hourly.info()
    assert run.info().params == {"n": 2}
    assert run.info().more["scheduled"] == {"schedule": "night-report", "due": "2026-03-02T13:00:00.000+00:00"}
    assert (info.last_run, info.next) == ("run:job-1", "2026-03-02T14:00:00.000+00:00")


def test_many_missed_times_are_caught_up_with_one_run(desk: Workspace, clock: FakeClock, hourly: Schedule) -> None:
    clock.forward(5 * 3600)
    assert fired(desk) == ["job-1"]
    assert fired(desk) == []
    assert hourly.info().next == "2026-03-02T18:00:00.000+00:00"


def test_a_clock_that_jumps_forwards_and_back_fires_no_time_twice(desk: Workspace, clock: FakeClock, hourly: Schedule) -> None:
    clock.set("2026-03-02T13:00:05+00:00")
    assert fired(desk) == ["job-1"]
    clock.set("2027-03-02T13:30:00+00:00")
    assert fired(desk) == ["job-2"]
    clock.set("2026-03-02T12:59:00+00:00")
    assert fired(desk) == []
    assert hourly.info().next == "2026-03-02T13:00:00.000+00:00", "it does not sleep for a year"
    clock.set("2026-03-02T13:00:05+00:00")
    assert fired(desk) == [], "that time had its run"
    clock.set("2026-03-02T15:00:05+00:00")
    assert fired(desk) == ["job-3"]


def test_a_time_whose_run_was_made_by_somebody_who_was_killed_then_is_not_fired_again(
    desk: Workspace, clock: FakeClock, hourly: Schedule
) -> None:
    before = hourly.info().next
    clock.forward(3600)
    assert fired(desk) == ["job-1"]
    desk.records.update("schedule", hourly.name, next=before)
    assert fired(desk) == []
    desk.records.update("schedule", hourly.name, next=before)
    desk.records.update("run", "job-1", state="lost", started="")
    assert fired(desk) == ["job-2"], "a run that was never whole is none"


def test_a_paused_schedule_starts_nothing_and_catches_nothing_up(desk: Workspace, clock: FakeClock, hourly: Schedule) -> None:
    assert hourly.pause().state == "paused"
    clock.forward(4 * 3600)
    assert fired(desk) == []
    assert hourly.unpause().state == "active"
    assert fired(desk) == []
    clock.forward(3600)
    assert fired(desk) == ["job-1"]


def test_firing_by_hand_leaves_the_times_as_they_are(desk: Workspace, hourly: Schedule) -> None:
    before = hourly.info().next
    run = hourly.fire()
    assert (run.id, hourly.info().next, hourly.info().last_run) == ("job-1", before, "run:job-1")


def test_an_edit_does_not_reach_the_runs_until_the_schedule_is_renewed(
    desk: Workspace, clock: FakeClock, hourly: Schedule, tmp_path: Path
) -> None:
    old = hourly.info().bundle
    write_notebook(tmp_path / "night report.ipynb", ("n = 1", "parameters"), "print(n, 'new')")
    clock.forward(3600)
    chore(desk)
    assert desk.records.get("schedule", hourly.name).fields["is_behind"] is True
    assert desk.run("job-1").info().inputs["bundle"] == old
    hourly.renew()
    assert hourly.info().bundle != old
    assert desk.records.get("schedule", hourly.name).fields["is_behind"] is False
    clock.forward(3600)
    chore(desk)
    assert desk.run("job-2").info().inputs["bundle"] == hourly.info().bundle
    assert desk.records.get("schedule", hourly.name).fields["is_behind"] is False


def test_running_the_notebook_leaves_its_schedule_up_to_date(
    desk: Workspace, clock: FakeClock, hourly: Schedule, tmp_path: Path
) -> None:
    path = tmp_path / "night report.ipynb"
    document = json.loads(path.read_text())
    document["cells"][1]["execution_count"] = 3
    path.write_text(json.dumps(document))
    chore(desk)
    assert desk.records.get("schedule", hourly.name).fields["is_behind"] is False


def test_a_schedule_that_cannot_start_a_run_says_why_and_goes_on(desk: Workspace, clock: FakeClock, hourly: Schedule) -> None:
    (desk.root / "bundles" / hourly.info().bundle / "notebook.ipynb").chmod(0o644)
    (desk.root / "bundles" / hourly.info().bundle / "notebook.ipynb").write_text("{}")
    clock.forward(3600)
    assert fired(desk) == []
    told = desk.records.get("schedule", hourly.name).fields
    assert "notebook.ipynb has changed" in told["problem"]
    assert told["next"] == "2026-03-02T14:00:00.000+00:00"


def test_what_falls_into_the_missing_hour_runs_right_after_it() -> None:
    found = times("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00:00+00:00", 3)
    assert found == ["28 01:30", "29 01:00", "30 00:30"]  # 02:30, then 03:00 of a day without one, then 02:30 in summer


def test_what_falls_into_the_doubled_hour_runs_once() -> None:
    found = times("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00+00:00", 2)
    assert found == ["25 00:30", "26 01:30"]
    assert times("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00+00:00", 1) == ["26 01:30"]


def test_every_half_hour_goes_on_through_the_doubled_hour() -> None:
    found = times("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00+00:00", 4)
    assert found == ["25 00:30", "25 01:00", "25 01:30", "25 02:00"]


@pytest.mark.parametrize(
    ("cron", "said"),
    [("61 * * * *", "bad minute"), ("* * *", "wrong number of fields"), ("0 0 31 2 *", "bad day-of-month"), ("", "wrong")],
)
def test_times_that_are_none_are_refused_with_an_example(desk: Workspace, tmp_path: Path, cron: str, said: str) -> None:
    with pytest.raises(InputError, match=f"tells no times: {said}.*half past two on working days"):
        schedule(write_notebook(tmp_path / "a.ipynb", "1"), cron, ws=desk)


def test_an_unknown_time_zone_is_named_with_its_neighbours(desk: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="No time zone named 'Europe/Berln'. Did you mean 'Europe/Berlin'"):
        schedule(write_notebook(tmp_path / "a.ipynb", "1"), "0 1 * * *", tz="Europe/Berln", ws=desk)
