"""Where jobs run, by address: '' is this machine, any other is a cluster; one handle tells which of them has the job."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.core import files
from workbench.core.ports import Target
from workbench.core.registry import Registry
from workbench.jobs.job import JOB

#: Makes a target from the workspace's folder and an address.
PLACES: Registry[Any] = Registry(
    "target",
    {
        "local": "workbench.jobs.places.local_target:LocalTarget",
        "ray": "workbench.jobs.places.ray_target:RayTarget",
    },
)


class Places:
    """The target of a workspace: hands each job to the place that its `job.json` names."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made: dict[str, Target] = {}

    def submit(self, run: str, folder: Path) -> Mapping[str, Any]:
        """Start the job where it wants to be."""
        at = str(files.read_json(folder / JOB).get("order", {}).get("at", ""))
        return {**self._place(at).submit(run, folder), "at": at}

    def alive(self, handle: Mapping[str, Any]) -> bool:
        """Return whether what leads the job to its end still lives."""
        return self._place(str(handle.get("at", ""))).alive(handle)

    def why(self, handle: Mapping[str, Any]) -> str:
        """Return a sentence on why a job that does not live ended, '' when nothing more is known."""
        return self._place(str(handle.get("at", ""))).why(handle)

    def cancel(self, handle: Mapping[str, Any]) -> None:
        """End every process of the job, wherever it is."""
        self._place(str(handle.get("at", ""))).cancel(handle)

    def _place(self, at: str) -> Target:
        if at not in self._made:
            self._made[at] = PLACES["ray"](self._root, at) if at else PLACES["local"](self._root)
        return self._made[at]
