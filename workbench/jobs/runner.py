"""The process of a job: `python -m workbench.jobs.runner <run folder>` executes its notebook with papermill."""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench import wiring
from workbench.core import files
from workbench.core.errors import ConflictError
from workbench.core.run import Run
from workbench.jobs import failure
from workbench.jobs.brake import Brake
from workbench.jobs.bundle import NOTEBOOK
from workbench.jobs.lean import lean
from workbench.jobs.submit import JOB, WORK
from workbench.jobs.watch import Watch

_START_S = 120


def main(arguments: Sequence[str]) -> int:
    """Execute the job in the folder that is named; return 0 when it was done."""
    folder = Path(arguments[0]).resolve()
    job = files.read_json(folder / JOB)
    brake = Brake(float(job["time_limit_s"]))
    brake.arm()
    ws = wiring.open(Path(job["workspace"]))
    run = Run(ws, folder.name)
    try:
        run.update(state="running", only=("queued",), started=ws.now())
    except ConflictError:
        return 1  # cancelled before it began
    if run.cancel_path.exists():  # cancelled before its handle was known
        brake.pull("cancelled")
    numbers = [c["metadata"]["workbench"]["cell"] for c in _cells(folder) if c["cell_type"] == "code"]
    watch = Watch(run, numbers)
    try:
        ended = _end(_execute(folder, job, watch, brake), brake, job)
    except BaseException:
        watch.log.feed("stderr", traceback.format_exc())
        ended = "failed", failure.made("The runner of the job broke; the log has its traceback")
    watch.log.say(f"{ended[0]}: {ended[1]['message']}" if ended[1] else ended[0])
    watch.log.close()
    try:
        run.finish(state=ended[0], error=ended[1])
    except ConflictError:
        return 1  # somebody ended it from outside meanwhile
    return int(ended[0] != "done")


def _execute(folder: Path, job: Mapping[str, Any], watch: Watch, brake: Brake) -> dict[str, Any]:
    """Return why the notebook failed, {} when it did not."""
    with lean():  # so these imports are not at the top
        import papermill
        from jupyter_client.kernelspec import NoSuchKernel
        from nbclient.exceptions import DeadKernelError
        from traitlets.config import Config

        from workbench.jobs import engine

    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what it has to say is in the record
    with tempfile.TemporaryDirectory(prefix="wb-", ignore_cleanup_errors=True) as sockets:
        try:
            papermill.execute_notebook(
                f"{WORK}/{NOTEBOOK}",  # relative to the folder, which is the working directory: papermill formats braces
                None,
                parameters=dict(job["parameters"]),
                engine_name=engine.NAME,
                kernel_name=str(job["kernel"]),
                language="python",
                cwd=WORK,
                progress_bar=False,
                start_timeout=_START_S,
                path=folder / "run.ipynb",
                watch=watch,
                brake=brake,
                config=Config({"KernelManager": _connection(Path(sockets))}),
            )
        except papermill.PapermillExecutionError:
            return watch.failure  # none when the cell is tagged 'raises-exception'
        except DeadKernelError:
            return watch.failure
        except NoSuchKernel as exc:
            return failure.made(f"No kernel named {exc.name!r}", hint="jupyter kernelspec list shows those that are there.")
        except (RuntimeError, TimeoutError) as exc:
            if watch.number:
                raise
            return failure.made(f"The kernel {job['kernel']!r} did not start: {exc}", hint=f"The log is {watch.run.log_path}.")
    return watch.failure


def _end(failed: dict[str, Any], brake: Brake, job: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the state and the error that a run ends with; being stopped explains whatever went wrong after."""
    if brake.reason == "cancelled":
        return "cancelled", {}
    if brake.reason == "time":
        cell = int(failed.get("cell", 0))
        said = f" in cell {cell}" if cell else ""
        limit = f"{float(job['time_limit_s']):g} s"
        return "failed", failure.made(f"The time limit of {limit} was reached{said}", cell=cell, hint="Raise `time_limit_s`.")
    return ("failed", failed) if failed else ("done", {})


def _connection(folder: Path) -> dict[str, str]:
    """Return how to talk with the kernel: by sockets in a folder of our own, so that two jobs never meet on a port."""
    if sys.platform == "win32":
        return {}
    return {"transport": "ipc", "connection_file": str(folder / "k.json")}


def _cells(folder: Path) -> list[dict[str, Any]]:
    return list(json.loads((folder / WORK / NOTEBOOK).read_text(encoding="utf-8"))["cells"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
