"""A worker: one of the processes that share a training; `python -m workbench.training.worker <run folder>` under torchrun."""

from __future__ import annotations

import datetime
import os
import sys
import time
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import distributed

from workbench.core.errors import WorkbenchError
from workbench.core.files import write_json
from workbench.core.run import Run
from workbench.core.workspace import Workspace
from workbench.training import plan
from workbench.training.group import Group
from workbench.training.learn import learn

#: Why the training cannot be done, written by the rank that found out. No restart would help.
FAILED = "failed.json"

#: Workspaces are opened above the stages, so it is named here.
_OPEN = "workbench.wiring:open"

#: So long a rank waits for the others before it takes them for gone.
_PATIENCE = datetime.timedelta(minutes=30)


def main(folder: Path, *, rank: int, world_size: int, device: str = "") -> int:
    """Take part in the training that `plan.json` in *folder* tells; return 0 when it ended, well or by its own fault.

    A process group that is there already is used, else one is made from the environment that torchrun sets.
    """
    folder = Path(folder).resolve()
    if (folder / FAILED).exists():
        return 0
    _note(folder, rank, f"rank {rank} of {world_size}, process {os.getpid()}")
    ours = not distributed.is_initialized()
    device = device or _device(world_size)
    try:
        if ours:
            _meet("gloo" if device == "cpu" else "nccl", rank, world_size)
        ws = _workspace(folder)
        told = plan.read(ws, folder)
        control = None if distributed.get_backend() == "gloo" else distributed.new_group(backend="gloo")
        _note(folder, rank, f"{told.threads} threads, {device}, {distributed.get_backend()}")
        learn(Run(ws, folder.name), told, Group(rank, world_size, device, control))
    except Exception as exc:
        _note(folder, rank, traceback.format_exc().rstrip())
        if not _is_of_another(exc):
            write_json(folder / FAILED, _told(exc, rank))
        return 1
    finally:
        if ours and distributed.is_initialized():
            distributed.destroy_process_group()
    _note(folder, rank, "done")
    return 0


def log_path(folder: Path, rank: int) -> Path:
    """Return the log of a rank."""
    return folder / f"rank-{rank}.log"


def _workspace(folder: Path) -> Workspace:
    module, _, attribute = _OPEN.partition(":")
    ws: Workspace = getattr(import_module(module), attribute)(folder.parents[1])
    return ws


def _device(world_size: int) -> str:
    """Return a GPU of this rank's own where there are enough, else the CPU."""
    local, rank = int(os.environ.get("LOCAL_WORLD_SIZE", str(world_size))), int(os.environ.get("LOCAL_RANK", "0"))
    if torch.cuda.is_available() and torch.cuda.device_count() >= local:
        torch.cuda.set_device(rank)
        return f"cuda:{rank}"
    return "cpu"


def _meet(backend: str, rank: int, world_size: int) -> None:
    """Join the others. A group that torchrun starts again gets a page of its own: the dead one's addresses are still there."""
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        distributed.init_process_group(backend, rank=rank, world_size=world_size, timeout=_PATIENCE)
        return
    where = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    store = distributed.TCPStore(*where, world_size=world_size, is_master=False, timeout=_PATIENCE)
    page = distributed.PrefixStore(f"attempt-{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", store)
    distributed.init_process_group(backend, rank=rank, world_size=world_size, store=page, timeout=_PATIENCE)


def _is_of_another(exc: Exception) -> bool:
    """Return whether another rank's end is all that this error tells."""
    return isinstance(exc, distributed.DistError) or "gloo" in str(exc).lower() or "Connection closed by peer" in str(exc)


def _told(exc: Exception, rank: int) -> dict[str, Any]:
    if isinstance(exc, WorkbenchError):
        return {**exc.to_json(), "rank": rank}
    return {"code": "bug", "message": f"{type(exc).__name__}: {exc}", "hint": "", "rank": rank}


def _note(folder: Path, rank: int, line: str) -> None:
    with log_path(folder, rank).open("a", encoding="utf-8") as log:
        log.write(f"{time.strftime('%H:%M:%S')} {line}\n")


def _redirect(path: Path) -> None:
    """Send what this process prints, and what native code prints, to *path*."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for stream in (1, 2):
        os.dup2(handle, stream)
    os.close(handle)


if __name__ == "__main__":
    _rank = int(os.environ["RANK"])
    _redirect(log_path(Path(sys.argv[1]), _rank))
    sys.exit(main(Path(sys.argv[1]), rank=_rank, world_size=int(os.environ["WORLD_SIZE"])))
