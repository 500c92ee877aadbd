"""The search for the fastest form of a model: try every pass, time what is left, take the best, tell why."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from workbench import tasks
from workbench.core.dataset import Dataset
from workbench.core.model import Model, register
from workbench.core.report import Report, record
from workbench.models.load import load
from workbench.models.samples import Samples, known
from workbench.optimization.passes import PASSES, Pass, Source
from workbench.optimization.ranking import BATCHES, rank, speedup
from workbench.optimization.timing import interleaved
from workbench.optimization.trial import Judge, Trial

#: Samples that the ranges of the 8-bit passes come from.
N_CALIBRATION = 300


def search(
    model: Model, data: Dataset, *, max_drop: float, metric: str, threads: int, passes: Mapping[str, Pass] = PASSES
) -> Model:
    """Return the winner, registered as the next version, or *model* when no pass is better."""
    with _threads_kept(), tempfile.TemporaryDirectory(prefix="workbench-optimize-") as work:
        predictor = load(model.path, threads=threads)
        spec = predictor.spec
        samples = Samples(known(data, spec.classes, of=model.ref), task=spec.task, classes=spec.classes, settings=spec.settings)
        judge = Judge(
            spec=spec,
            samples=samples,
            outputs=samples.outputs(predictor.outputs),
            metric=metric or tasks.learnable(spec.task).main_metric,
            max_drop=max_drop,
            threads=threads,
        )
        baseline = judge.baseline(predictor, model.path)
        picked = np.linspace(0, len(samples) - 1, min(len(samples), N_CALIBRATION)).astype(int)
        source = Source(model.path, spec, samples.inputs(picked), Path(work))
        trials = []
        for number, name in enumerate(passes, start=1):
            trials.append(judge.attempt(name, passes[name], source))
            model.ws.events.emit("progress", model.ref, done=number, total=len(passes), what=name)
        ranked = rank(*_timed([baseline, *trials], samples), metric=judge.metric)
        report = _report(model, judge, ranked)
        return next((_registered(model, judge, trial, report) for trial in ranked if trial.verdict == "taken"), model)


def _timed(trials: Sequence[Trial], samples: Samples) -> list[Trial]:
    """Return the trials with the CPU milliseconds of those that are in the race, all timed together."""
    racing = {trial.name: trial.predictor for trial in trials if trial.predictor is not None and not trial.reason}
    ms: dict[str, dict[int, float]] = {name: {} for name in racing}
    for n in BATCHES:
        array = samples.inputs(np.arange(n) % len(samples))
        calls = {name: partial(predictor.outputs, array) for name, predictor in racing.items()}
        for name, seconds in interleaved(calls).items():
            ms[name][n] = seconds * 1000
    return [replace(trial, ms=ms.get(trial.name, {})) for trial in trials]


def _report(model: Model, judge: Judge, ranked: Sequence[Trial]) -> Report:
    baseline = ranked[0]
    chosen = next((trial for trial in ranked if trial.verdict == "taken"), baseline)
    details = {
        "metric": judge.metric,
        "max_drop": judge.max_drop,
        "threads": judge.threads,
        "taken": "" if chosen is baseline else chosen.name,
        "passes": [trial.row() for trial in ranked],
    }
    scores = {judge.metric: chosen.score, "speedup": speedup(baseline, chosen)}
    return record(model.ws, "optimize", subject=model.ref, data=judge.samples.data.ref, scores=scores, details=details)


def _registered(model: Model, judge: Judge, best: Trial, report: Report) -> Model:
    if best.folder is None or best.predictor is None:
        raise TypeError(f"The pass {best.name!r} has no bundle.")
    facts = dict(model.facts) | {
        "runtime": best.predictor.spec.runtime,
        "pass": best.name,
        "parent": model.ref,
        "report": report.ref,
        "size_bytes": best.size_bytes,
        "metrics": judge.scores_of(judge.samples.outputs(best.predictor.outputs)),
        "val": judge.samples.data.ref,
    }
    return register(model.ws, model.name, best.folder, facts=facts)


@contextlib.contextmanager
def _threads_kept() -> Iterator[None]:
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
