"""Jobs with real kernels: they outlive their starter, tell what went wrong, and leave no process behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import workbench
from workbench.core.errors import RunError
from workbench.core.run import Run
from workbench.core.workspace import Workspace
from workbench.jobs import promote as promotion
from workbench.jobs.members import members
from workbench.jobs.queueing.reconcile import reconcile
from workbench.testing.notebooks import write_notebook
from workbench.testing.runs import followed, outputs, says, wait

pytestmark = pytest.mark.slow

#: A cell that starts a child in a session of its own, says so, and then works for a long time.
BUSY = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print("busy", flush=True)
time.sleep(600)
"""


#: The cells in a fork of the runner, and in a kernel: what a job does is the same.
both = pytest.mark.parametrize("engine", ["inline", "kernel"])


def job(path: Path, **given: Any) -> Run:
    """Promote without a rehearsal: these jobs are here to break."""
    return promotion.promote(path, rehearsal_s=0, **given)


@both
def test_a_notebook_that_fails_in_cell_3_says_so_and_keeps_its_output(real_ws: Workspace, tmp_path: Path, engine: str) -> None:
    path = write_notebook(tmp_path / "a.ipynb", ("n = 1", "parameters"), "print('before', n)", "x = 0\n1 / x", "print('never')")
    run = job(path, parameters={"n": 7}, engine=engine, ws=real_ws)
    lines = followed(run)
    error = run.info().error
    assert (error["message"], error["cell"], error["line"]) == ("ZeroDivisionError in cell 3: division by zero.", 3, 2)
    with pytest.raises(RunError, match=r"Run job-1 failed: ZeroDivisionError in cell 3: division by zero\."):
        run.result()
    assert "before 7" in lines
    assert "before 7" in outputs(run)
    assert "ZeroDivisionError" in outputs(run)
    assert run.info().progress["cells_state"] == ["done", "done", "failed", "pending"]


@both
def test_values_arrive_as_they_were_given(real_ws: Workspace, tmp_path: Path, engine: str) -> None:
    given = {"text": "a\"'\n\\ {x} %s ü", "deep": {"k": [1, 2.5, None, True]}, "big": 10**20, "flag": False}
    path = write_notebook(
        tmp_path / "a{b}.ipynb", ("text = ''\ndeep = {}\nbig = 1\nflag = True", "parameters"),
        "import json\nprint(json.dumps([text, deep, big, flag]))",
    )  # fmt: skip
    run = job(path, parameters=given, engine=engine, ws=real_ws)
    lines = followed(run)
    assert run.state == "done"
    assert [json.loads(line) for line in lines if line.startswith("[")] == [list(given.values())]


@both
def test_thirty_thousand_flushed_prints_all_arrive(real_ws: Workspace, tmp_path: Path, engine: str) -> None:
    run = job(
        write_notebook(tmp_path / "a.ipynb", "for i in range(30_000):\n    print(i, flush=True)"), engine=engine, ws=real_ws
    )
    lines = followed(run)
    assert run.state == "done"
    assert [line for line in lines if line.isdigit()] == [str(i) for i in range(30_000)]
    assert "29999" in outputs(run)


def test_edits_after_the_promotion_do_not_reach_the_run(real_ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("said = 'old'")
    path = write_notebook(tmp_path / "a.ipynb", "import time; time.sleep(0.5)", "import helper; print(helper.said, 'old')")
    run = job(path, ws=real_ws)
    (tmp_path / "helper.py").write_text("said = 'new'")
    write_notebook(path, "print('new')")
    assert "old old" in followed(run)


def test_a_job_outlives_the_process_that_started_it(real_ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "import time; time.sleep(1)", "import os; print(os.environ['WORKBENCH_RUN'])")
    code = (
        "import os, signal, sys, workbench as wb; from pathlib import Path;"
        "print(wb.promote(Path(sys.argv[2]), ws=wb.open(sys.argv[1]), rehearsal_s=0).id, flush=True);"
        "os.killpg(os.getpid(), signal.SIGKILL)"
    )
    env = os.environ | {"PYTHONPATH": str(Path(str(workbench.__file__)).parents[1])}
    told = subprocess.run(
        [sys.executable, "-c", code, str(real_ws.root), str(path)],
        capture_output=True, text=True, check=False, env=env, start_new_session=True,
    )  # fmt: skip
    assert told.returncode == -signal.SIGKILL, told.stderr
    run = real_ws.run(told.stdout.strip())
    assert "run:job-1" in followed(run)
    assert run.state == "done"
    assert reconcile(real_ws) == []


@both
def test_cancel_leaves_no_process_behind(real_ws: Workspace, tmp_path: Path, engine: str) -> None:
    run = job(write_notebook(tmp_path / "a.ipynb", "print('first')", BUSY), engine=engine, ws=real_ws)
    wait(says(run, "busy"))
    token = run.info().handle["token"]
    assert len(members(token)) >= 3  # the runner, the kernel and the child
    run.cancel()
    assert run.state == "cancelled"
    assert members(token) == []
    assert "busy" in outputs(run)


def test_a_run_is_cancelled_when_its_processes_are_gone_and_not_before(real_ws: Workspace, tmp_path: Path) -> None:
    run = job(write_notebook(tmp_path / "a.ipynb", "print('first')", BUSY), ws=real_ws)
    wait(says(run, "busy"))
    handle = run.info().handle
    run.cancel_path.touch()  # as the verb does, which is killed here before it says more
    os.kill(handle["pid"], signal.SIGTERM)
    is_alive, state = True, ""
    while is_alive:
        state = run.info().state
        is_alive = real_ws.target.alive(handle)
        assert state == "running" or not is_alive
    reconcile(real_ws)
    assert run.state == "cancelled"
    assert "busy" in outputs(run)


def test_a_job_that_is_cancelled_before_its_handle_is_known_runs_no_cell(real_ws: Workspace, tmp_path: Path) -> None:
    run = job(write_notebook(tmp_path / "a.ipynb", "print('ran')"), ws=real_ws)
    run.cancel_path.touch()
    assert "ran" not in followed(run)
    assert run.state == "cancelled"


@both
def test_a_killed_runner_is_found_lost_with_its_partial_notebook(real_ws: Workspace, tmp_path: Path, engine: str) -> None:
    run = job(write_notebook(tmp_path / "a.ipynb", "print('first')", BUSY), engine=engine, ws=real_ws)
    wait(says(run, "busy"))
    wait(lambda: "busy" in outputs(run))
    handle = run.info().handle
    os.kill(handle["pid"], signal.SIGKILL)
    wait(lambda: not real_ws.target.alive(handle))
    assert [r.id for r in reconcile(real_ws)] == [run.id]
    assert run.state == "lost"
    assert members(handle["token"]) == []
    assert "first" in outputs(run)
    with pytest.raises(RunError, match=r"Run job-1 lost: Its process ended without a word"):
        run.result()


@both
@pytest.mark.parametrize(
    ("code", "signal_name", "hint"),
    [("import os; os.kill(os.getpid(), 9)", "SIGKILL", "memory"), ("import ctypes; ctypes.string_at(0)", "SIGSEGV", "C code")],
)
def test_cells_that_die_are_named_with_the_signal_and_keep_what_they_said(
    real_ws: Workspace, tmp_path: Path, engine: str, code: str, signal_name: str, hint: str
) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "1", f"print('so far', flush=True)\nimport time; time.sleep(.5)\n{code}")
    run = job(path, engine=engine, ws=real_ws)
    assert "so far" in followed(run)
    error = run.info().error
    assert error["message"] == f"The kernel died in cell 2, by the signal {signal_name}."
    assert hint in error["hint"]
    assert "so far" in outputs(run)
    assert run.info().progress["cells_state"] == ["done", "failed"]


@both
def test_memory_that_is_not_there_is_told_as_such(real_ws: Workspace, tmp_path: Path, engine: str) -> None:
    code = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33))\nprint('so far')\nb'x' * 2**35"
    run = job(write_notebook(tmp_path / "a.ipynb", code), engine=engine, ws=real_ws)
    assert "so far" in followed(run)
    assert run.info().error["message"] == "MemoryError in cell 1."
    assert "memory_gb" in run.info().error["hint"]


@both
def test_input_is_answered_with_what_to_do(real_ws: Workspace, tmp_path: Path, engine: str) -> None:
    run = job(write_notebook(tmp_path / "a.ipynb", "ask = input\nname = ask('Who? ')"), engine=engine, ws=real_ws)
    followed(run)
    error = run.info().error
    assert error["message"] == "Cell 1 asks for input(), and nobody answers in a job."
    assert "'parameters'" in error["hint"]


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(600)",
        "while True:\n    try:\n        sum(range(10**6))\n    except BaseException:\n        pass",
    ],
)
def test_a_time_limit_ends_the_run_in_its_cell(real_ws: Workspace, tmp_path: Path, code: str) -> None:
    run = job(write_notebook(tmp_path / "a.ipynb", "print(1)", code), time_limit_s=8, ws=real_ws)
    followed(run)
    assert run.state == "failed"
    assert run.info().error["message"] == "The time limit of 8 s was reached in cell 2."


def test_two_jobs_run_side_by_side(real_ws: Workspace, tmp_path: Path) -> None:
    # Each waits for the other's file: they only end when both run at the same time.
    meet = "import pathlib, time\npathlib.Path({!r}).touch()\nwhile not pathlib.Path({!r}).exists():\n    time.sleep(.05)"
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    runs = [
        job(write_notebook(tmp_path / f"{n}.ipynb", meet.format(me, other)), time_limit_s=60, ws=real_ws)
        for n, (me, other) in enumerate([(one, two), (two, one)])
    ]
    assert [r.id for r in runs] == ["job-1", "job-2"]
    assert [r.follow(str, timeout_s=90).state for r in runs] == ["done", "done"]


@both
def test_a_cell_that_may_raise_does_not_end_the_job_and_sys_exit_ends_it_well(
    real_ws: Workspace, tmp_path: Path, engine: str
) -> None:
    path = write_notebook(tmp_path / "a.ipynb", ("1 / 0", "raises-exception"), "print('on')\nimport sys\nsys.exit(0)", "1 / 0")
    run = job(path, engine=engine, ws=real_ws)
    assert "on" in followed(run)
    assert run.state == "done", run.info().error


@both
def test_a_workspace_opened_in_the_job_is_the_one_that_runs_it(real_ws: Workspace, tmp_path: Path, engine: str) -> None:
    code = "import workbench as wb\nws = wb.open({!r})\nprint(ws.root, ws.settings.run)"
    relative = os.path.relpath(real_ws.root, tmp_path)
    runs = [
        job(write_notebook(tmp_path / f"{n}.ipynb", code.format(p)), engine=engine, ws=real_ws)
        for n, p in enumerate(["", relative])
    ]
    for run in runs:
        assert f"{real_ws.root} {run.id}" in followed(run)


def test_the_model_of_a_training_in_the_job_is_the_result_of_the_job(real_ws: Workspace, tmp_path: Path) -> None:
    code = (
        "import workbench as wb\nfrom workbench.core.run import begin\nws = wb.open()\n"
        "run = begin(ws, 'train')\nrun.measure(1, accuracy=.5)\nrun.finish(model='model:caps@1')"
    )
    run = job(write_notebook(tmp_path / "a.ipynb", code), ws=real_ws)
    followed(run)
    assert (run.state, run.info().model, run.info().metrics) == ("done", "model:caps@1", {"accuracy": 0.5})


def test_what_a_job_leaves_running_ends_with_it(real_ws: Workspace, tmp_path: Path) -> None:
    run = job(write_notebook(tmp_path / "a.ipynb", BUSY.replace("time.sleep(600)\n", "")), ws=real_ws)
    token = run.info().handle["token"]
    followed(run)
    wait(lambda: members(token) == [])
    assert run.state == "done"
