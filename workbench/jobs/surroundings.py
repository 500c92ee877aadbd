"""The variables that the processes of a job start with: the same wherever and by whomever it is started."""

from __future__ import annotations

import json
import os
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.core import processes
from workbench.jobs.members import MARK

#: What a kernel or a Jupyter server tells its children and a job must not hear.
_PRIVATE = ("JPY_", "JUPYTERHUB_", "JUPYTER_SERVER_", "MPLBACKEND", "PYTHONSTARTUP")
#: What a job is told of itself, and whoever it starts must not hear.
_OWN = ("WORKSPACE", "ORIGIN", "RUN", "WORKERS", "AT", "ATTEMPT", "PINS", "STANDS_FOR", "REHEARSAL", "CLUSTER")


def surroundings(job: Mapping[str, Any], *, run: str, token: str, around: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of the job that `job.json` tells; *token* marks its processes."""
    order = job.get("order", {})
    env = {k: v for k, v in around.items() if not k.startswith(_PRIVATE)}
    env |= {str(k): str(v) for k, v in job.get("environment", {}).items()}
    env |= {
        "PYTHONPATH": _path(env),
        "WORKBENCH_WORKSPACE": str(job.get("workspace", "")),
        "WORKBENCH_ORIGIN": str(job.get("origin", "")),
        "WORKBENCH_RUN": f"run:{run}",
        "WORKBENCH_WORKERS": str(order.get("workers", 1)),
        "WORKBENCH_AT": str(order.get("at", "")),
        "WORKBENCH_ATTEMPT": str(job.get("attempt", 1)),
        "WORKBENCH_PINS": json.dumps(job.get("pins", {})),
        MARK: token,
    }
    if stands_for := job.get("stands_for"):  # a rehearsal: that workspace is this one, a copy
        env |= {"WORKBENCH_STANDS_FOR": str(stands_for), "WORKBENCH_REHEARSAL": str(int(bool(job.get("rehearsal"))))}
    return env


def outside(around: Mapping[str, str], job: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return *around* without what *job* was told: for what is started from inside of a job and does not belong to it."""
    told = {MARK, *(f"WORKBENCH_{name}" for name in _OWN)}
    if job:
        told |= {*job.get("environment", {}), *job.get("secrets", ())}
    return {k: v for k, v in around.items() if k not in told} | {"PYTHONPATH": _path(around)}


def _path(env: Mapping[str, str]) -> str:
    """Return where to import from: this very workbench first, and once, however many jobs have started each other."""
    known = [_home(), *env.get("PYTHONPATH", "").split(os.pathsep)]
    return os.pathsep.join(dict.fromkeys(filter(None, known)))


def _home() -> str:
    """Return the folder to import this very workbench from, empty where it is installed."""
    home = str(Path(processes.__file__).resolve().parents[2])
    return "" if home in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib")) else home
