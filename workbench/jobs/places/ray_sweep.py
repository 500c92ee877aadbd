"""Ends what is left of a job on every node of a cluster: `python -m ...places.ray_sweep <mark>`, as a job of Ray."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from workbench.core.need import need
from workbench.jobs.members import sweep


def main(arguments: Sequence[str]) -> int:
    """Sweep each living node by a task that is bound to it; return 0 when every one has told that nothing is left."""
    ray = need("ray", extra="scale", use="a job on a cluster")
    affinity = need("ray.util.scheduling_strategies", extra="scale", use="a job on a cluster").NodeAffinitySchedulingStrategy
    ray.init(log_to_driver=False)
    task = ray.remote(num_cpus=0, max_retries=0)(sweep)
    nodes = [node["NodeID"] for node in ray.nodes() if node["Alive"]]
    asked = [task.options(scheduling_strategy=affinity(node, soft=False)).remote(arguments[0]) for node in nodes]
    ray.get(asked, timeout=60)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
