"""Mixing pairs of training samples, and their labels in the same proportion."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import InputError

Array = NDArray[np.float32]

MIXES = ("mixup", "cutmix")


def mixed(how: str, inputs: Array, targets: Array, random: np.random.Generator, *, alpha: float = 0.2) -> tuple[Array, Array]:
    """Return inputs (n, channels, height, width) and targets (n, classes) mixed with those of another order of the batch.

    "mixup" adds two pictures, weighted by a share drawn from Beta(alpha, alpha) (Zhang and others, 2018); "cutmix" puts a
    rectangle of one into the other, of the share that its label gets (Yun and others, 2019; drawn from Beta(1, 1)).
    """
    if how not in MIXES:
        raise InputError(f"{how!r} is no way to mix.", hint=f"Ways: {', '.join(MIXES)}.")
    other = random.permutation(len(inputs))
    if how == "mixup":
        share = float(random.beta(alpha, alpha))
        made = (share * inputs + (1 - share) * inputs[other]).astype(np.float32)
    else:
        made, share = _cut(inputs, inputs[other], float(random.beta(1.0, 1.0)), random)
    return made, (share * targets + (1 - share) * targets[other]).astype(np.float32)


def one_hot(targets: Any, n_classes: int) -> Array:
    """Return class indices (n,) as shares (n, classes)."""
    shares: Array = np.eye(n_classes, dtype=np.float32)[np.asarray(targets)]
    return shares


def _cut(inputs: Array, others: Array, share: float, random: np.random.Generator) -> tuple[Array, float]:
    height, width = inputs.shape[-2:]
    side = math.sqrt(1 - share)
    middle_y, middle_x = int(random.integers(height)), int(random.integers(width))
    top, bottom = max(0, middle_y - int(height * side / 2)), min(height, middle_y + int(height * side / 2))
    left, right = max(0, middle_x - int(width * side / 2)), min(width, middle_x + int(width * side / 2))
    made = inputs.copy()
    made[..., top:bottom, left:right] = others[..., top:bottom, left:right]
    return made, 1 - (bottom - top) * (right - left) / (height * width)
