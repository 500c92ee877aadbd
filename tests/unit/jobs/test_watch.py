"""What a job tells while it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.run import begin
from workbench.core.workspace import Workspace
from workbench.jobs.running import failure
from workbench.jobs.running.mask import Mask
from workbench.jobs.running.watch import Log, Watch


def written(path: Path, *parts: tuple[str, str]) -> str:
    log = Log(path)
    for stream, text in parts:
        log.feed(stream, text)
    log.close()
    return path.read_text()


def test_a_line_is_written_when_it_is_whole(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.txt")
    log.feed("stdout", "one\ntw")
    assert (tmp_path / "log.txt").read_text() == "one\n"
    log.feed("stdout", "o\n")
    log.close()
    assert (tmp_path / "log.txt").read_text() == "one\ntwo\n"


def test_a_progress_bar_is_one_line(tmp_path: Path) -> None:
    parts = [("stderr", f"\r{n}%") for n in range(101)]
    assert written(tmp_path / "log.txt", *parts) == "100%\n"


def test_two_streams_do_not_cut_each_others_lines(tmp_path: Path) -> None:
    said = written(tmp_path / "log.txt", ("stdout", "abc"), ("stderr", "warning\n"), ("stdout", "def\n"))
    assert said == "warning\nabcdef\n"


def test_colours_and_windows_line_ends_are_left_out(tmp_path: Path) -> None:
    assert written(tmp_path / "log.txt", ("stdout", "\x1b[31mred\x1b[0m\r\nblue\n")) == "red\nblue\n"


def test_progress_is_recorded_at_most_twice_a_second(ws: Workspace) -> None:
    now = [0.0]
    run = begin(ws, "job")
    watch = Watch(run, [1, 2, 4], clock=lambda: now[0])
    watch.enter({"metadata": {"workbench": {"cell": 1}}})
    watch.leave("done")
    told = {"cell": 1, "cells": 3, "cells_state": ["running", "pending", "pending"], "seconds": [None, None, None]}
    assert run.info().progress == told
    now[0] = 0.6
    watch.enter({"metadata": {"workbench": {"cell": 4}}})
    watch.log.close()
    told = {"cell": 3, "cells": 3, "cells_state": ["done", "pending", "running"], "seconds": [0.0, None, None]}
    assert run.info().progress == told


def test_the_beginning_of_a_line_is_not_kept_back_for_long(tmp_path: Path) -> None:
    now = [0.0]
    log = Log(tmp_path / "log.txt", clock=lambda: now[0])
    log.feed("stdout", "Loading")
    log.tick()
    assert (tmp_path / "log.txt").read_text() == ""
    now[0] = 0.3
    log.tick()
    assert (tmp_path / "log.txt").read_text() == "Loading"
    log.feed("stderr", "warning\n")
    log.feed("stdout", "...\n")
    log.close()
    assert (tmp_path / "log.txt").read_text() == "Loading\nwarning\n...\n"


def test_a_bar_that_goes_on_for_long_shows_now_and_then_that_it_does(tmp_path: Path) -> None:
    now = [0.0]
    log = Log(tmp_path / "log.txt", clock=lambda: now[0])
    for n in range(250):
        log.feed("stderr", f"\r{n}")
        log.tick()
        now[0] += 0.125
    log.close()
    assert (tmp_path / "log.txt").read_text().splitlines() == ["80", "160", "240", "249"]


def test_no_secret_is_in_the_log(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.txt", Mask(["hunter22", 'quo"ted1']))
    log.feed("stdout", "The key is hun")
    log.feed("stdout", 'ter22, or "quo\\"ted1".\n')
    log.close()
    assert (tmp_path / "log.txt").read_text() == 'The key is ***, or "***".\n'


@pytest.mark.parametrize(
    ("kind", "said", "message"),
    [
        ("ZeroDivisionError", "division by zero", "ZeroDivisionError in cell 3: division by zero."),
        ("AssertionError", "", "AssertionError in cell 3."),
        ("StdinNotImplementedError", "raw_input was called", "Cell 3 asks for input(), and nobody answers in a job."),
        ("SystemExit", "2", "SystemExit in cell 3: 2."),
    ],
)
def test_a_failure_names_its_cell(kind: str, said: str, message: str) -> None:
    assert failure.of_cell(3, kind, said, "Cell In[4], line 7\n")["message"] == message


def test_a_notebook_that_ends_itself_has_not_failed() -> None:
    assert failure.of_cell(3, "SystemExit", "0", "") == {}


def test_a_failure_has_the_line_of_the_cell() -> None:
    text = "\x1b[36mCell\x1b[39m In[4], line 2\n----> 2 f()\nCell In[1], line 9, in f()\n"
    assert failure.of_cell(3, "E", "x", text)["line"] == 2
