"""What training minimizes, one function per kind of output."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the mean cross-entropy of raw outputs (n, classes) against class indices (n,)."""
    loss: Tensor = functional.cross_entropy(outputs, targets)
    return loss
