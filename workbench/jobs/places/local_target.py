"""Jobs as processes of this machine: each leads its own session and outlives whoever started it."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.core import files, processes
from workbench.jobs.job import JOB
from workbench.jobs.members import sweep
from workbench.jobs.running import warm
from workbench.jobs.surroundings import surroundings

RUNNER, LOG = "workbench.jobs.running.runner", "log.txt"


class LocalTarget:
    """The target of a workspace on this machine; a *command* in place of the runner gets the job's folder as its last word."""

    def __init__(self, root: Path, *, command: Sequence[str] = (), grace_s: float = 8.0) -> None:
        self._root = root
        self._command = list(command)
        self._grace_s = grace_s

    def submit(self, run: str, folder: Path) -> Mapping[str, Any]:
        """Start the job, in a fork of a warm process where there is one, and return its pid, start time and mark."""
        job = {"workspace": str(self._root)} | files.read_json(folder / JOB)
        token = uuid.uuid4().hex
        env = surroundings(job, run=run, token=token)
        python = str(job.get("python", "") or sys.executable)
        handle = self._warm(folder, env) if python == sys.executable and not self._command else None
        if handle is None:
            command = self._command or [python, "-m", RUNNER]
            handle = processes.spawn([*command, str(folder)], cwd=folder, env=env, log=folder / LOG)
        return {**handle, "token": token}

    def _warm(self, folder: Path, env: Mapping[str, str]) -> processes.Handle | None:
        with (folder / LOG).open("ab") as log, Path(os.devnull).open("rb") as nothing:
            streams = nothing.fileno(), log.fileno(), log.fileno()
            child = warm.start(RUNNER, [str(folder)], cwd=folder, env=env, streams=streams)
        if child is None:
            return None
        child.end.close()
        return processes.identity(child.pid)

    def alive(self, handle: Mapping[str, Any]) -> bool:
        """Return whether the process that leads the job lives; what it left behind has nobody to end the run."""
        return processes.alive(handle)

    def why(self, handle: Mapping[str, Any]) -> str:  # noqa: ARG002  # the port's
        """Return nothing: a process leaves no word."""
        return ""

    def cancel(self, handle: Mapping[str, Any]) -> None:
        """Ask the job to end, then make it; return when no process of it is left, in whatever session."""
        processes.end(handle, grace_s=self._grace_s)
        sweep(str(handle["token"]))
