"""Which of the passes that were timed is taken, and why the others are left."""

from __future__ import annotations

import math
from dataclasses import replace

from workbench.optimization.trial import Trial

#: A service sees single requests and full batches; a pass must be no slower with either.
BATCHES = (1, 16)


def rank(baseline: Trial, *trials: Trial, metric: str) -> list[Trial]:
    """Return the baseline and the trials, fastest first, each with its verdict and the reason for it."""
    ranked = [baseline]
    best: Trial | None = None
    for trial in sorted((t for t in trials if t.ms), key=lambda t: speedup(baseline, t), reverse=True):
        gain = speedup(baseline, trial)
        slower = [n for n in BATCHES if trial.ms[n] > baseline.ms[n]]
        if slower:
            times = ", ".join(f"{trial.ms[n]:.3f} ms against {baseline.ms[n]:.3f} with {n}" for n in slower)
            judged = replace(trial, reason=f"It is slower than the baseline: {times}.")
        elif best is not None:
            judged = replace(trial, reason=f"{best.name} is faster: {speedup(baseline, best):.2f}x against {gain:.2f}x.")
        else:
            reason = f"It is the fastest of those that keep {metric}: {gain:.2f}x the baseline."
            best = judged = replace(trial, verdict="taken", reason=reason)
        ranked.append(judged)
    return [*ranked, *(trial for trial in trials if not trial.ms)]


def speedup(baseline: Trial, trial: Trial) -> float:
    """Return how many times faster a trial is: the geometric mean over the batch sizes."""
    return math.prod(baseline.ms[n] / trial.ms[n] for n in BATCHES) ** (1 / len(BATCHES))
