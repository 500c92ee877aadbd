"""What each order of labeling saves, on digits and on texts: accuracy by the number of labels, mean of several draws.

Run: python benchmarks/active_learning.py [--repeats 5] [--out docs/images/active-learning.png]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any, get_args

import workbench as wb
from workbench.data.pick import By
from workbench.testing.samples import digits, docstrings

PLOT = Path(__file__).resolve().parents[1] / "docs" / "images" / "active-learning.png"
COLORS = {
    "random": "#70757a",
    "margin": "#4c8bf5",
    "uncertainty": "#f28e2b",
    "coverage": "#2fa89c",
    "diversity": "#8a9a2b",
    "disagreement": "#c25fb0",
}


def measured(ws: wb.Workspace, repeats: int) -> dict[str, dict[str, Any]]:
    """Return for each dataset the curves, how many labels each order needs, and how long it took to run."""
    found: dict[str, dict[str, Any]] = {}
    for title, make, per_round in (("digits", digits, 20), ("texts", docstrings, 40)):
        data = wb.embed(make(ws))
        told: dict[str, Any] = {"n": len(data), "curves": {}, "needed": {}, "seconds": {}}
        for by in get_args(By)[1:]:
            began = time.perf_counter()
            report = wb.active_learn(data, by=by, rounds=12, per_round=per_round, repeats=repeats)
            told["seconds"][by] = round(time.perf_counter() - began, 1)
            told["target"] = report.scores["target"]
            for name in ("random", by):
                told["curves"][name] = [(point["step"], point[name]) for point in report.details["curve"]]
                told["needed"][name] = report.details["needed"][name]
            print(f"{title:8} {report.details['says']}", flush=True)
        found[title] = told
    return found


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
            axes.plot(steps, scores, color=COLORS[name], lw=2.2 if name in ("random", "margin") else 1.2, label=label)
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
    parser.add_argument("--out", type=Path, default=PLOT)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measured(wb.open(folder, environment={}), told.repeats)
    draw(found, told.repeats, told.out)
    brief = {title: {key: each[key] for key in ("target", "needed", "seconds")} for title, each in found.items()}
    print(json.dumps(brief, indent=1))


if __name__ == "__main__":
    main()
