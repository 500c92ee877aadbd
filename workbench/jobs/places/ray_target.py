"""Jobs on a Ray cluster by its Jobs API: the same runner on the same folder, which every node reaches by the same path."""

from __future__ import annotations

import json
import shlex
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.core import files
from workbench.core.errors import ExternalError, InputError, NotFoundError
from workbench.jobs.job import JOB
from workbench.jobs.members import members, sweep
from workbench.jobs.order import Order, from_json
from workbench.jobs.places import cluster
from workbench.jobs.places.ray_api import LIVING, JobsApi, token
from workbench.jobs.surroundings import surroundings
from workbench.training.ray_workers import RESOURCES

#: A job whose cluster does not answer is believed to live while its folder changes this often.
_BELIEVED_S = 60.0
#: After no answer the same cluster is not asked again for a moment: a face looks at many runs in a row.
_PAUSE_S = 5.0
#: So long a process of Ray may take to start.
_START_S = 60.0


class RayTarget:
    """The target of a workspace on the cluster at *address*: `local-cluster`, or the http address of a Jobs API."""

    def __init__(
        self,
        root: Path,
        address: str,
        *,
        command: Sequence[str] = ("-m", "workbench.jobs.running.runner"),
        grace_s: float = 8.0,
    ) -> None:
        if address != cluster.LOCAL and not address.startswith(("http://", "https://")):
            raise InputError(
                f"`at` must be '', {cluster.LOCAL!r} or an address such as 'http://head:8265', got {address!r}.",
                hint="'' is this machine.",
            )
        self._root = root
        self._address = address
        self._command = list(command)
        self._grace_s = grace_s
        self._silent_until = 0.0
        self._ended: set[str] = set()

    def submit(self, run: str, folder: Path) -> Mapping[str, Any]:
        """Hand the job in and return at once; it waits on the cluster until there is room."""
        job = {"workspace": str(self._root)} | files.read_json(folder / JOB)
        order = from_json(job.get("order", {}))
        api = self._api()
        _check(order, api)
        mark = uuid.uuid4().hex
        name = api.submit(
            {
                "submission_id": f"{run}-{mark[:8]}",
                "entrypoint": self._entrypoint(folder),
                "runtime_env": {"env_vars": self._variables(job, run=run, mark=mark)},
                "metadata": {"run": f"run:{run}", "workspace": str(job["workspace"])},
                **_resources(order),
            }
        )
        found = cluster.find() if self._address == cluster.LOCAL else None
        return {"job": name, "token": mark, "folder": str(folder), "cluster": found.mark if found else ""}

    def alive(self, handle: Mapping[str, Any]) -> bool:
        """Return whether the job waits or runs; while the cluster is silent, whether its folder still changes."""
        if self._is_gone(handle) or handle["job"] in self._ended:
            return False
        if time.monotonic() < self._silent_until:
            return _is_fresh(handle)
        try:
            return self._api().info(str(handle["job"]))["status"] in LIVING
        except NotFoundError:  # a head that was started anew
            return False
        except ExternalError:
            self._silent_until = time.monotonic() + _PAUSE_S
            return _is_fresh(handle)

    def why(self, handle: Mapping[str, Any]) -> str:
        """Return what the cluster says of a job that is not alive, '' when it says nothing."""
        if self._is_gone(handle):
            return "The head of the cluster is gone, and the job with it. Run: workbench cluster start"
        try:
            info = self._api().info(str(handle["job"]))
        except NotFoundError:
            return "The cluster was started anew and knows nothing of the job."
        except ExternalError as exc:
            return exc.message
        return " ".join(str(info.get("message") or "").split())[:500]

    def cancel(self, handle: Mapping[str, Any]) -> None:
        """Ask the job to end, then end every process of it on every node; return when none is left.

        Raises `ExternalError` when a cluster elsewhere does not answer: what runs there could not be ended.
        """
        if not self._is_gone(handle):
            try:
                self._stop(str(handle["job"]), str(handle["token"]))
            except NotFoundError:
                pass
            except ExternalError:
                if self._address != cluster.LOCAL:
                    raise
        if self._address == cluster.LOCAL:  # all its nodes are on this machine
            sweep(str(handle["token"]))
        else:
            self._sweep(str(handle["token"]))
        self._ended.add(str(handle["job"]))

    def _stop(self, job: str, mark: str) -> None:
        """Ask the job to end, and wait until it has; one that has not begun ends as soon as it does."""
        api = self._api()
        api.stop(job)
        self._wait(lambda: api.info(job)["status"] != "PENDING", 3)
        if self._address == cluster.LOCAL:
            # For a worker that is killed while it starts Ray waits a minute, and so does every job behind it.
            self._wait(lambda: api.info(job)["status"] != "PENDING" or not members(mark), _START_S)
        self._wait(lambda: api.info(job)["status"] != "RUNNING", self._grace_s + 10)

    def _sweep(self, mark: str) -> None:
        """Have every node of a cluster elsewhere end what carries the mark, by a job of its own."""
        api = self._api()
        name = api.submit(
            {
                "submission_id": f"sweep-{mark[:8]}-{uuid.uuid4().hex[:8]}",
                "entrypoint": shlex.join([self._python, "-m", "workbench.jobs.places.ray_sweep", mark]),
                "runtime_env": {"env_vars": self._variables({}, run="", mark="")},
            }
        )
        self._wait(lambda: api.info(name)["status"] not in LIVING, 120)
        if api.info(name)["status"] != "SUCCEEDED":
            raise ExternalError(
                f"Ray at {self._address} did not end every process of the job.",
                hint=f"Its log: {self._address}/#/jobs/{name}. Cancel again when the nodes answer.",
                system="Ray",
                retryable=True,
            )

    def _is_gone(self, handle: Mapping[str, Any]) -> bool:
        """Return whether the cluster of this machine that has the job is no more."""
        if self._address != cluster.LOCAL:
            return False
        found = cluster.find()
        return found is None or found.mark != handle.get("cluster") or not cluster.is_alive(found)

    def _api(self) -> JobsApi:
        if self._address != cluster.LOCAL:
            return JobsApi(self._address, token(), mend="Check the address, and that the cluster and the network are up.")
        found = cluster.find()
        if found is None or not cluster.is_alive(found):
            what = "was not started" if found is None else "lost its head"
            raise ExternalError(
                f"The cluster of this machine {what}.", hint="Run: workbench cluster start", system="Ray", retryable=True
            )
        return found.api

    @property
    def _python(self) -> str:
        return sys.executable if self._address == cluster.LOCAL else "python"

    def _entrypoint(self, folder: Path) -> str:
        """Return the line that a shell on a node runs; the log is ours, as Ray's is lost with its head."""
        place = shlex.quote(str(folder))
        command = shlex.join([self._python, *self._command, str(folder)])
        return f"cd {place} && exec {command} >> {place}/log.txt 2>&1"

    def _variables(self, job: Mapping[str, Any], *, run: str, mark: str) -> dict[str, str]:
        """Return what the job starts with besides the node's own variables; the dashboard shows them, so no secret is in it."""
        made = surroundings(job, run=run, token=mark, around={})
        if self._address == cluster.LOCAL:  # the ranks of one machine talk by its loopback
            made["GLOO_SOCKET_IFNAME"] = "lo0" if sys.platform == "darwin" else "lo"
        made[RESOURCES] = json.dumps(_each(from_json(job.get("order", {}))))
        # Ray asks a job to end, and ends it after so many seconds.
        return {k: v for k, v in made.items() if v or k != "PYTHONPATH"} | {"RAY_JOB_STOP_WAIT_TIME_S": str(int(self._grace_s))}

    @staticmethod
    def _wait(is_so: Callable[[], bool], patience_s: float) -> None:
        until = time.monotonic() + patience_s
        while not is_so() and time.monotonic() < until:
            time.sleep(0.1)


def _each(order: Order) -> dict[str, float]:
    """Return what each worker holds, in Ray's own words."""
    asked = {"CPU": order.cpus, "GPU": float(order.gpus), "memory": int(order.memory_gb * 2**30)}
    return {name: value for name, value in asked.items() if value}


def _resources(order: Order) -> dict[str, float]:
    """Return what the runner itself holds: its workers hold their own, so a job of several takes nothing for itself."""
    if order.workers > 1:
        return {}
    names = {"CPU": "entrypoint_num_cpus", "GPU": "entrypoint_num_gpus", "memory": "entrypoint_memory"}
    return {names[name]: value for name, value in _each(order).items()}


def _check(order: Order, api: JobsApi) -> None:
    """Refuse what no node could ever give: Ray would let it wait for ever."""
    nodes = [node.get("resources_total", {}) for node in api.nodes() if node.get("state") == "ALIVE"]
    wanted = _each(order)
    places = [min((int(node.get(k, 0) // v) for k, v in wanted.items()), default=order.workers) for node in nodes]
    if sum(places) < order.workers:
        has = "; ".join(
            f"{node.get('CPU', 0):g} CPU, {node.get('GPU', 0):g} GPU, {node.get('memory', 0) / 2**30:.1f} GB" for node in nodes
        )
        each = f"{order.cpus:g} CPU, {order.gpus} GPU, {order.memory_gb:g} GB"
        raise InputError(
            f"{order.workers} {'worker' if order.workers == 1 else 'workers'} of {each} fit on no nodes of the cluster.",
            hint=f"Its nodes have: {has}.",
        )


def _is_fresh(handle: Mapping[str, Any]) -> bool:
    """Return whether something in the run's folder changed lately: its runner writes there every few seconds."""
    times = [path.stat().st_mtime for path in Path(str(handle["folder"])).glob("*") if path.is_file()]
    return bool(times) and time.time() - max(times) < _BELIEVED_S
