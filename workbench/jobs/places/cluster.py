"""A Ray cluster of several nodes on this machine: started, looked at and stopped, by exactly the processes it began."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from workbench.core import processes
from workbench.core.errors import ConflictError, ExternalError, InputError
from workbench.core.files import read_json, write_json
from workbench.core.need import need
from workbench.jobs.members import members, sweep
from workbench.jobs.places.ray_nodes import MARK, Cluster, Node, command, environment, introduce, named, planned, works
from workbench.store.locks import locked

#: The address of jobs that means this cluster, wherever it listens today.
LOCAL = "local-cluster"
#: A busy machine may need minutes: a node alone takes 6 s of processor time.
_START_S = 240.0
#: A raylet gives its agents 15 s and up, whatever it is told; on a busy machine the next try finds everything in memory.
_TRIES = 3

Say = Callable[[str], None]


def home(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder where this user's cluster is written down."""
    base = environment.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "perception-workbench" / "cluster"


def find(folder: Path | None = None) -> Cluster | None:
    """Return the cluster that was started and not stopped, whether it still works or not."""
    path = (folder or home()) / "cluster.json"
    if not path.exists():
        return None
    told = read_json(path)
    return Cluster(**{**told, "nodes": tuple(Node(**{**node, "ports": tuple(node["ports"])}) for node in told["nodes"])})


def start(*, nodes: int = 2, cpus_per_node: int = 1, folder: Path | None = None, say: Say = lambda _: None) -> Cluster:
    """Return the running cluster of this user, started when there is none; its processes outlive the caller.

    A worker node that died is started again; a cluster whose head died is cleared away and started anew. Raises
    `ConflictError` when one of another size runs, `DependencyError` without Ray, `ExternalError` when it does not come up.
    """
    if nodes < 1 or cpus_per_node < 1:
        raise InputError(f"A cluster has at least 1 node of 1 CPU, got {nodes} of {cpus_per_node}.")
    folder = folder or home()
    with locked(folder / "start.lock", timeout_s=_START_S):
        found = find(folder)
        if found is not None and not processes.alive(found.nodes[0].handle):
            say("The head of the cluster is gone; what it left is cleared away")
            _clear(found, folder)
            found = None
        if found is not None and (len(found.nodes), found.cpus_per_node) != (nodes, cpus_per_node):
            raise ConflictError(
                f"A cluster of {len(found.nodes)} nodes with {found.cpus_per_node} CPU each runs already, at {found.url}.",
                hint="To change its size, run: workbench cluster stop",
            )
        if found is not None and all(works(node) for node in found.nodes):
            return found
        need("ray", extra="scale", use="workbench cluster start")
        cluster = found or planned(nodes, cpus_per_node, folder)
        try:
            return _up(cluster, folder, say)
        except BaseException:
            if found is None:
                _clear(find(folder) or cluster, folder)
            raise


def status(folder: Path | None = None) -> dict[str, Any]:
    """Return what is there: the state (stopped, running or broken), a sentence, the addresses, the nodes."""
    cluster = find(folder)
    if cluster is None:
        return {"state": "stopped", "says": "No cluster runs. Run: workbench cluster start", "nodes": []}
    problem, seen = "", {}
    try:
        seen = {str(node["node_name"]): node for node in cluster.api.nodes()}
    except ExternalError as exc:
        problem = exc.message
    nodes = [_told(node, seen, is_head=n == 0) for n, node in enumerate(cluster.nodes)]
    gone = [node["address"] for node in nodes if not node["is_alive"]]
    if gone and not nodes[0]["is_alive"]:
        problem = f"The head {gone[0]} is gone; runs on the cluster are lost."
    elif gone:
        problem = f"Of {len(nodes)} nodes, {', '.join(gone)} {'is' if len(gone) == 1 else 'are'} gone."
    mend = " Run: workbench cluster start" if gone else ""
    return {
        "state": "broken" if problem else "running",
        "says": f"{problem}{mend}" if problem else f"{len(nodes)} nodes answer at {cluster.url}",
        "at": LOCAL,
        "address": cluster.url,
        "dashboard": cluster.url,
        "token": cluster.token_path,
        "nodes": nodes,
    }


def stop(folder: Path | None = None) -> None:
    """End every process of the cluster, whatever session it moved to, and nothing else; no cluster is no error."""
    folder = folder or home()
    with locked(folder / "start.lock", timeout_s=_START_S):
        if (cluster := find(folder)) is not None:
            _clear(cluster, folder)


def is_alive(cluster: Cluster) -> bool:
    """Return whether the process of the head lives."""
    return processes.alive(cluster.nodes[0].handle)


def _told(node: Node, seen: Mapping[str, Any], *, is_head: bool) -> dict[str, Any]:
    by_ray = seen.get(node.name, {})
    total = by_ray.get("resources_total", {})
    return {
        "address": node.address,
        "is_head": is_head,
        "is_alive": processes.alive(node.handle) and (by_ray.get("state") == "ALIVE" or not seen),
        "pid": node.handle.get("pid", 0),
        "cpus": total.get("CPU", 0),
        "gpus": total.get("GPU", 0),
        "memory_gb": round(total.get("memory", 0) / 2**30, 1),
        "log": node.log,
    }


def _up(cluster: Cluster, folder: Path, say: Say) -> Cluster:
    """Start the nodes that do not live, the head first, and return when all answer."""
    for answers, numbers in ((_head_answers, range(1)), (_is_complete, range(len(cluster.nodes)))):
        for tried in range(_TRIES):
            cluster = _begun(cluster, numbers, folder, say)
            dead = _wait(cluster, answers, say)
            if not dead:
                break
            if tried == _TRIES - 1:
                raise _no_start("ended while it started", dead[0].log)
    return cluster


def _begun(cluster: Cluster, numbers: Iterable[int], folder: Path, say: Say) -> Cluster:
    for number in numbers:
        node = cluster.nodes[number]
        if works(node):
            continue
        processes.end(node.handle, grace_s=1.0)
        shutil.rmtree(node.temp, ignore_errors=True)
        say(f"Starting {'the head' if number == 0 else f'node {number + 1} of {len(cluster.nodes)}'} at {node.address}")
        cluster = named(cluster, number)
        handle = processes.spawn(command(cluster, number), cwd=folder, env=environment(cluster), log=Path(node.log))
        node = replace(cluster.nodes[number], handle=handle)
        nodes = (*cluster.nodes[:number], node, *cluster.nodes[number + 1 :])
        cluster = replace(cluster, nodes=nodes)
        # Written down at once: whoever is killed now leaves a cluster that can be stopped.
        write_json(folder / "cluster.json", asdict(cluster), mode=0o600)
    return cluster


def _wait(cluster: Cluster, answers: Callable[[Cluster], bool], say: Say) -> list[Node]:
    """Return when the cluster answers, or the nodes that ended before."""
    began, told = time.monotonic(), 0.0
    while not answers(cluster):
        for node in cluster.nodes:
            introduce(node)
        waited = time.monotonic() - began
        if dead := [node for node in cluster.nodes if node.handle and not works(node)]:
            return dead
        if waited > _START_S:
            raise _no_start(f"did not come up within {_START_S:.0f} s", cluster.nodes[0].log)
        if waited - told >= 10:
            told = waited
            say(f"Ray is starting, {waited:.0f} s so far")
        time.sleep(0.2)
    return []


def _no_start(what: str, log: str) -> ExternalError:
    return ExternalError(f"Ray: a node {what}.", hint=f"Its log: {log}", system="Ray", retryable=True, log=log)


def _is_complete(cluster: Cluster) -> bool:
    with contextlib.suppress(ExternalError):
        alive = {node["node_name"] for node in cluster.api.nodes() if node["state"] == "ALIVE"}
        return alive >= {node.name for node in cluster.nodes} and cluster.api.is_ready()
    return False


def _clear(cluster: Cluster, folder: Path) -> None:
    for node in reversed(cluster.nodes):
        processes.end(node.handle, grace_s=3.0)
    groups = {int(node.handle.get("pid", 0)) for node in cluster.nodes} - {0}
    for pid in members(cluster.mark, variable=MARK):
        # A process of a group that lost its leader; some of the group have written over their mark.
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(pid) in groups:
                os.killpg(os.getpgid(pid), signal.SIGKILL)
    sweep(cluster.mark, variable=MARK)
    shutil.rmtree(cluster.temp, ignore_errors=True)
    for name in ("cluster.json", "token"):
        (folder / name).unlink(missing_ok=True)


def _head_answers(cluster: Cluster) -> bool:
    """Return whether the head knows itself; a node that asks to join before that gives up."""
    with contextlib.suppress(ExternalError):
        return any(node["is_head_node"] and node["state"] == "ALIVE" for node in cluster.api.nodes())
    return False
