"""One pass, tried: built, loaded, and held against the baseline on the user's metric and number by number."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench import tasks
from workbench.core.errors import InputError, WorkbenchError
from workbench.models.bundle import Spec
from workbench.models.load import Predictor, load
from workbench.models.samples import Samples
from workbench.optimization.passes import Pass, Source
from workbench.optimization.quiet import quiet

_log = logging.getLogger(__name__)

#: How far the outputs of an exact pass may be from the baseline's, as a share of the largest output.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Trial:
    """What a pass came to; `reason` is why it was left or taken, empty while it is in the race."""

    name: str
    verdict: str = "left"
    reason: str = ""
    predictor: Predictor | None = field(default=None, repr=False)
    folder: Path | None = field(default=None, repr=False)
    size_bytes: int = 0
    score: float = float("nan")
    drop: float = float("nan")
    #: The largest difference of an output from the baseline's, as a share of the largest output.
    difference: float = float("nan")
    #: CPU milliseconds of a call with so many samples.
    ms: dict[int, float] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """Return the row of the report; what was not measured is None."""
        measured = {"metric": self.score, "drop": self.drop, "difference": self.difference}
        return {
            "pass": self.name,
            "verdict": self.verdict,
            "reason": self.reason,
            "size_bytes": self.size_bytes or None,
            "ms": {str(size): round(ms, 4) for size, ms in self.ms.items()} or None,
            **{name: None if np.isnan(value) else float(value) for name, value in measured.items()},
        }


@dataclass(frozen=True, kw_only=True)
class Judge:
    """What a pass is held against: the baseline's outputs and score on the user's samples."""

    spec: Spec
    samples: Samples
    outputs: NDArray[np.float32]
    metric: str
    max_drop: float
    threads: int

    def scores_of(self, outputs: NDArray[np.float32]) -> dict[str, float]:
        """Return every score of raw outputs for all samples; raise `InputError` when the user's metric is none of them."""
        scores = dict(tasks.learnable(self.spec.task).metrics(outputs, self.samples.targets, self.spec.classes))
        if self.metric not in scores:
            said = f"{self.spec.task} has no score named {self.metric!r}."
            raise InputError(said, hint=f"Scores: {', '.join(sorted(scores))}.")
        return scores

    def score_of(self, outputs: NDArray[np.float32]) -> float:
        """Return the user's metric of raw outputs for all samples."""
        return self.scores_of(outputs)[self.metric]

    def baseline(self, predictor: Predictor, folder: Path) -> Trial:
        """Return the trial that the others are compared with."""
        trial = Trial("baseline", verdict="baseline", predictor=predictor, folder=folder, size_bytes=size(folder))
        return replace(trial, score=self.score_of(self.outputs), drop=0.0, difference=0.0)

    def attempt(self, name: str, chosen: Pass, source: Source) -> Trial:
        """Build, load and check a pass; whatever goes wrong becomes the reason why it is left."""
        trial = Trial(name, folder=source.work / name)
        try:
            with quiet():
                chosen.build(source, source.work / name)
            predictor = load(source.work / name, threads=self.threads)
            outputs = self.samples.outputs(predictor.outputs)
        except WorkbenchError as exc:
            return replace(trial, reason=str(exc))
        except Exception as exc:  # a converter that breaks on this network must not take the other passes with it
            _log.warning("The pass %s broke", name, exc_info=True)
            return replace(trial, reason=f"It broke: {type(exc).__name__}: {str(exc).splitlines()[0] if str(exc) else ''}")
        trial = replace(trial, predictor=predictor, size_bytes=size(source.work / name))
        return self._checked(trial, outputs, exact=chosen.exact)

    def _checked(self, trial: Trial, outputs: NDArray[np.float32], *, exact: bool) -> Trial:
        if outputs.shape != self.outputs.shape or not np.isfinite(outputs).all():
            return replace(trial, reason="Its outputs are not finite numbers of the baseline's shape.")
        scale = max(float(np.abs(self.outputs).max()), 1e-12)
        difference = float(np.abs(outputs - self.outputs).max()) / scale
        score = self.score_of(outputs)
        drop = self.score_of(self.outputs) - score
        reason = ""
        if exact and difference > TOLERANCE:
            reason = f"Its outputs differ by up to {difference:.2g} of the largest; an exact pass may by {TOLERANCE:g}."
        elif drop > self.max_drop + 1e-12:
            reason = f"{self.metric} drops by {drop:.4f}, allowed is {self.max_drop:g}."
        return replace(trial, score=score, drop=drop, difference=difference, reason=reason)


def size(folder: Path) -> int:
    """Return the bytes of a bundle's files."""
    return sum(file.stat().st_size for file in folder.iterdir())
