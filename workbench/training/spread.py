"""Spreading a training over workers: new processes, by torchrun on this machine and by Ray on a cluster."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, RunError, from_json
from workbench.core.files import read_json
from workbench.core.run import Run
from workbench.core.workspace import Workspace
from workbench.training import checkpoints, plan, ray_workers
from workbench.training.checkpoints import Best
from workbench.training.loop import n_batches
from workbench.training.plan import Plan
from workbench.training.worker import FAILED, log_path

#: How often a group whose member was killed starts again from its checkpoint.
RESTARTS = 3

_LOG = "torchrun.log"
_LOOK_S = 0.2


def launch(run: Run, told: Plan, ws: Workspace) -> Best | None:
    """Return what `learn` would, learned by several processes; None when the run was cancelled.

    Raises:
        InputError: the batches are too small to be shared.
        RunError: a worker failed, or was killed more often than it is started again.
    """
    smallest = len(told.data) // n_batches(len(told.data), told.recipe)
    if smallest < told.workers:
        raise InputError(
            f"A batch of {smallest} samples cannot be shared by {told.workers} workers.",
            hint="Raise `batch_size`, or take fewer workers.",
        )
    plan.write(run.folder, told)
    if ws.settings.at:
        ended = _attend(run, told, ray_workers.command(run.folder, told.workers), ray_workers.LOG)
    else:
        ended = _attend(run, told, _torchrun(run.folder, told.workers), _LOG)
    if ended and not (run.folder / FAILED).exists():
        _fail(run, (ray_workers.post_mortem if ws.settings.at else _post_mortem)(run.folder, told.workers))
    if (run.folder / FAILED).exists():
        _fail(run, read_json(run.folder / FAILED))
    if run.cancel_path.exists():
        return None
    checkpoint = checkpoints.newest(run)
    if checkpoint is None or checkpoint.facts["epoch"] <= told.recipe.epochs:
        raise RunError(f"The workers of {run.id} ended before the training did.", run_id=run.id, log=str(run.log_path))
    return checkpoint.best


def _torchrun(folder: Path, workers: int) -> list[str]:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nnodes=1", f"--nproc-per-node={workers}"]
    command += [f"--max-restarts={RESTARTS}", "--monitor-interval=0.2", "--module", "workbench.training.worker"]
    return [*command, str(folder)]


def _attend(run: Run, told: Plan, command: Sequence[str], log: str) -> int:
    """Return how *command* ended, showing the workers' progress to whoever listens here; none outlives this call."""
    with (run.folder / log).open("ab") as output:
        process = subprocess.Popen(command, env=_environment(told), stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    shown = len(run.curve())
    try:
        while process.poll() is None:
            shown = _show(run, shown)
            time.sleep(_LOOK_S)
    finally:
        _end(process)
    _show(run, shown)
    return process.returncode


def _environment(told: Plan) -> dict[str, str]:
    env = dict(os.environ) | {"OMP_NUM_THREADS": str(told.threads), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    # The ranks of one machine talk by its loopback: others need not hear, and its name need not be known anywhere.
    if not os.environ.get("WORKBENCH_AT"):
        env.setdefault("GLOO_SOCKET_IFNAME", "lo0" if sys.platform == "darwin" else "lo")
    return env


def _show(run: Run, shown: int) -> int:
    """Tell the listeners of this process what the leading worker has measured."""
    curve = run.curve()
    total = run.info().progress.get("total")
    for point in curve[shown:]:
        run.ws.events.emit("metrics", run.ref, **{k: v for k, v in point.items() if k != "at"})
        run.ws.events.emit("progress", run.ref, done=point["step"], total=total)
    return max(shown, len(curve))  # after a restart the curve may be shorter for a while


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what started the workers, which ends them."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()


def _post_mortem(folder: Path, workers: int) -> Mapping[str, Any]:
    """Return which rank ended first and how, as torchrun saw it."""
    said = (folder / _LOG).read_text(encoding="utf-8", errors="replace").rpartition("Root Cause")[2]
    rank, code = (re.search(rf"\b{name}\s*: (-?\d+)", said) for name in ("rank", "exitcode"))
    status = int(code[1]) if code else 0
    how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
    which = int(rank[1]) if rank else 0
    return {"code": "run", "message": f"it {how}, after {RESTARTS} restarts of {workers} workers", "rank": which}


def _fail(run: Run, told: Mapping[str, Any]) -> None:
    if told.get("code") not in ("bug", "run"):
        raise from_json(told)
    path = log_path(run.folder, int(told["rank"]))
    last = path.read_text(encoding="utf-8", errors="replace").splitlines()[-4:] if path.exists() else []
    raise RunError(
        f"Worker {told['rank']} of {run.id} failed: {told['message']}.",
        hint=f"Log: {path}\n" + "\n".join(last),
        run_id=run.id,
        log=str(path),
    )
