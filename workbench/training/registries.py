"""What a recipe can name besides its backbone: strategies of transfer, and the loss that each task trains with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.core.registry import Registry

#: How the weights of a pretrained network are treated: a network to the parameters that are trained.
STRATEGIES: Registry[Callable[[Any], list[Any]]] = Registry(
    "strategy",
    {
        "full": "workbench.training.strategies:full",
        "linear-probe": "workbench.training.strategies:linear_probe",
    },
)

#: What is minimized, by task: (outputs, targets) to a scalar, as tensors.
LOSSES: Registry[Callable[[Any, Any], Any]] = Registry(
    "loss",
    {
        "image-classification": "workbench.training.losses:cross_entropy",
        "text-classification": "workbench.training.losses:cross_entropy",
    },
)
