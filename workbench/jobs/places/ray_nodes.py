"""The nodes of a Ray cluster on this machine: their addresses, ports and folders, and what each is started with."""

from __future__ import annotations

import contextlib
import os
import random
import re
import secrets
import socket
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.core import processes
from workbench.core.files import write_text
from workbench.jobs.places.ray_api import JobsApi

#: The variable that marks every process of the cluster.
MARK = "WORKBENCH_CLUSTER"

#: A raylet waits 15 s at most to hear which ports its agents took, too little on a busy machine; so they are given.
_AGENTS = ("--dashboard-agent-listen-port", "--dashboard-agent-grpc-port", "--runtime-env-agent-port", "--metrics-export-port")
_STORE_BYTES = 200_000_000


@dataclass(frozen=True, kw_only=True)
class Node:
    """One node: a raylet with its own address, temporary folder and log; the first is the head."""

    address: str
    temp: str
    log: str
    ports: tuple[int, ...]
    name: str = ""  # of one start: a node that came back is not the one of the same address that died
    handle: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The cluster as it was started; kept in `cluster.json`, which only its owner reads."""

    url: str
    gcs: str
    client_port: int
    mark: str
    cpus_per_node: int
    temp: str
    token_path: str
    nodes: tuple[Node, ...]

    @property
    def token(self) -> str:
        """Return the secret that every request carries."""
        return Path(self.token_path).read_text(encoding="utf-8").strip()

    @property
    def api(self) -> JobsApi:
        """Return the way to its jobs."""
        return JobsApi(self.url, self.token, mend="Run: workbench cluster status")


def planned(nodes: int, cpus_per_node: int, folder: Path) -> Cluster:
    """Return a cluster with ports that are free now, and a secret of its own."""
    token_path = folder / "token"
    write_text(token_path, secrets.token_hex(32), mode=0o600)
    # Its sockets' paths may have 107 characters at most, and Ray adds 70.
    temp = tempfile.mkdtemp(prefix="wb-ray-", dir="/tmp" if Path("/tmp").is_dir() else None)  # noqa: S108  # mkdtemp makes a folder of its own there
    # Each node has an address of its own, as on a real cluster; other systems than Linux have but one.
    addresses = [f"127.0.0.{n + 2}" if sys.platform == "linux" else "127.0.0.1" for n in range(nodes)]
    gcs, client, dashboard, *others = _free(3 + len(_AGENTS) * nodes)
    return Cluster(
        url=f"http://127.0.0.1:{dashboard}",
        gcs=f"{addresses[0]}:{gcs}",
        client_port=client,
        mark=secrets.token_hex(16),
        cpus_per_node=cpus_per_node,
        temp=temp,
        token_path=str(token_path),
        nodes=tuple(
            Node(address=address, temp=f"{temp}/{n}", log=str(folder / f"node-{n}.log"), ports=tuple(others[n::nodes]))
            for n, address in enumerate(addresses)
        ),
    )


def command(cluster: Cluster, number: int) -> list[str]:
    """Return what starts a node and lives as long as it does; number 0 is the head."""
    node = cluster.nodes[number]
    if number == 0:
        own = ["--head", "--port", cluster.gcs.rpartition(":")[2], "--ray-client-server-port", str(cluster.client_port)]
        own += ["--dashboard-host", "127.0.0.1", "--dashboard-port", cluster.url.rpartition(":")[2]]
    else:
        own = ["--address", cluster.gcs]
    shared = ["--node-ip-address", node.address, "--node-name", node.name, "--temp-dir", node.temp]
    shared += ["--num-cpus", str(cluster.cpus_per_node)]
    shared += ["--object-store-memory", str(_STORE_BYTES), "--disable-usage-stats"]
    shared += [word for name, port in zip(_AGENTS, node.ports, strict=True) for word in (name, str(port))]
    ray = [sys.executable, "-c", "from ray.scripts.scripts import main; main()"]
    return [*ray, "start", "--block", "--log-style", "record", *own, *shared]


def named(cluster: Cluster, number: int) -> Cluster:
    """Return the cluster with a new name for a node that is about to start."""
    node = replace(cluster.nodes[number], name=f"node-{number}-{secrets.token_hex(4)}")
    return replace(cluster, nodes=(*cluster.nodes[:number], node, *cluster.nodes[number + 1 :]))


def introduce(node: Node) -> None:
    """Tell the node's raylet where its agent will listen: of this port it waits to hear even when it was given."""
    session = Path(node.temp) / "session_latest"
    with contextlib.suppress(OSError):  # it is not that far yet
        known = re.search(rb"node_id=([0-9a-f]{56})", (session / "logs" / "raylet.out").read_bytes())
        told = session / f"dashboard_agent_listen_port_{known[1].decode()}" if known else None
        if told and not told.exists():
            write_text(told, str(node.ports[0]))


def works(node: Node) -> bool:
    """Return whether the node's process lives, and not only because it has yet to see that its raylet gave up."""
    if not processes.alive(node.handle):
        return False
    log = Path(node.temp) / "session_latest" / "logs" / "raylet.out"
    return not (log.exists() and b"Check failed" in log.read_bytes())


def environment(cluster: Cluster) -> dict[str, str]:
    """Return what the nodes start with: nothing of a job, a notebook or another cluster that the caller belongs to."""
    foreign = ("WORKBENCH_", "RAY_", "JPY_", "JUPYTER", "MPLBACKEND")
    own = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    return own | {
        MARK: cluster.mark,
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), own.get("PATH", os.defpath))),
        "RAY_ADDRESS": cluster.gcs,  # else some of Ray's helpers look for any cluster, and give up when they find two
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": cluster.token_path,
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_raylet_start_wait_time_s": "180",
        "RAY_agent_register_timeout_ms": "180000",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "1",
        # After the loss of a node a training waits so long for as many workers as before, and then goes on with fewer.
        "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "20",
        # A node that stops answering is known to be lost after 20 s, not after a minute; jobs then tell so.
        "RAY_health_check_period_ms": "3000",
        "RAY_health_check_failure_threshold": "5",
        "RAY_gcs_rpc_server_reconnect_timeout_s": "20",
    }


def _free(n: int) -> list[int]:
    """Return *n* ports that nobody has: above those of Ray's workers, below those that systems give away by themselves."""
    found: list[int] = []
    for port in random.SystemRandom().sample(range(20_000, 32_000), 1000):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("", port))
            found.append(port)
        if len(found) == n:
            break
    return found
