"""Jobs as processes of this machine: each leads its own session and outlives whoever started it."""

from __future__ import annotations

import os
import sys
import sysconfig
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.core import files, processes
from workbench.jobs.members import MARK, sweep
from workbench.jobs.submit import JOB

#: What a kernel or a Jupyter server tells its children and a job must not hear.
_PRIVATE = ("JPY_", "JUPYTERHUB_", "JUPYTER_SERVER_", "MPLBACKEND", "PYTHONSTARTUP")


class LocalTarget:
    """The target of a workspace on this machine; *command* gets the folder of the job as its last word."""

    def __init__(
        self, root: Path, *, command: Sequence[str] = (sys.executable, "-m", "workbench.jobs.runner"), grace_s: float = 8.0
    ) -> None:
        self._root = root
        self._command = list(command)
        self._grace_s = grace_s

    def submit(self, run: str, folder: Path) -> Mapping[str, Any]:
        """Start the job and return at once with its pid, its start time and the mark of its processes."""
        job = files.read_json(folder / JOB)
        token = uuid.uuid4().hex
        env = {k: v for k, v in os.environ.items() if not k.startswith(_PRIVATE)}
        env |= job.get("environment", {})
        env |= {
            "PYTHONPATH": os.pathsep.join(filter(None, (_home(), env.get("PYTHONPATH", "")))),
            "WORKBENCH_WORKSPACE": str(self._root),
            "WORKBENCH_ORIGIN": str(job.get("origin", "")),
            "WORKBENCH_RUN": f"run:{run}",
            MARK: token,
        }
        handle = processes.spawn([*self._command, str(folder)], cwd=folder, env=env, log=folder / "log.txt")
        return {**handle, "token": token}

    def alive(self, handle: Mapping[str, Any]) -> bool:
        """Return whether the process that leads the job lives; what it left behind has nobody to end the run."""
        return processes.alive(handle)

    def cancel(self, handle: Mapping[str, Any]) -> None:
        """Ask the job to end, then make it; return when no process of it is left, in whatever session."""
        processes.end(handle, grace_s=self._grace_s)
        sweep(str(handle["token"]))


def _home() -> str:
    """Return the folder to import this very workbench from, empty where it is installed."""
    home = str(Path(processes.__file__).resolve().parents[2])
    return "" if home in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib")) else home
