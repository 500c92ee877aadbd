"""What a three-cell job costs beside its peers, what a cell costs, and how long a called verb takes to its first cell.

Wall and CPU seconds are those of everything that is started, up to the end of the last process; ours include the bundle.
`warm` is a fork of a warm process that has torch and transformers loaded, `cold` the same without one, `kernel` a Jupyter
kernel. The machine may be busy, so every peer is measured in turn, several times, and the best of each is compared.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import workbench as wb
from workbench.core.files import read_json
from workbench.core.run import Run
from workbench.server.calls import Calls
from workbench.testing.notebooks import write_notebook

CELLS = ("n = 3", "squares = [i * i for i in range(n)]", "print(sum(squares))")
FIRST = "import time, sys; print('first', time.time(), 'transformers' in sys.modules)"


def command(*words: str) -> Callable[[], float]:
    """Return what runs a command and gives the CPU seconds that it took."""

    def run() -> float:
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, words
        return used.ru_utime + used.ru_stime

    return run


def promoted(notebook: Path, ws: wb.Workspace, *, is_warm: bool, engine: str = "auto") -> Callable[[], float]:
    """Return what promotes a notebook, waits for the last process of its job, and gives the CPU seconds that it took."""

    def run() -> float:
        os.environ["WORKBENCH_WARM"] = str(int(is_warm))
        before = time.process_time()
        job = wb.promote(notebook, rehearsal_s=0, engine=engine, ws=ws)
        used = 0.0
        while ticks := _ticks(job.info().handle["pid"]):
            used = ticks / os.sysconf("SC_CLK_TCK")
            time.sleep(0.005)
        assert job.state == "done", job.info().error
        return used + time.process_time() - before

    return run


def _ticks(pid: int) -> int:
    """Return the clock ticks that a process and its children which have ended took so far, 0 when it has ended."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if told[0] in "ZX" else max(1, sum(map(int, told[11:15])))


@contextmanager
def warm_process() -> Iterator[None]:
    """Have a warm process of this benchmark's own, with all that it loads."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"XDG_RUNTIME_DIR": folder, "WORKBENCH_WARM": "1"}
        probe = write_notebook(Path(folder) / "probe.ipynb", FIRST)
        ws = wb.open(Path(folder) / "ws")
        while "True" not in (job := wb.promote(probe, rehearsal_s=0, ws=ws).follow(str)).log_path.read_text():
            assert job.state == "done", job.info().error
            time.sleep(1)
        try:
            yield
        finally:
            for lock in Path(folder, "perception-workbench/warm").glob("*.lock"):
                if pid := lock.read_text():
                    os.kill(int(pid), signal.SIGKILL)


def confirmed(notebook: Path, ws: wb.Workspace) -> float:
    """Return the seconds from the call of the verb, as the server's handler makes it but without HTTP, to the first cell."""
    start = time.time()
    answer = asyncio.run(Calls().call("promote", {"notebook": str(notebook), "rehearsal_s": 0}, workspace=ws.root))
    run = Run(ws, answer.body["result"]["ref"].removeprefix("run:")).follow(str)
    said = next(line for line in run.log_path.read_text().splitlines() if line.startswith("first"))
    return float(said.split()[1]) - start


def per_cell(path: Path, ws: wb.Workspace, *, engine: str) -> float:
    """Return the milliseconds that a cell costs in a notebook of a thousand."""
    run = wb.promote(write_notebook(path, *["x = 1"] * 1_000), rehearsal_s=0, engine=engine, ws=ws).follow(str)
    cells = [c for c in read_json(run.notebook_path)["cells"] if c["cell_type"] == "code"]
    assert run.state == "done", run.info().error
    told = cells[0]["metadata"]["papermill"]["start_time"], cells[-1]["metadata"]["papermill"]["end_time"]
    first, last = map(datetime.fromisoformat, told)
    return (last - first).total_seconds()


def scheduler(notebook: Path, path: Path) -> Callable[[], float] | None:
    """Return what runs the notebook as jupyter-scheduler's job does, in its own process; None where it is not installed."""
    if find_spec("jupyter_scheduler") is None:
        return None
    code = (
        "import sys; from pathlib import Path\n"
        "from jupyter_scheduler.orm import Base, Job, create_session, create_tables\n"
        "from jupyter_scheduler.executors import DefaultExecutionManager\n"
        "url, source, folder = sys.argv[1:]\n"
        "create_tables(url)\n"
        "with create_session(url)() as session:\n"
        "    job = Job(name='job', input_filename='job.ipynb', runtime_environment_name='', output_formats=['ipynb'])\n"
        "    session.add(job); session.commit(); key = job.job_id\n"
        "paths = {'input': source, 'ipynb': folder + '/out3.ipynb'}\n"
        "DefaultExecutionManager(key, folder, url, paths).process()\n"
        "assert Path(paths['ipynb']).exists()\n"
    )
    return command(sys.executable, "-c", code, f"sqlite:///{path / 'scheduler.db'}", str(notebook), str(path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory() as folder, warm_process():
        path = Path(folder)
        ws = wb.open(path / "ws")
        notebook = write_notebook(path / "job.ipynb", *CELLS)
        bin_ = Path(sys.executable).parent
        works = {
            "ours, warm": promoted(notebook, ws, is_warm=True),
            "ours, cold": promoted(notebook, ws, is_warm=False),
            "ours, kernel": promoted(notebook, ws, is_warm=False, engine="kernel"),
            "papermill": command(str(bin_ / "papermill"), str(notebook), str(path / "out.ipynb"), "--no-progress-bar"),
            "jupyter execute": command(str(bin_ / "jupyter"), "execute", str(notebook), "--output", str(path / "out2.ipynb")),
        }
        if (peer := scheduler(notebook, path)) is not None:
            works["jupyter-scheduler"] = peer
        else:
            print("jupyter-scheduler is not installed, and left out: pip install jupyter-scheduler")
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
        for number in range(rounds + 1):
            for name, work in works.items():  # in turn, so that a busy moment hits them all
                start = time.perf_counter()
                cpu = work()
                if number:  # the first fills the caches of the disk
                    times[name].append((time.perf_counter() - start, cpu))
        os.environ["WORKBENCH_WARM"] = "1"
        first = write_notebook(path / "first.ipynb", FIRST)
        confirms = sorted([confirmed(first, ws) for _ in range(rounds + 1)][1:])  # the first is left out, not the worst
        cells = {engine: per_cell(path / f"{engine}.ipynb", ws, engine=engine) for engine in ("inline", "kernel")}
        report(times, confirms, cells)


def report(times: dict[str, list[tuple[float, float]]], confirms: list[float], cells: dict[str, float]) -> None:
    best = {name: [min(t[i] for t in all_) for i in (0, 1)] for name, all_ in times.items()}
    for name, all_ in times.items():
        middle = [statistics.median(t[i] for t in all_) for i in (0, 1)]
        ratio = [best[name][i] / best["ours, warm"][i] for i in (0, 1)]
        print(
            f"{name:18} wall {best[name][0]:5.2f} s (median {middle[0]:5.2f})  CPU {best[name][1]:5.2f} s "
            f"(median {middle[1]:5.2f})  this / warm: wall {ratio[0]:.1f}, CPU {ratio[1]:.1f}"
        )
    print(
        f"Verb to first cell: best {confirms[0]:.3f} s, median {statistics.median(confirms):.3f} s, worst {confirms[-1]:.3f} s"
    )
    print("; ".join(f"{name}: {ms:.2f} ms a cell" for name, ms in cells.items()))
    told = {name: best[name][0] / best["ours, warm"][0] for name in best if name != "ours, warm"}
    print(json.dumps({"benchmark": "job_start", "wall_over_warm": told, "confirm_s": confirms[0], "ms_per_cell": cells}))


if __name__ == "__main__":
    main()
