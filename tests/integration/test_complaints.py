"""What users of other tools complain of, once each, as a person would meet it: a notebook, a promotion, a run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.core.errors import InputError, RunError
from workbench.core.run import Run
from workbench.core.workspace import Workspace
from workbench.jobs.bundles.bundle import read
from workbench.jobs.bundles.versions import of_run
from workbench.jobs.preflight import preflight
from workbench.jobs.promote import promote
from workbench.jobs.schedule import schedule
from workbench.jobs.submit import folder
from workbench.testing.notebooks import write_notebook
from workbench.testing.pictures import colors
from workbench.testing.runs import says, wait

pytestmark = pytest.mark.slow


def log_of(run: Run) -> str:
    run.follow(lambda _: None, timeout_s=120)
    return run.log_path.read_text(encoding="utf-8")


def test_the_job_lacks_modules_and_files_beside_the_notebook(real_ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "__init__.py").write_text("from .inner import scale\n")
    (tmp_path / "tools" / "inner.py").write_text("import factors\ndef scale(x):\n    return x * factors.TWO\n")
    (tmp_path / "factors.py").write_text("TWO = 2\n")
    (tmp_path / "names.csv").write_text("ok\ncrack\n")
    path = write_notebook(
        tmp_path / "a.ipynb", "import tools\nprint(tools.scale(21))", "print(open('names.csv').read().split())"
    )
    run = promote(path, ws=real_ws)
    log = log_of(run)
    assert run.state == "done"
    assert "42" in log
    assert "['ok', 'crack']" in log


def test_the_job_has_other_package_versions(real_ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(
        tmp_path / "a.ipynb", "import sys, numpy\nprint(numpy.__version__, *sys.version_info[:3], sys.executable)"
    )
    run = promote(path, ws=real_ws)
    import numpy

    assert f"{numpy.__version__} {' '.join(map(str, sys.version_info[:3]))} {sys.executable}" in log_of(run)
    facts = read(folder(real_ws), Path(str(run.info().more["bundle"]))).facts
    assert facts["packages"]["numpy"] == numpy.__version__


def test_edits_of_an_imported_module_are_not_captured(real_ws: Workspace, tmp_path: Path) -> None:
    helper = tmp_path / "helper.py"
    helper.write_text("WORD = 'old'\n")
    path = write_notebook(tmp_path / "a.ipynb", "import helper\nprint('word', helper.WORD)")
    first = promote(path, ws=real_ws)
    helper.write_text("WORD = 'new'\n")
    second = promote(path, ws=real_ws)
    assert "word old" in log_of(first)
    assert "word new" in log_of(second)


def test_aliasing_breaks_the_choice_of_cells_silently(real_ws: Workspace, tmp_path: Path) -> None:
    cells = ("values = [1]", "other = values", "other.append(2)", "print('unrelated')", ("print('sum', sum(values))", "run"))
    run = promote(write_notebook(tmp_path / "a.ipynb", *cells), cells="run", ws=real_ws)
    log = log_of(run)
    assert "sum 3" in log
    assert "unrelated" not in log


def test_a_star_import_breaks_the_choice_of_cells_silently(real_ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "shapes.py").write_text("SIDE = 4\n")
    cells = ("from shapes import *", ("print('area', SIDE ** 2)", "run"))
    run = promote(write_notebook(tmp_path / "a.ipynb", *cells), cells="run", ws=real_ws)
    assert "area 16" in log_of(run)


def test_no_live_log_and_no_progress_by_cell(real_ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "print('first')", "import time\nprint('second', flush=True)\ntime.sleep(600)")
    run = promote(path, rehearsal_s=0, ws=real_ws)
    wait(says(run, "second"))
    wait(lambda: run.info().progress.get("cells_state") == ["done", "running"])
    run.cancel()


def test_no_time_limit(real_ws: Workspace, tmp_path: Path) -> None:
    run = promote(write_notebook(tmp_path / "a.ipynb", "while True:\n    pass"), rehearsal_s=0, time_limit_s=5, ws=real_ws)
    log_of(run)
    assert run.info().error["message"] == "The time limit of 5 s was reached in cell 1."


def test_no_retry(real_ws: Workspace, tmp_path: Path) -> None:
    mark = tmp_path / "tried"
    cell = f"import pathlib\nmark = pathlib.Path({str(mark)!r})\nfirst = not mark.exists()\nmark.touch()\nassert not first"
    run = promote(write_notebook(tmp_path / "a.ipynb", cell), rehearsal_s=0, retries=1, ws=real_ws)
    wait(lambda: run.state == "done")
    assert run.info().more["attempt"] == 2


@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")  # what MLflow says to SQLAlchemy
def test_no_resume(real_ws: Workspace, tmp_path: Path) -> None:
    """A job that is killed in the middle of its training comes to the same model, bit for bit."""
    train, val = colors(real_ws, 300, 30)
    cell = f"""import workbench as wb
ws = wb.open({str(real_ws.root)!r})
recipe = wb.recipe("image-classification", epochs=4, batch_size=2, image_size=16)
wb.train(recipe, ws.dataset({train.ref!r}), ws.dataset({val.ref!r}))"""
    path = write_notebook(tmp_path / "a.ipynb", cell)
    killed = promote(path, rehearsal_s=0, retries=1, ws=real_ws)
    wait(says(killed, "step 2"), seconds=120)  # the second of four epochs is over
    os.kill(int(killed.info().handle["pid"]), signal.SIGKILL)
    killed.follow(lambda _: None, timeout_s=240)
    whole = promote(path, rehearsal_s=0, ws=real_ws)
    whole.follow(lambda _: None, timeout_s=240)
    assert (killed.state, killed.info().more["attempt"], whole.state) == ("done", 2, "done")
    assert killed.info().model != whole.info().model
    assert killed.result().digest == whole.result().digest
    assert real_ws.run("train-2").info().more["continues"] == "run:train-1"


def test_jobs_die_with_the_server(real_ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(
        tmp_path / "a.ipynb",
        f"import time, pathlib\ngo = pathlib.Path({str(tmp_path / 'go')!r})\n"
        "while not go.exists():\n    time.sleep(.05)\nprint('went on')",
    )
    code = f"""import time, workbench as wb
ws = wb.open({str(real_ws.root)!r})
print(wb.promote({str(path)!r}, rehearsal_s=0).id, flush=True)
time.sleep(600)"""
    server = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert server.stdout is not None
    run = Run(real_ws, server.stdout.readline().strip())
    wait(lambda: run.state == "running")
    os.killpg(server.pid, signal.SIGKILL)
    server.communicate()
    (tmp_path / "go").touch()
    assert "went on" in log_of(run)
    assert run.state == "done"


def test_nobody_says_which_code_ran(real_ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "print('first')")
    run = promote(path, ws=real_ws)
    log_of(run)
    assert not of_run(real_ws, run.id)["is_behind"]
    write_notebook(path, "print('second')")
    told = of_run(real_ws, run.id)
    assert told["is_behind"]
    assert "print('first')" in (folder(real_ws) / str(run.info().more["bundle"]) / "notebook.ipynb").read_text()


def test_a_schedule_runs_an_old_snapshot_and_does_not_say_so(real_ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "print('first')")
    nightly = schedule(path, "0 3 * * *", name="nightly", ws=real_ws)
    before = nightly.info().bundle
    write_notebook(path, "print('second')")
    again = nightly.renew().info().bundle
    assert before != again
    run = nightly.fire()
    assert "second" in log_of(run)
    assert run.info().more["bundle"] == again
    nightly.pause()


def test_parameters_are_pasted_as_text_and_code_can_be_injected(real_ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", ("name = ''", "parameters"), "print([name])")
    nasty = "'; import os; os.environ['X'] = '1'; '\"\n{name} %s"
    assert repr([nasty]) in log_of(promote(path, parameters={"name": nasty}, ws=real_ws))


def test_unknown_parameters_pass(real_ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", ("epochs = 1", "parameters"))
    with pytest.raises(InputError, match="unknown parameter 'epoch'"):
        promote(path, parameters={"epoch": 3}, ws=real_ws)


def test_a_chatty_cell_times_out(real_ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "for i in range(30_000):\n    print(i, flush=True)")
    run = promote(path, ws=real_ws)
    lines = log_of(run).splitlines()
    assert run.state == "done"
    assert [line for line in lines if line.isdigit()] == [str(i) for i in range(30_000)]


def test_progress_bars_flood_the_log(real_ws: Workspace, tmp_path: Path) -> None:
    cell = "import sys\nfor i in range(5000):\n    print(f'\\r{i / 50:.0f}%', end='', flush=True)\nprint()"
    run = promote(write_notebook(tmp_path / "a.ipynb", cell), ws=real_ws)
    assert "100%" in log_of(run)
    assert run.log_path.stat().st_size < 10_000


def test_secrets_end_up_in_the_executed_notebook(real_ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_TOKEN", "s3cr3t-Value-77")
    run = promote(
        write_notebook(tmp_path / "a.ipynb", "import os\ntoken = os.environ['HUB_TOKEN']\nprint(len(token), token)"), ws=real_ws
    )
    log = log_of(run)
    assert run.state == "done"
    assert "15 " in log  # it was there
    kept = [p for p in real_ws.root.rglob("*") if p.is_file() and b"s3cr3t-Value-77" in p.read_bytes()]
    assert kept == []


def test_ports_collide_when_jobs_run_in_parallel(real_ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "print('fine')")
    runs = [promote(path, engine="kernel", cpus=0, rehearsal_s=0, ws=real_ws) for _ in range(4)]
    assert ["fine" in log_of(run) and run.state for run in runs] == ["done"] * 4


@pytest.mark.parametrize("engine", ["inline", "kernel"])
def test_a_dead_kernel_gives_no_message_and_loses_the_output(real_ws: Workspace, tmp_path: Path, engine: str) -> None:
    path = write_notebook(
        tmp_path / "a.ipynb",
        "print('before')",
        "import os, signal, time\nprint('partial', flush=True)\ntime.sleep(.5)\nos.kill(os.getpid(), signal.SIGKILL)",
    )
    run = promote(path, engine=engine, rehearsal_s=0, ws=real_ws)
    log_of(run)
    error = run.info().error
    assert error["message"] == "The kernel died in cell 2, by the signal SIGKILL."
    assert "memory" in error["hint"]
    executed = run.notebook_path.read_text(encoding="utf-8")
    assert "before" in executed
    assert "partial" in json.dumps([c.get("outputs") for c in json.loads(executed)["cells"]])


def test_several_notebooks_with_dependencies(real_ws: Workspace, tmp_path: Path) -> None:
    first = write_notebook(tmp_path / "a.ipynb", "import workbench as wb, time\ntime.sleep(.5)\nwb.result({'size': 12})")
    second = write_notebook(tmp_path / "b.ipynb", ("size = 0", "parameters"), "print('size is', size)")
    made = promote(first, ws=real_ws)
    follows = promote(second, parameters={"size": f"{made.ref}[size]"}, after=(made.id,), ws=real_ws)
    assert "size is 12" in log_of(follows)


def test_a_notebook_that_failed_takes_those_after_it_along_and_says_so(real_ws: Workspace, tmp_path: Path) -> None:
    bad = promote(write_notebook(tmp_path / "a.ipynb", "1 / 0"), rehearsal_s=0, ws=real_ws)
    follows = promote(write_notebook(tmp_path / "b.ipynb", "print('never')"), after=(bad.id,), rehearsal_s=0, ws=real_ws)
    follows.follow(lambda _: None, timeout_s=120)
    assert follows.state == "cancelled"
    assert bad.id in follows.info().error["message"]


def test_a_cell_that_asks_for_input_hangs_for_ever(real_ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "n = 1", "x = 2\nname = input('who? ')")
    [problem] = preflight(path, ws=real_ws)["problems"]
    assert (problem["cell"], problem["line"]) == (2, 2)


def test_the_job_does_not_run_what_i_ran(real_ws: Workspace, tmp_path: Path) -> None:
    """The notebook shows 42, from a value that was edited after it ran: hidden state."""
    path = write_notebook(tmp_path / "a.ipynb", "n = 2", "print(n * 21)")
    document = json.loads(path.read_text())
    document["cells"][0]["execution_count"] = 1
    document["cells"][1] |= {"execution_count": 2, "outputs": [{"output_type": "stream", "name": "stdout", "text": "63\n"}]}
    path.write_text(json.dumps(document))
    with pytest.raises(RunError, match="Cell 2 showed something else"):
        promote(path, ws=real_ws)
    run = promote(path, override="the new value is meant", ws=real_ws)
    assert "42" in log_of(run)
    assert run.info().more["override"] == "the new value is meant"
