"""The checks of a recipe on its data, from the cheapest to the dearest; each says what it saw."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch

from workbench import tasks
from workbench.core.dataset import Dataset
from workbench.core.recipe import Recipe
from workbench.models.samples import Samples
from workbench.ops.significance import at_least
from workbench.training.fitted import settings_of
from workbench.training.loop import GO, STOP, Learner, laid_out, n_batches, seeded
from workbench.training.plan import few

#: So many samples are learned by heart, and so many are enough for a first curve.
_BY_HEART, _MOST = 16, 1024
#: The share of the first loss, or of what guessing the commonest labels costs if that is less, that one batch has to get below.
_BOUND = 0.25
#: The shares of the time for one batch and for the curve; the rest is for reading the data.
_HEART_S, _CURVE_S = 0.3, 0.6
_STEPS, _EPOCHS = 300, 30
#: A curve that luck alone would reach as often as this is no sign of learning.
_LUCK = 0.01


@dataclass(frozen=True)
class Check:
    """What one check found."""

    name: str
    is_ok: bool
    says: str


def run(recipe: Recipe, data: Dataset, *, seconds: float) -> tuple[dict[str, float], dict[str, Any]]:
    """Return the scores and the details of all checks; what needs an earlier one to hold is left out when it does not."""
    labels = [str(label) for label in data.labels()]
    classes = tuple(data.classes) if set(labels) <= set(data.classes) else tuple(sorted(set(labels)))
    checks = [_labels(labels)]
    told: dict[str, Any] = {"classes": list(classes), "curve": []}
    if checks[-1].is_ok:
        with seeded(recipe):
            found, curves = _learning(recipe, data, classes, seconds)
        checks += found
        told |= curves
    missed = [each for each in checks if not each.is_ok]
    says = f"{missed[0].name}: {missed[0].says}" if missed else "It learns: every check was passed."
    scores = {each.name: float(each.is_ok) for each in checks} | {"passed": float(not missed)}
    return scores, {"says": says, "checks": [asdict(each) for each in checks], **told}


def _learning(
    recipe: Recipe, data: Dataset, classes: tuple[str, ...], seconds: float
) -> tuple[list[Check], dict[str, list[dict[str, float]]]]:
    """Return the checks that take a network, up to the first that stops the rest, and their curves."""
    small = few(data, _MOST, seed=recipe.seed)
    batch = few(small, _BY_HEART, seed=recipe.seed)
    steady = replace(recipe, epochs=_STEPS, batch_size=len(batch))
    try:
        learner = Learner(steady, n_classes=len(classes), n_items=len(batch))
    except ValueError as exc:  # an optimizer refuses to have nothing to do
        return [Check("gradients", is_ok=False, says=f"Nothing is trained: {exc}.")], {}
    settings = settings_of(recipe, batch, classes, learner.network.settings)
    samples = Samples(batch, task=recipe.task, classes=classes, settings=settings)
    pixels = laid_out(torch.from_numpy(samples.inputs(np.arange(len(samples)))))
    targets = torch.from_numpy(samples.targets)
    checks = [_shapes(learner, pixels, len(classes))]
    if checks[-1].is_ok:
        checks.append(_gradients(learner, pixels, targets))
    if not checks[-1].is_ok:
        return checks, {}
    by_heart, losses = _one_batch(learner, pixels, targets, seconds * _HEART_S)
    step_s = losses[-1]["seconds"] / len(losses) * recipe.batch_size / len(batch)
    check, curve = _curve(recipe, small, classes, step_s, seconds * _CURVE_S)
    return [*checks, by_heart, check], {"one_batch": losses, "curve": curve}


def _labels(labels: Sequence[str]) -> Check:
    counts = {name: labels.count(name) for name in sorted(set(labels))}
    rare = [name for name, n in counts.items() if n < 2]
    if len(counts) < 2:
        return Check("labels", is_ok=False, says=f"There is only the label {next(iter(counts))!r}.")
    if rare:
        return Check("labels", is_ok=False, says=f"These labels are there once: {', '.join(map(repr, rare[:8]))}.")
    return Check("labels", is_ok=True, says=f"{len(counts)} classes, the smallest of {min(counts.values())} samples.")


def _shapes(learner: Learner, pixels: torch.Tensor, n_classes: int) -> Check:
    try:
        with torch.no_grad():
            outputs = learner.network(pixels)
    except (RuntimeError, ValueError) as exc:
        return Check("shapes", is_ok=False, says=f"The network does not take inputs of {_size(pixels)}: {_first_line(exc)}")
    expected = (len(pixels), n_classes)
    said = f"Inputs of {_size(pixels)} become outputs of {_size(outputs)}"
    if tuple(outputs.shape) != expected:
        return Check("shapes", is_ok=False, says=f"{said}; {' x '.join(map(str, expected))} are needed, one per class.")
    if not torch.isfinite(outputs).all():
        return Check("shapes", is_ok=False, says=f"{said}, and some are not finite.")
    return Check("shapes", is_ok=True, says=f"{said}.")


def _gradients(learner: Learner, pixels: torch.Tensor, targets: torch.Tensor) -> Check:
    """Make one step; every weight that is trained must have felt it."""
    trained = {name: p for name, p in learner.network.named_parameters() if p.requires_grad}
    learner.step(pixels, targets)
    dead = [name for name, p in trained.items() if p.grad is None or not p.grad.abs().sum() > 0]
    wild = [name for name, p in trained.items() if p.grad is not None and not torch.isfinite(p.grad).all()]
    if not trained:
        return Check("gradients", is_ok=False, says="Nothing is trained: every weight is frozen.")
    if wild:
        return Check("gradients", is_ok=False, says=f"Gradients that are not finite: {', '.join(wild[:4])}.")
    if dead:
        said = f"{len(dead)} of {len(trained)} trained weights have no gradient: {', '.join(dead[:4])}."
        return Check("gradients", is_ok=False, says=said)
    return Check("gradients", is_ok=True, says=f"All {len(trained)} trained weights have a gradient.")


def _one_batch(
    learner: Learner, pixels: torch.Tensor, targets: torch.Tensor, seconds: float
) -> tuple[Check, list[dict[str, float]]]:
    """Learn a few samples by heart; what cannot do that cannot learn many."""
    shares = torch.bincount(targets).double() / len(targets)
    guess = float(-(shares * shares.clamp_min(1e-12).log()).sum())
    began, losses = time.monotonic(), list[dict[str, float]]()
    while len(losses) < _STEPS - 1:
        loss = learner.step(pixels, targets)
        losses.append({"step": len(losses) + 1, "loss": loss, "seconds": time.monotonic() - began})
        if loss < guess * _BOUND or losses[-1]["seconds"] > seconds or not math.isfinite(loss):
            break
    last = losses[-1]["loss"]
    said = f"In {len(losses)} steps on {len(targets)} samples the loss came from {losses[0]['loss']:.3g} to {last:.3g}"
    if last < guess * _BOUND:
        return Check("one_batch", is_ok=True, says=f"{said}."), losses
    bound = f"less than {guess * _BOUND:.3g} was expected, as guessing costs {guess:.3g}"
    return Check(
        "one_batch", is_ok=False, says=f"{said}; {bound}. Is `lr` too small or too large, or are the inputs alike?"
    ), losses


def _curve(
    recipe: Recipe, data: Dataset, classes: tuple[str, ...], step_s: float, seconds: float
) -> tuple[Check, list[dict[str, float]]]:
    """Learn from four fifths of the samples and ask of the rest: better than always saying the commonest label?"""
    held = few(data, max(2 * len(classes), len(data) // 5), seed=recipe.seed + 1)
    out = set(held.ids())
    rest = data.select([i for i in data.ids() if i not in out])
    if not len(rest):
        return Check("curve", is_ok=False, says=f"{len(data)} samples are too few to hold some out."), []
    epochs = int(max(2, min(_EPOCHS, seconds / max(step_s, 1e-6) / n_batches(len(rest), recipe))))
    with seeded(recipe):
        learner = Learner(replace(recipe, epochs=epochs), n_classes=len(classes), n_items=len(rest))
        settings = settings_of(recipe, rest, classes, learner.network.settings)
        seen, unseen = (Samples(side, task=recipe.task, classes=classes, settings=settings) for side in (rest, held))
        over = time.monotonic() + seconds
        learned = learner.epochs(seen, unseen, classes, ask=lambda: STOP if time.monotonic() > over else GO)
        curve = [{"step": e.number, "loss": e.loss, "val_loss": e.val_loss, **e.metrics} for e in learned]
    if not curve:
        return Check("curve", is_ok=False, says=f"{seconds:g} s were too short for one epoch of {len(rest)} samples."), []
    metric = tasks.learnable(recipe.task).main_metric
    commonest = max(np.bincount(unseen.targets)) / len(held)
    best = max(point[metric] for point in curve)
    luck = at_least(round(best * len(held)), len(held), commonest)
    said = (
        f"{metric} {best:.3f} on {len(held)} samples that were held out, {commonest:.3f} by guessing, after {len(curve)} epochs"
    )
    if luck * len(curve) < _LUCK:
        return Check("curve", is_ok=True, says=f"{said}."), curve
    return Check("curve", is_ok=False, says=f"{said}: no better than luck. Do the labels belong to the samples?"), curve


def _size(tensor: torch.Tensor) -> str:
    return " x ".join(str(n) for n in tensor.shape)


def _first_line(exc: Exception) -> str:
    return (str(exc) or type(exc).__name__).splitlines()[0]
