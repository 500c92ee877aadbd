"""What a three-cell job costs, beside `papermill` and `jupyter execute`, as ratios of one run: wall and CPU seconds.

The CPU seconds are those of the runner, its kernel and whatever else the command starts; the wall seconds of a promotion
are those from the call to the end of the run, the bundle included.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import workbench as wb
from workbench.testing.notebooks import write_notebook

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # installed packages are compiled; without this, all three compile anew

CELLS = ("n = 3", "squares = [i * i for i in range(n)]", "print(sum(squares))")


def measured(work: Callable[[], None]) -> tuple[float, float]:
    """Return the wall seconds of *work* and its CPU seconds, here and in the processes that ended in it."""
    before, start = cpu_s(), time.perf_counter()
    work()
    return time.perf_counter() - start, cpu_s() - before


def cpu_s() -> float:
    """Return the CPU seconds of this process and of its children so far."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def command(*words: str) -> Callable[[], None]:
    def run() -> None:
        subprocess.run(words, check=True, capture_output=True)

    return run


def promoted(notebook: Path, ws: wb.Workspace) -> Callable[[], None]:
    def run() -> None:
        job = wb.promote(notebook, ws=ws)
        os.waitpid(job.info().handle["pid"], 0)  # only of a child that was waited for, CPU seconds are known
        assert job.state == "done", job.info().error

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        notebook = write_notebook(path / "job.ipynb", *CELLS)
        bin_ = Path(sys.executable).parent
        works = {
            "promote": promoted(notebook, wb.open(path / "ws")),
            "papermill": command(str(bin_ / "papermill"), str(notebook), str(path / "out.ipynb"), "--no-progress-bar"),
            "jupyter execute": command(str(bin_ / "jupyter"), "execute", str(notebook), "--output", str(path / "out2.ipynb")),
        }
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
        for work in works.values():
            work()  # once to fill the caches of the disk
        for _ in range(rounds):
            for name, work in works.items():  # in turn, so that a busy moment hits them all
                times[name].append(measured(work))
    best = {name: [min(t[i] for t in all_) for i in (0, 1)] for name, all_ in times.items()}
    for name, all_ in times.items():
        middle = [statistics.median(t[i] for t in all_) for i in (0, 1)]
        ratios = [best["promote"][i] / best[name][i] for i in (0, 1)]
        print(
            f"{name:16} wall {best[name][0]:5.2f} s (median {middle[0]:5.2f})  CPU {best[name][1]:5.2f} s "
            f"(median {middle[1]:5.2f})  promote / this: wall {ratios[0]:.2f}, CPU {ratios[1]:.2f}"
        )
    told = {f"promote / {name}": best["promote"][1] / best[name][1] for name in works if name != "promote"}
    print(json.dumps({"benchmark": "job_start", "cpu_ratio": told}))


if __name__ == "__main__":
    main()
