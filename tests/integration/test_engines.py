"""The two engines that run the cells of a job: what they show, keep and keep to themselves is the same."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.core.run import Run
from workbench.core.workspace import Workspace
from workbench.jobs import promote as promotion
from workbench.jobs.running.outputs import normal
from workbench.testing.notebooks import write_notebook
from workbench.testing.runs import followed, outputs, says, wait

pytestmark = pytest.mark.slow

both = pytest.mark.parametrize("engine", ["inline", "kernel"])


def job(path: Path, **given: Any) -> Run:
    return promotion.promote(path, rehearsal_s=0, **given)


@both
def test_a_progress_bar_is_one_line_of_the_log(real_ws: Workspace, tmp_path: Path, engine: str) -> None:
    code = "from tqdm import tqdm\nfor i in tqdm(range(2_000), mininterval=0, desc='steps'):\n    pass"
    run = job(write_notebook(tmp_path / "a.ipynb", code), engine=engine, ws=real_ws)
    assert len([line for line in followed(run) if "steps" in line]) == 1
    assert "100%" in run.log_path.read_text()
    assert len(run.notebook_path.read_text()) < 5_000


@both
def test_a_secret_reaches_the_cells_and_nothing_that_is_kept(
    real_ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with it, ipykernel leaves what children write alone
    monkeypatch.setenv("SHOP_API_KEY", "s3cr3t-'value")
    code = (
        "import os, sys\nkey = os.environ['SHOP_API_KEY']\nprint(len(key), key)\nprint(key, file=sys.stderr)\n"
        "os.system('echo \"$SHOP_API_KEY\"')\nfrom IPython.display import HTML, display\ndisplay(HTML(key), {'key': key})\n"
        "raise ValueError(key)"
    )
    run = job(write_notebook(tmp_path / "a.ipynb", code), engine=engine, ws=real_ws)
    assert "13 ***" in followed(run)
    assert run.info().error["message"] == "ValueError in cell 1: ***."
    kept = [path for path in run.folder.rglob("*") if path.is_file() and b"s3cr3t" in path.read_bytes()]
    assert kept == []


@both
def test_what_a_cell_writes_is_in_the_log_before_the_cell_ends(
    real_ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with it, ipykernel leaves what children write alone
    code = "import os, time\nprint('half a li', end='', flush=True)\nos.system('echo from a child')\ntime.sleep(600)"
    run = job(write_notebook(tmp_path / "a.ipynb", code), engine=engine, ws=real_ws)
    wait(says(run, "half a li"))
    wait(says(run, "from a child"))
    run.cancel()
    assert "KeyboardInterrupt" in run.log_path.read_text()
    assert "time.sleep" in outputs(run)


@both
def test_a_witness_tells_what_the_cells_saw(real_ws: Workspace, tmp_path: Path, engine: str) -> None:
    (tmp_path / "table.csv").write_text("a,b")
    (tmp_path / "helper.py").write_text("said = 'hi'")
    code = f"import helper\nopen({str(tmp_path / 'table.csv')!r}).read()\nopen('made.txt', 'w').write('x')"
    run = job(write_notebook(tmp_path / "a.ipynb", code, "1 + 1", ("1 / 0", "raises-exception")), engine=engine, ws=real_ws)
    followed(run)
    told = json.loads((run.folder / "witness.json").read_text())
    assert told["files"][str(tmp_path / "table.csv")]["bytes"] == 3
    assert [Path(p).name for p in told["modules"]] == ["helper.py"]
    assert [Path(p).name for p in told["written"]] == ["made.txt"]
    assert [(c["cell"], c["state"]) for c in told["cells"]] == [(1, "done"), (2, "done"), (3, "done")]
    assert told["packages"]["ipykernel"]
    assert told["threads"]["OMP_NUM_THREADS"] == "1"


def test_both_engines_show_the_same(real_ws: Workspace, tmp_path: Path) -> None:
    cells = (
        "print('a')\nimport sys\nprint('b', file=sys.stderr)\n1 + 1",
        "import asyncio\nawait asyncio.sleep(.01)\nprint('later')",
        "!echo from a shell",
        "%%capture said\nprint('hidden')",
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "from IPython.display import HTML, clear_output, display\nprint('gone')\nclear_output()\ndisplay(HTML('<b>x</b>'))",
        "handle = display('first', display_id=True)",
        "handle.update('second')",
        "import ipywidgets\nipywidgets.IntSlider(value=3)",
        "out = ipywidgets.Output()\nwith out:\n    print('inside')",
        "type(get_ipython()).__name__, asyncio.get_running_loop().is_running()",
        ("def f():\n    return 1 / 0\nf()", "raises-exception"),
        ("1 +", "raises-exception"),
        "import os\nif not os.fork():\n    print('from a fork', flush=True)\n    os._exit(0)\nos.wait();",
        "import sys\nsys.exit()",
    )  # fmt: skip
    path = write_notebook(tmp_path / "a.ipynb", *cells)
    runs = [job(path, engine=engine, ws=real_ws) for engine in ("inline", "kernel")]
    for run in runs:
        assert run.follow(str, timeout_s=120).state == "done", run.info().error
    inline, kernel = (json.loads(run.notebook_path.read_text())["cells"] for run in runs)
    for one, other in zip(inline, kernel, strict=True):
        assert normal(one["outputs"]) == normal(other["outputs"]), one["source"]
        assert one["execution_count"] == other["execution_count"]


def test_a_kernel_of_another_name_takes_the_kernel_engine(real_ws: Workspace, tmp_path: Path) -> None:
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Other",
        "language": "python",
        "env": {"OTHER": "yes"},  # what sets variables is not this very process
    }
    folder = Path(sys.prefix, "share/jupyter/kernels/wb-other-test")
    folder.mkdir(parents=True)
    try:
        (folder / "kernel.json").write_text(json.dumps(spec))
        run = job(
            write_notebook(tmp_path / "a.ipynb", "import os; print(os.environ['OTHER'])", kernel="wb-other-test"), ws=real_ws
        )
        assert "yes" in followed(run)
    finally:
        (folder / "kernel.json").unlink()
        folder.rmdir()
