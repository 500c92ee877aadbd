"""The process of a job: `python -m workbench.jobs.running.runner <run folder>` executes its notebook with papermill."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench import wiring
from workbench.core import files
from workbench.core.errors import ConflictError, ExternalError
from workbench.core.run import Run
from workbench.jobs import members
from workbench.jobs.bundles.bundle import NOTEBOOK
from workbench.jobs.job import JOB, SECRETS, WORK
from workbench.jobs.queueing.ending import end
from workbench.jobs.queueing.queue import enter, leave
from workbench.jobs.running import failure, mask
from workbench.jobs.running.brake import Brake
from workbench.jobs.running.lean import lean
from workbench.jobs.running.watch import Watch

_START_S = 120


def main(arguments: Sequence[str]) -> int:
    """Execute the job in the folder that is named; return 0 when it was done."""
    folder = Path(arguments[0]).resolve()
    job = files.read_json(folder / JOB)
    secrets = files.read_json(folder / SECRETS) if (folder / SECRETS).exists() else {}
    brake = Brake(float(job["order"]["time_limit_s"]))
    brake.arm()
    with contextlib.ExitStack() as stack:
        engine = _engine(job, folder, secrets, brake, stack)
        ws = wiring.open(Path(job["workspace"]))
        run = Run(ws, folder.name)
        at = str(job["order"].get("at", ""))
        if not enter(run, at):
            return 1  # cancelled before it began, or started twice
        if run.cancel_path.exists():  # cancelled before its handle was known
            brake.pull("cancelled")
        numbers = [c["metadata"]["workbench"]["cell"] for c in _cells(folder) if c["cell_type"] == "code"]
        watch = Watch(run, numbers, mask=mask.Mask(mask.values(os.environ, secrets)))
        try:
            ended = _end(_execute(job, watch, brake, engine), brake, job)
        except BaseException:
            watch.log.feed("stderr", traceback.format_exc())
            ended = "failed", failure.made("The runner of the job broke; the log has its traceback")
        brake.release()
    if not at:
        _sweep()
    watch.log.say(f"{ended[0]}: {ended[1]['message']}" if ended[1] else ended[0])
    watch.log.close()
    if ended[0] == "cancelled" and run.cancel_path.exists():
        return 1  # who cancels it says so when no process is left, this one included; else the next look at it does
    with contextlib.suppress(ConflictError):  # somebody ended it from outside meanwhile
        end(run, ended[0], only=("running",), error=ended[1])
    leave(ws, job)
    return int(ended[0] != "done")


def _engine(
    job: Mapping[str, Any], folder: Path, secrets: Mapping[str, str], brake: Brake, stack: contextlib.ExitStack
) -> dict[str, Any]:
    """Return the settings of the engine that fits; cells that run in a fork are forked now, to get ready meanwhile."""
    wanted = job["order"].get("engine", "auto")
    if wanted == "inline" or (wanted == "auto" and _is_this_python(str(job["kernel"]))):
        with lean():
            from workbench.jobs.running import inline
        process = inline.Process(folder / WORK, secrets, list(job["environment"]))
        stack.callback(process.end)
        brake.hold(process.pid)
        return {"engine_name": inline.NAME, "process": process}
    with lean():
        from traitlets.config import Config

        from workbench.jobs.running import engine
    sockets = stack.enter_context(tempfile.TemporaryDirectory(prefix="wb-", ignore_cleanup_errors=True))
    # Sockets in a folder of our own, so that two jobs never meet on a port.
    connection = {"transport": "ipc", "connection_file": f"{sockets}/k.json"}
    return {
        "engine_name": engine.NAME,
        "config": Config({"KernelManager": connection if sys.platform != "win32" else {}}),
        "env": {**os.environ, **secrets},
        "variables": list(job["environment"]),
    }


def _is_this_python(kernel: str) -> bool:
    """Return whether *kernel* is ipykernel in this very interpreter, on a system that forks safely."""
    with lean():
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    try:
        spec = KernelSpecManager().get_kernel_spec(kernel)
    except NoSuchKernel:
        return False
    python, *rest = spec.argv or [""]
    is_ours = python in (sys.executable, "python", "python3", f"python3.{sys.version_info[1]}")
    return sys.platform == "linux" and is_ours and "ipykernel_launcher" in rest and not spec.env


def _execute(job: Mapping[str, Any], watch: Watch, brake: Brake, engine: Mapping[str, Any]) -> dict[str, Any]:
    """Return why the notebook failed, {} when it did not."""
    with lean():  # so these imports are not at the top
        import papermill
        from jupyter_client.kernelspec import NoSuchKernel
        from nbclient.exceptions import DeadKernelError

    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what it has to say is in the record
    try:
        papermill.execute_notebook(
            f"{WORK}/{NOTEBOOK}",  # relative to the folder, which is the working directory: papermill formats braces
            None,
            parameters=dict(job["parameters"]),
            kernel_name=str(job["kernel"]),
            language="python",
            cwd=WORK,
            progress_bar=False,
            start_timeout=_START_S,
            path=watch.run.notebook_path,
            watch=watch,
            brake=brake,
            **engine,
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
        limit = f"{float(job['order']['time_limit_s']):g} s"
        return "failed", failure.made(f"The time limit of {limit} was reached{said}", cell=cell, hint="Raise `time_limit_s`.")
    return ("failed", failed) if failed else ("done", {})


def _sweep() -> None:
    """End what the cells have left running; a service that they started carries no mark."""
    if token := os.environ.get(members.MARK):
        with contextlib.suppress(ExternalError):
            members.sweep(token, spare=os.getpid())


def _cells(folder: Path) -> list[dict[str, Any]]:
    return list(json.loads((folder / WORK / NOTEBOOK).read_text(encoding="utf-8"))["cells"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
