"""Workers of a training on a Ray cluster: `python -m workbench.training.ray_workers <run folder> <workers>`, inside a job."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.core.errors import RunError
from workbench.core.need import need

#: What each worker holds, in Ray's own words; told by the target that started the job.
RESOURCES = "WORKBENCH_WORKER_RESOURCES"

#: Marks every process of a job; a cluster's own, which a training may be the first to need, go on without it.
MARK = "WORKBENCH_JOB"

LOG = "ray.log"

#: How often a group that lost a worker is started again from the checkpoint.
RESTARTS = 3
#: A group that became smaller with its cluster is asked this often whether it can grow again.
_GROW_S = 60.0


def command(folder: Path, workers: int) -> list[str]:
    """Return what starts the workers and lives as long as they do; a process of its own keeps Ray out of the notebook's."""
    return [sys.executable, "-m", "workbench.training.ray_workers", str(folder), str(workers)]


def post_mortem(folder: Path, workers: int) -> dict[str, Any]:
    """Return what the last line of the log says: why the workers were given up."""
    lines = (folder / LOG).read_text(encoding="utf-8", errors="replace").split("\n")
    said = next((line for line in reversed(lines) if line.strip()), "it ended without a word")
    return {"code": "run", "message": f"{said[:300].rstrip('.')} (of {workers} workers, after {RESTARTS} restarts)", "rank": 0}


def main(arguments: Sequence[str]) -> int:
    """Train with Ray Train on so many workers; return 0 when they ended, 1 when they were lost too often."""
    folder, workers = Path(arguments[0]).resolve(), int(arguments[1])
    ray = need("ray", extra="scale", use="a training on a cluster")
    train = need("ray.train", extra="scale", use="a training on a cluster")
    torch = need("ray.train.torch", extra="scale", use="a training on a cluster")
    os.environ["RAY_OVERRIDE_JOB_RUNTIME_ENV"] = "1"
    ray.init(runtime_env={"env_vars": {MARK: ""}})
    resources = json.loads(os.environ.get(RESOURCES, '{"CPU": 1}'))
    gpus = resources.get("GPU", 0)
    trainer = torch.TorchTrainer(
        take_part,
        train_loop_config={"folder": str(folder)},
        torch_config=torch.TorchConfig(backend="nccl" if gpus else "gloo"),
        # As many as there are nodes for: one that is lost is done without, and the batches stay the same.
        scaling_config=train.ScalingConfig(
            num_workers=(1, workers),
            use_gpu=bool(gpus),
            resources_per_worker=resources,
            elastic_resize_monitor_interval_s=_GROW_S,
        ),
        run_config=train.RunConfig(
            name="ray",
            storage_path=str(folder),
            failure_config=train.FailureConfig(max_failures=RESTARTS),
            worker_runtime_env={"env_vars": {MARK: os.environ.get(MARK, "")}},
        ),
    )
    try:
        trainer.fit()
    except Exception as exc:  # it has told why, in the log
        print(f"{type(exc).__name__}: {exc}", flush=True)  # noqa: T201 - this process's output is the log
        return 1
    return 0


def take_part(told: dict[str, Any]) -> None:
    """Be one of the workers; a loss that a restart can mend is raised, and any other is in the folder."""
    from workbench.training import worker  # torch is loaded on the worker

    train = need("ray.train", extra="scale", use="a training on a cluster")
    folder = Path(told["folder"])
    context = train.get_context()
    device = ""
    if os.environ.get("CUDA_VISIBLE_DEVICES"):
        device = f"cuda:{train.torch.get_device().index or 0}"
    ended = worker.main(folder, rank=context.get_world_rank(), world_size=context.get_world_size(), device=device)
    if ended and not (folder / worker.FAILED).exists():
        raise RunError(f"Rank {context.get_world_rank()} lost the others.", run_id=folder.name, log=str(folder))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
