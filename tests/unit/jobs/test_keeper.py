"""The keeper's round: it ends when nothing waits, and no chore keeps another from being done."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from workbench.core.registry import Registry
from workbench.core.workspace import Workspace
from workbench.jobs.queueing import keeper
from workbench.jobs.queueing.keeper import CHORES, keep
from workbench.store.copy import MARK
from workbench.wiring import MARKER


class Watch:
    """Time that passes while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        threading.Event().wait(0.001)  # the chores have threads of their own


@pytest.fixture
def desk(ws: Workspace) -> Workspace:
    (ws.root / MARKER).write_text("")
    return ws


def test_it_goes_when_nothing_has_waited_for_a_while(desk: Workspace) -> None:
    watch, looks = Watch(), 0

    def chore(_: Workspace) -> float | None:
        nonlocal looks
        looks += 1
        return 0.001 if watch.now < 100 else None

    keep(desk, {"a": chore}, idle_s=60, clock=watch.clock, sleep=watch.sleep)
    assert 155 < watch.now < 170
    assert looks > 1


def test_a_chore_that_waits_for_nothing_is_done_when_something_changes(desk: Workspace) -> None:
    watch, seen = Watch(), []

    def chore(ws: Workspace) -> None:
        seen.append([r.id for r in ws.records.all("run")])

    def sleep(seconds: float) -> None:
        if watch.now == 10:
            desk.records.put("run", "job-1", {}, state="queued")
        watch.sleep(seconds)

    keep(desk, {"a": chore}, idle_s=30, clock=watch.clock, sleep=sleep)
    assert seen[0] == []
    assert seen[-1] == ["job-1"]


def test_a_chore_that_hangs_or_breaks_keeps_no_other_waiting(desk: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    watch, stuck, done = Watch(), threading.Event(), threading.Event()

    def hangs(_: Workspace) -> None:
        stuck.wait(30)

    def breaks(_: Workspace) -> None:
        raise OSError("No space left on device")

    def works(_: Workspace) -> None:
        done.set()

    def sleep(seconds: float) -> None:
        watch.sleep(seconds)
        if done.is_set():
            (desk.root / MARKER).unlink(missing_ok=True)

    keep(desk, {"a": hangs, "b": breaks, "c": works}, clock=watch.clock, sleep=sleep)
    stuck.set()
    assert done.is_set()
    assert "The chore b broke" in caplog.text


def test_it_goes_when_the_workspace_is_gone_or_its_settings_have_changed(desk: Workspace) -> None:
    for change in (lambda path: path.write_text("cpus = 1\n"), Path.unlink):
        watch = Watch()

        def sleep(seconds: float, watch: Watch = watch, change: object = change) -> None:
            watch.sleep(seconds)
            if watch.now == 5:
                change(desk.root / MARKER)

        keep(desk, {"a": lambda _: 1.0}, idle_s=60, clock=watch.clock, sleep=sleep)
        assert watch.now == 5


def test_nothing_is_kept_in_a_copy_nor_where_there_is_no_workspace(desk: Workspace) -> None:
    (desk.root / MARK).write_text("{}")
    assert not keeper.ensure(desk)
    (desk.root / MARK).unlink()
    (desk.root / MARKER).unlink()
    assert not keeper.ensure(desk)
    assert keeper.main([str(desk.root)]) == 2


def test_there_is_something_to_keep_while_jobs_schedules_or_notices_wait(desk: Workspace) -> None:
    desk.records.put("run", "train-1", {}, state="running")
    desk.records.put("schedule", "nightly", {}, state="paused")
    assert not keeper.wanted(desk)
    for kind, state, fields in (
        ("run", "queued", {"order": {"at": ""}}),
        ("schedule", "active", {}),
        ("notice", "pending", {}),
    ):
        desk.records.put(kind, "one", fields, state=state)
        assert keeper.wanted(desk)
        desk.records.put(kind, "one", {}, state="done")
    assert not keeper.wanted(desk)


def test_every_chore_is_there() -> None:
    assert isinstance(CHORES, Registry)
    assert all(callable(CHORES[name]) for name in CHORES)
