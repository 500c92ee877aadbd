"""A run is a handle; what was true of it is frozen."""

from __future__ import annotations

import dataclasses

import pytest

import workbench as wb
from workbench.core.errors import ConflictError, GateError, InputError, RunError
from workbench.core.report import record
from workbench.core.run import begin


def test_runs_are_numbered_by_kind(ws: wb.Workspace) -> None:
    assert [begin(ws, "train").id, begin(ws, "job").id, begin(ws, "train").id] == ["train-1", "job-1", "train-2"]


def test_what_was_true_then_does_not_follow_what_is_true_now(ws: wb.Workspace) -> None:
    run = begin(ws, "train", params={"lr": 0.1})
    then = run.info()
    run.finish()
    assert (then.state, run.state, run.is_done) == ("running", "done", True)
    with pytest.raises(dataclasses.FrozenInstanceError):
        then.state = "done"  # type: ignore[misc]  # it must not be


def test_an_ended_run_does_not_end_again(ws: wb.Workspace) -> None:
    run = begin(ws, "train").finish()
    with pytest.raises(ConflictError, match="Run train-1 is done, not preparing or queued or running"):
        run.finish(state="failed")


def test_the_curve_leaves_out_a_line_that_a_crash_cut_off(ws: wb.Workspace) -> None:
    run = begin(ws, "train")
    run.measure(1, loss=2.0)
    run.measure(2, loss=1.0)
    with (run.folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 3, "lo')
    assert [(point["step"], point["loss"]) for point in run.curve()] == [(1, 2.0), (2, 1.0)]


def test_follow_shows_whole_lines_as_they_come_and_ends_with_the_run(ws: wb.Workspace) -> None:
    run, shown, ticks = begin(ws, "train"), [], iter(["one\ntw", "o\nthree\n", None])

    def tick(_: float) -> None:
        text = next(ticks)
        if text is None:
            run.finish()
        else:
            with run.log_path.open("a", encoding="utf-8") as file:
                file.write(text)

    run.follow(shown.append, sleep=tick)
    assert shown == ["one", "two", "three"]


def test_a_failed_run_says_why_and_where_its_log_is(ws: wb.Workspace) -> None:
    run = begin(ws, "job")
    with pytest.raises(ConflictError, match="no result yet"):
        run.result()
    run.finish(state="failed", error={"code": "run", "message": "ZeroDivisionError in cell 3: division by zero"})
    with pytest.raises(RunError, match="Run job-1 failed: ZeroDivisionError in cell 3") as told:
        run.result()
    assert told.value.log == str(run.log_path)


def test_a_gate_names_each_miss_with_its_floor(ws: wb.Workspace) -> None:
    report = record(ws, "evaluate", subject="model:caps@4", data="dataset:caps@2", scores={"f1": 0.81, "recall": 0.91})
    assert report.require(f1=0.8) is report
    with pytest.raises(
        GateError, match=r"model:caps@4 missed its gate: f1 is 0.810, required 0.900; recall is 0.910, required 0.950."
    ):
        report.require(recall=0.95, f1=0.9)
    with pytest.raises(InputError, match="no score named 'map50'"):
        report.require(map50=0.5)
    assert ws.report(report.ref).scores == report.scores


def test_a_listener_that_breaks_does_not_stop_the_work(ws: wb.Workspace, caplog: pytest.LogCaptureFixture) -> None:
    seen = []
    ws.events.subscribe(lambda event: 1 / 0)
    stop = ws.events.subscribe(lambda event: seen.append(event.name))
    begin(ws, "train").finish()
    stop()
    begin(ws, "train")
    assert seen == ["begin", "run", "end"]
    assert "A listener broke" in caplog.text
