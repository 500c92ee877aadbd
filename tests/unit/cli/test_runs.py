"""`workbench runs` and `workbench log`, and how verbs answer in a shell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.cli import render
from workbench.cli.main import main
from workbench.core.run import begin


@pytest.fixture
def runs(tmp_path: Path) -> wb.Workspace:
    """Return a workspace with a good run, a bad one and one that failed."""
    ws = wb.open(tmp_path / "ws", environment={})
    for accuracy, idea in ((0.95, "small"), (0.8, "")):
        run = begin(ws, "job", title="train.ipynb", params={"epochs": 4, "name": "caps"}, order={"idea": idea})
        run.log_path.write_text(f"accuracy {accuracy}\n")
        run.finish(metrics={"accuracy": accuracy})
    begin(ws, "job", title="sweep.ipynb").finish(state="failed", error={"message": "ZeroDivisionError in cell 2."})
    return ws


def told(ws: wb.Workspace, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run one command and return its status and what it printed."""
    status = main([*arguments, "-w", str(ws.root)])
    said = capsys.readouterr()
    return status, said.out + said.err


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ((), ["job-3", "job-2", "job-1"]),
        (("--state", "failed"), ["job-3"]),
        (("--where", "accuracy>.9"), ["job-1"]),
        (("--where", "accuracy<=0.95", "--where", "epochs = 4"), ["job-2", "job-1"]),
        (("--where", "name!=caps"), []),
        (("--where", "title=='sweep.ipynb'"), ["job-3"]),
        (("--idea", "small"), ["job-1"]),
        (("-n", "1"), ["job-3"]),
    ],
)
def test_runs_are_found_by_state_score_and_idea(
    runs: wb.Workspace, capsys: Any, filters: tuple[str, ...], found: list[str]
) -> None:
    status, said = told(runs, capsys, "runs", "--json", *filters)
    assert (status, [row["ref"] for row in json.loads(said)["result"]]) == (0, [f"run:{name}" for name in found])


def test_runs_are_a_table_and_say_how_many_more_there_are(runs: wb.Workspace, capsys: Any) -> None:
    status, said = told(runs, capsys, "runs", "-n", "2")
    head, first, _, more = said.splitlines()
    assert (status, head.split()[:3], first.split()[:3]) == (
        0,
        ["ref", "state", "title"],
        ["run:job-3", "failed", "sweep.ipynb"],
    )
    assert "ZeroDivisionError in cell 2." in first
    assert more == "1 more; see -n"


def test_a_condition_that_is_none_is_refused(runs: wb.Workspace, capsys: Any) -> None:
    assert told(runs, capsys, "runs", "--where", "accuracy") == (
        2,
        "`--where` must be a name, a comparison and a value, got 'accuracy'.\nSuch as 'accuracy>0.9'.\n",
    )


def test_a_log_is_printed_and_its_run_is_the_exit_status_when_followed(runs: wb.Workspace, capsys: Any) -> None:
    assert told(runs, capsys, "log", "job-1") == (0, "accuracy 0.95\n")
    assert told(runs, capsys, "log", "job-1", "-f") == (0, "accuracy 0.95\nrun:job-1 done\n")
    assert told(runs, capsys, "log", "job-3", "-f") == (1, "run:job-3 failed\n")


def test_rows_are_a_table_and_long_texts_stand_below() -> None:
    rows = [{"cell": 2, "why": "", "diff": "-a\n+b"}, {"cell": 10, "why": "", "diff": ""}]
    assert render.text({"verdict": "different", "cells": rows}).splitlines() == [
        "verdict  different",
        "",
        "cells:",
        "cell  diff",
        "2",
        "    -a",
        "    +b",
        "10",
    ]
