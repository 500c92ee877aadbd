"""The command of a RayJob: `python -m workbench.jobs.places.ray_entry <workspace> <bundle> <order and parameters as JSON>`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from workbench import wiring
from workbench.jobs import submit
from workbench.jobs.bundles import bundle
from workbench.jobs.order import from_json
from workbench.jobs.reading.parameters import check


def main(arguments: Sequence[str]) -> int:
    """Run the bundle on the cluster that this is called on, show its log, and return 0 when it was done."""
    ws, told = wiring.open(Path(arguments[0])), json.loads(arguments[2])
    found = bundle.read(submit.folder(ws), Path(arguments[1]))
    given = check(found.parameters, told["parameters"], where=found.title)
    run = submit.start(ws, found, given, from_json(told["order"]))
    run.follow(lambda line: print(line, flush=True), timeout_s=float("inf"))  # noqa: T201 - the log of the RayJob
    return int(run.state != "done")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
