"""How much faster N workers train than one: steps of the same global batch, in turns, so that the machine's mood is shared.

Run: python benchmarks/scaling.py [--workers 2] [--rounds 9] [--workspace PATH]
With a workspace, its estimates of jobs use what was measured (`scaling.json`).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import distributed

import workbench as wb
from workbench.core.files import write_json
from workbench.ops.metrics import bootstrap
from workbench.training.group import ALONE, Group
from workbench.training.loop import Learner, seeded

STEPS = 8
PLOT = Path(__file__).resolve().parents[1] / "docs" / "images" / "scaling.png"


def times(told: argparse.Namespace) -> list[tuple[float, float]]:
    """Return, as rank 0 of a group, the seconds of some steps by one worker and by all, round by round."""
    distributed.init_process_group("gloo")
    group = Group(distributed.get_rank(), distributed.get_world_size())
    recipe = wb.recipe("image-classification", backbone=told.backbone, batch_size=told.batch, epochs=1000)
    random = np.random.default_rng(0)
    pixels = torch.from_numpy(random.normal(size=(told.batch, 3, 32, 32)).astype(np.float32))
    pixels, targets = pixels.contiguous(memory_format=torch.channels_last), torch.arange(told.batch) % 10
    batch = np.arange(told.batch)
    found: list[tuple[float, float]] = []
    with seeded(recipe, threads=1):
        alone, together = (Learner(recipe, n_classes=10, n_items=told.batch, group=g) for g in (ALONE, group))
        for _ in range(told.rounds + 1):
            taken = []
            for learner in (alone, together):
                distributed.barrier()
                began = time.perf_counter()
                if learner is together or group.leads:
                    mine = learner.group.part(batch)
                    for _ in range(STEPS):
                        learner.step(pixels[mine], targets[mine], learner.group.weight(batch))
                taken.append(time.perf_counter() - began)
            found.append((taken[0], taken[1]))
    distributed.destroy_process_group()
    return found[1:]  # the first round warms up


class SpeedUp(NamedTuple):
    """How many times faster than one: the median with its 95 % interval, and the ratio of every round."""

    low: float
    middle: float
    high: float
    rounds: list[float]


def speed_up(workers: int, arguments: list[str]) -> SpeedUp:
    """Return the speed-up of *workers*, its interval by resampling the rounds."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "times.json"
        launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={workers}"]
        env = os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo0" if sys.platform == "darwin" else "lo"}
        subprocess.run([*launcher, __file__, *arguments, "--out", str(out)], check=True, env=env)
        ratios = np.array([one / many for one, many in json.loads(out.read_text())])
    low, high = bootstrap(lambda picked: {"x": float(np.median(ratios[picked]))}, len(ratios), n_rounds=2000)["x"]
    return SpeedUp(low, float(np.median(ratios)), high, [round(float(r), 3) for r in ratios])


def draw(found: dict[int, SpeedUp], title: str) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6, 3.4), dpi=144, layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    numbers = [1, *found]
    low, middle, high = ([1.0, *side] for side in list(zip(*found.values(), strict=True))[:3])
    axes.plot(numbers, numbers, color="#70757a", lw=1, ls=(0, (3, 3)), label="ideal")
    errors = [np.subtract(middle, low), np.subtract(high, middle)]
    axes.errorbar(numbers, middle, yerr=errors, color="#4c8bf5", lw=1.8, marker="o", ms=4, capsize=4, label="measured, 95 %")
    for n, each in found.items():
        axes.plot([n] * len(each.rounds), each.rounds, ".", color="#4c8bf5", alpha=0.3)
    axes.set(xlabel="workers", ylabel="speed-up", xticks=numbers, ylim=(0, max(numbers) * 1.1))
    axes.set_title(title, loc="left", fontsize=9)
    axes.legend(frameon=False, fontsize=8)
    figure.savefig(PLOT)


def main() -> None:
    """Print the speed-ups as JSON; draw them beside the ideal line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", default="2", help="numbers of workers to compare with one, such as 2,4")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--backbone", default="small-cnn")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.out:
        found = times(told)
        if os.environ["RANK"] == "0":
            told.out.write_text(json.dumps(found))
        return
    measured = {int(n): speed_up(int(n), sys.argv[1:]) for n in told.workers.split(",")}
    print(json.dumps({n: each._asdict() for n, each in measured.items()}, indent=2))
    draw(measured, f"{told.backbone}, batches of {told.batch}, one thread a worker")
    if told.workspace:
        speedups = {"1": [1.0, 1.0, 1.0], **{str(n): [each.low, each.middle, each.high] for n, each in measured.items()}}
        write_json(told.workspace / "scaling.json", {"speedup": speedups, "backbone": told.backbone, "batch": told.batch})


if __name__ == "__main__":
    main()
