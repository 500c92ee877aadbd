"""The curves: points travel once, the best step is marked, and the end leaves a picture."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import pytest
from IPython.core.events import EventManager

import workbench as wb
from workbench.core.run import Run, begin
from workbench.widgets import base, live, place
from workbench.widgets.curves import Curves, best_of, curves, panes_of


@pytest.fixture
def run(ws: wb.Workspace) -> Run:
    return begin(ws, "train")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every reading of the clock is a second later, so that no event is skipped for coming too soon."""
    ticks = iter(range(1_000_000))
    monkeypatch.setattr("workbench.widgets.curves.time.monotonic", lambda: float(next(ticks)))


def listen(widget: Curves) -> list[dict]:
    sent: list[dict] = []
    widget.send = lambda content, buffers=None: sent.append(content)
    widget._handle_custom_msg({"kind": "hello"}, [])
    return sent


def test_each_point_is_sent_once_when_it_is_measured(run: Run, clock: None) -> None:
    widget = Curves(run)
    sent = listen(widget)
    run.measure(1, loss=2.0)
    run.measure(2, loss=1.0)
    assert [(m["start"], m["points"]) for m in sent] == [
        (0, []),
        (0, [{"step": 1, "loss": 2.0}]),
        (1, [{"step": 2, "loss": 1.0}]),
    ]


def test_a_browser_that_comes_later_gets_every_point(run: Run) -> None:
    run.measure(1, loss=2.0)
    run.measure(2, loss=1.0)
    assert len(listen(Curves(run))[0]["points"]) == 2


def test_losses_and_scores_stand_in_panes_of_their_own() -> None:
    points = [{"step": 1, "train_loss": 2.0, "val_loss": 2.1, "accuracy": 0.5, "gpu_mb": 900.0, "lr": 0.1}]
    assert [(pane["title"], pane["names"]) for pane in panes_of(points)] == [
        ("Loss", ["train_loss", "val_loss"]),
        ("Score", ["accuracy"]),
        ("Other", ["gpu_mb"]),
    ]


def test_the_best_step_is_the_first_with_the_highest_validation_score() -> None:
    points = [{"step": s, "accuracy": 1.0, "val_f1": f} for s, f in ((1, 0.5), (2, 0.9), (3, 0.9))]
    assert best_of(points, panes_of(points)) == {"name": "val_f1", "step": 2, "value": 0.9}


def test_among_equal_scores_the_lower_validation_loss_is_the_best_as_in_training() -> None:
    points = [{"step": s, "val_loss": v, "accuracy": 1.0} for s, v in ((1, 0.3), (2, 0.1), (3, 0.2))]
    assert best_of(points, panes_of(points))["step"] == 2


def test_without_scores_the_lowest_loss_is_the_best() -> None:
    points = [{"step": s, "loss": v} for s, v in ((1, 2.0), (2, 0.5), (3, 0.7))]
    assert best_of(points, panes_of(points)) == {"name": "loss", "step": 2, "value": 0.5}


def test_a_loss_that_exploded_is_a_gap_not_an_error(run: Run) -> None:
    run.measure(1, loss=float("nan"), accuracy=0.5)
    assert Curves(run).points == [{"step": 1, "accuracy": 0.5}]


def test_the_end_of_the_run_leaves_a_picture_and_stops_listening(run: Run) -> None:
    widget = Curves(run)
    run.measure(1, loss=2.0)
    assert widget.picture() is None
    run.finish()
    assert widget.state == "done"
    assert not widget.can_cancel
    assert (widget.picture() or b"").startswith(b"\x89PNG")
    assert run.ws.events._listeners == []


def test_cancel_in_the_browser_cancels_the_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "cancel", lambda self: self.finish(state="cancelled"))
    widget = Curves(run)
    widget._handle_custom_msg({"kind": "cancel"}, [])
    assert widget.state == "cancelled"


def test_a_cancel_that_comes_too_late_is_said_in_the_widget(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    widget = Curves(run)
    sent = listen(widget)
    run.ws.records.update("run", run.id, state="done")
    monkeypatch.setattr(Run, "cancel", lambda self: self.finish(state="cancelled"))
    widget._handle_custom_msg({"kind": "cancel"}, [])
    assert sent[-1] == {"kind": "problem", "message": "Run train-1 is done, not preparing or queued or running.", "hint": ""}


def test_a_run_of_another_process_is_followed_until_it_ends(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    turns, ended = iter((lambda: (run.folder / "metrics.jsonl").write_text('{"step": 1, "loss": 1.0}\n'), run.finish)), []
    widget = Curves(run)
    widget._unsubscribe()
    widget.redraw = lambda: ended.append(threading.current_thread().name)
    widget.watch(sleep=lambda _: next(turns)())
    for thread in threading.enumerate():
        if thread.name == f"curves of {run.id}":
            thread.join(10)
    assert widget.points == [{"step": 1, "loss": 1.0}]
    assert ended == [f"curves of {run.id}"]


def test_curves_of_a_run_that_has_ended_start_no_thread(run: Run) -> None:
    run.finish()
    curves(run)
    assert not any(thread.name == f"curves of {run.id}" for thread in threading.enumerate())


def test_attaching_twice_shows_a_training_once(ws: wb.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[object] = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    live.attach(ws)
    live.attach(ws)
    run = begin(ws, "train")
    begin(ws, "job")
    assert [widget.run for widget in shown] == [run]


def test_only_a_picture_is_displayed_until_a_browser_says_hello(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "_browser", threading.Event())
    published: list[tuple[set[str], str, bool]] = []

    def publish(data, metadata, *, transient, update):
        published.append((set(data), transient["display_id"], update))

    monkeypatch.setattr(base, "publish_display_data", publish)
    run.measure(1, loss=2.0)
    run.finish()
    widget = curves(run)
    widget._ipython_display_()
    widget._handle_custom_msg({"kind": "hello"}, [])
    (first, display, is_update), (second, updated, was_update) = published
    assert first == {"text/plain", "image/png"}
    assert second == {"text/plain", "image/png", base.WIDGET_VIEW}
    assert (display, is_update, was_update) == (updated, False, True)


def test_where_jupyterlab_runs_the_cell_the_live_view_is_there_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "_browser", threading.Event())
    told = {"metadata": {"cellId": "a", "deletedCells": []}}
    monkeypatch.setattr(place, "get_ipython", lambda: SimpleNamespace(get_parent=lambda: told))
    widget = curves(run)
    assert base.WIDGET_VIEW in widget.bundle()[0]
    told["metadata"] = {}
    assert base.WIDGET_VIEW not in widget.bundle()[0], "papermill tells nothing of its cells"


def test_in_a_job_no_widget_is_offered(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_RUN", "run:job-1")
    assert Curves(run).comm is None


def test_in_a_job_each_step_is_a_line_of_its_log(
    ws: wb.Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORKBENCH_RUN", "run:job-1")
    live.attach(ws)
    begin(ws, "quiet").measure(3, loss=0.5, accuracy=0.9)
    assert "run:quiet-1  step 3  loss 0.5000  accuracy 0.9000\n" in capsys.readouterr().out


def test_in_jupyterlab_widgets_are_loaded_once_the_cell_that_opens_a_workspace_is_done(
    ws: wb.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = EventManager(None, {"post_run_cell": lambda result: None})
    shell = SimpleNamespace(events=events, get_parent=lambda: {"metadata": {"deletedCells": []}})
    monkeypatch.setattr(place, "get_ipython", lambda: shell)
    monkeypatch.setattr(live, "get_ipython", lambda: shell)
    monkeypatch.setattr(live, "_WIDGETS", "workbench.widgets.not_loaded_yet")
    monkeypatch.setattr(live, "_PAUSE_S", 0)
    loaded: list[str] = []
    monkeypatch.setattr(live.importlib, "import_module", loaded.append)
    live.attach(ws)

    async def cells() -> None:
        events.trigger("post_run_cell", None)
        assert loaded == [], "a cell that waits goes first"
        await asyncio.sleep(0.01)
        events.trigger("post_run_cell", None)
        await asyncio.sleep(0.01)

    asyncio.run(cells())
    assert loaded == ["workbench.widgets.not_loaded_yet"]
