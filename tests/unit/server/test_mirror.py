"""What the server tells of a workspace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import workbench as wb
from workbench.core import processes
from workbench.core.errors import ConflictError, InputError
from workbench.core.run import begin
from workbench.server.calls import Calls
from workbench.server.desk import Desk
from workbench.server.mirror import Mirror


@pytest.fixture
def mirror(real_ws: wb.Workspace) -> Mirror:
    return Mirror(real_ws.root)


def desk(root: Path) -> Desk:
    return Desk(root_dir=root, told="", at_work=Calls(), max_body=1000)


def test_only_what_changed_is_told(real_ws: wb.Workspace, mirror: Mirror) -> None:
    begin(real_ws, "train")
    first = mirror.state(0)
    begin(real_ws, "train")
    second = mirror.state(first["seq"])
    assert [r["id"] for r in first["records"]] == ["train-1"]
    assert [r["id"] for r in second["records"]] == ["train-2"]
    assert mirror.state(second["seq"])["records"] == []


def test_numbers_of_a_workspace_that_was_made_anew_start_again(real_ws: wb.Workspace, mirror: Mirror) -> None:
    begin(real_ws, "train")
    told = mirror.state(99)
    assert (told["since"], [r["id"] for r in told["records"]]) == (0, ["train-1"])


def test_where_processes_are_stays_on_the_server(real_ws: wb.Workspace, mirror: Mirror) -> None:
    begin(real_ws, "job", handle={"pid": 1, "token": "secret"})
    assert "secret" not in str(mirror.state(0))


def test_a_run_whose_process_was_killed_becomes_lost(real_ws: wb.Workspace, mirror: Mirror) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    run = begin(real_ws, "train", process={"pid": gone.pid, "started": "1"})
    mirror.settle()
    assert run.state == "lost"


def test_a_run_that_works_is_left_alone(real_ws: wb.Workspace, mirror: Mirror) -> None:
    run = begin(real_ws, "train", process=processes.identity(os.getpid()))
    mirror.settle()
    assert run.state == "running"


def test_a_long_curve_is_thinned_for_the_screen(real_ws: wb.Workspace, mirror: Mirror) -> None:
    run = begin(real_ws, "train")
    (run.folder / "metrics.jsonl").write_text("".join(f'{{"step": {i}, "loss": 1}}\n' for i in range(5000)))
    curve = mirror.run(run.id, root_dir=real_ws.root)["curve"]
    assert len(curve) <= 600
    assert curve[-1]["step"] == 4999


def test_a_job_shows_the_curve_of_the_training_in_its_cells(real_ws: wb.Workspace, mirror: Mirror) -> None:
    job = begin(real_ws, "job")
    begin(real_ws, "train", parent=job.id).measure(1, loss=0.5)
    assert [step["loss"] for step in mirror.run(job.id, root_dir=real_ws.root)["curve"]] == [0.5]


def test_an_executed_notebook_is_named_as_jupyter_names_it(real_ws: wb.Workspace, mirror: Mirror) -> None:
    run = begin(real_ws, "job")
    run.notebook_path.write_text("{}")
    assert mirror.run(run.id, root_dir=real_ws.root.parent)["notebook"] == f"real/runs/{run.id}/run.ipynb"
    assert mirror.run(run.id, root_dir=real_ws.root / "elsewhere")["notebook"] is None


def test_a_notebook_is_found_below_the_root_folder(tmp_path: Path) -> None:
    here = desk(tmp_path)
    assert here.notebook("a/b.ipynb") == str(tmp_path / "a" / "b.ipynb")
    assert here.notebook("RTC:a/b.ipynb") == str(tmp_path / "a" / "b.ipynb")
    assert here.notebook(str(tmp_path / "b.ipynb")) == str(tmp_path / "b.ipynb")


@pytest.mark.parametrize("path", ["../b.ipynb", "a/../../b.ipynb", 7])
def test_a_notebook_outside_the_root_folder_is_refused(tmp_path: Path, path: object) -> None:
    with pytest.raises(InputError):
        desk(tmp_path).notebook(path)


def test_a_workspace_that_is_made_later_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_WORKSPACE", raising=False)
    here = desk(tmp_path)
    with pytest.raises(ConflictError, match="There is no workspace"):
        here.need_mirror()
    wb.open(tmp_path / "line-3", environment={})
    assert here.need_mirror().ws.name == "line-3"


def test_the_server_extension_loads_nothing_heavy() -> None:
    code = "import sys, workbench.server.app; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "numpy", "PIL", "lance", "pyarrow", "mlflow", "matplotlib", "ipywidgets", "papermill", "pandas"}
    assert heavy.isdisjoint(done.stdout.split())


def test_the_list_of_runs_is_told_in_brief_and_the_panel_in_full(real_ws: wb.Workspace, mirror: Mirror) -> None:
    run = begin(real_ws, "job", title="train.ipynb", params={"epochs": 4}, environment={"LANG": "C"}, order={"idea": "small"})
    brief = mirror.state(0)["records"][0]["fields"]
    assert (brief["title"], brief["idea"]) == ("train.ipynb", "small")
    assert not {"params", "environment", "order", "process"} & set(brief)
    assert mirror.run(run.id, root_dir=real_ws.root)["fields"]["params"] == {"epochs": 4}
