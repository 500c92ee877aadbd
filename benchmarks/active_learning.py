"""What each order of labeling saves, on digits and on texts; and how long a pick of many items takes.

Run: python benchmarks/active_learning.py [--repeats 5] [--items 100000] [--out docs/images/active-learning.png]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import workbench as wb
from workbench.core.dataset import commit
from workbench.data.pick import By
from workbench.jobs.learning.rehearsal import labels_for
from workbench.testing.samples import digits, docstrings

PLOT = Path(__file__).resolve().parents[1] / "docs" / "images" / "active-learning.png"
COLORS = {
    "random": "#70757a",
    "hybrid": "#4c8bf5",
    "margin": "#e15759",
    "uncertainty": "#f28e2b",
    "coverage": "#2fa89c",
    "diversity": "#8a9a2b",
    "disagreement": "#c25fb0",
}


def measured(ws: wb.Workspace, repeats: int) -> dict[str, dict[str, Any]]:
    """Return for each dataset the curves, how many labels each order needs, and how long it took to run."""
    found: dict[str, dict[str, Any]] = {}
    for title, make, model, rounds in (("digits", digits, "pixels", 14), ("texts", docstrings, "minilm", 39)):
        began = time.process_time()
        data = wb.embed(make(ws), model=model)
        print(f"{title}: {len(data)} vectors by {model} in {time.process_time() - began:.1f} CPU seconds", flush=True)
        told: dict[str, Any] = {"n": len(data), "curves": {}, "needed": {}, "matched": {}, "seconds": {}}
        for by in get_args(By)[1:]:
            began = time.perf_counter()
            report = wb.active_learn(data, by=by, rounds=rounds, per_round=20, repeats=repeats)
            told["seconds"][by] = round(time.perf_counter() - began, 1)
            told["target"] = report.scores["target"]
            for name in ("random", by):
                told["curves"][name] = [(point["step"], point[name]) for point in report.details["curve"]]
                told["needed"][name] = report.details["needed"][name]
            told["matched"][by] = matched(told["curves"]["random"], told["curves"][by])
            print(f"{title:8} {report.details['says']}; {told['matched'][by]}", flush=True)
        found[title] = told
    return found


def matched(drawn: Sequence[tuple[int, float]], curve: Sequence[tuple[int, float]]) -> dict[int, float | None]:
    """Return how many labels do as well as a third, two thirds and all of those of a drawn order."""
    steps, scores = zip(*curve, strict=True)
    return {n: labels_for(score, steps, scores) for n, score in drawn[len(drawn) // 3 - 1 :: len(drawn) // 3]}


def at_scale(ws: wb.Workspace, n: int, picked: int = 100) -> dict[str, dict[str, float]]:
    """Return the seconds, CPU seconds and further memory in MB of a pick among *n* items of 384 numbers, 500 labeled."""
    import numpy as np
    import pyarrow as pa

    draw = np.random.default_rng(0)
    classes = draw.integers(0, 20, n)
    points = draw.normal(size=(20, 384))[classes] + 2 * draw.normal(size=(n, 384))
    points = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    labels = [f"c{c}" if i < 500 else None for i, c in enumerate(classes)]
    rows = pa.table(
        {
            "id": [f"{i:07}" for i in range(n)],
            "text": [f"item {i}" for i in range(n)],
            "label": pa.array(labels, pa.string()),
            "embedding": pa.FixedSizeListArray.from_arrays(pa.array(points.ravel()), points.shape[1]),
        }
    )
    data = commit(ws, "many", rows, task="text-classification", meta={"embedding_by": "minilm"})
    told = {}
    for by in get_args(By):
        before, began, spent = _memory(anew=True), time.perf_counter(), time.process_time()
        wb.pick(data, picked, by=by)
        told[by] = {
            "seconds": round(time.perf_counter() - began, 2),
            "cpu": round(time.process_time() - spent, 2),
            "more_mb": round(_memory() - before),
        }
        print(f"{picked} of {n:,} by {by}: {told[by]}", flush=True)
    return told


def _memory(*, anew: bool = False) -> float:
    """Return the highest memory of this process in MB, as Linux counts it; *anew* from now on."""
    if anew:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def draw(found: dict[str, dict[str, Any]], repeats: int, out: Path) -> None:
    """Draw the curves, one pane a dataset."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.6), dpi=144, layout="constrained", facecolor="white")
    for place, (title, told) in enumerate(found.items(), start=1):
        axes = figure.add_subplot(1, len(found), place)
        for name, curve in told["curves"].items():
            steps, scores = zip(*curve, strict=True)
            needed = told["needed"][name]
            label = f"{name}: {needed:.0f} labels" if needed else f"{name}: not reached"
            axes.plot(steps, scores, color=COLORS[name], lw=2.2 if name in ("random", "hybrid") else 1.2, label=label)
        axes.axhline(told["target"], color="#d5d8dc", lw=1, zorder=0)
        axes.set_title(f"{told['n']:,} {title}, to {told['target']:.3f}", loc="left", fontsize=9)
        axes.set_xlabel("labels", fontsize=8)
        axes.legend(frameon=False, fontsize=7.5)
        axes.tick_params(length=0, labelsize=8)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    figure.suptitle(f"Accuracy on a third that is never shown, mean of {repeats} draws", x=0.01, ha="left", fontsize=10)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--out", type=Path, default=PLOT)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ws = wb.open(folder, environment={})
        at_scale(ws, told.items)
        found = measured(ws, told.repeats)
    draw(found, told.repeats, told.out)
    brief = {title: {key: each[key] for key in ("target", "needed", "matched", "seconds")} for title, each in found.items()}
    print(json.dumps(brief, indent=1))


if __name__ == "__main__":
    main()
