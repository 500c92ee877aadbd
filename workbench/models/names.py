"""Which backbones there are, known without loading torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.core.errors import NotFoundError
from workbench.core.registry import Registry

#: Backbones by name: (number of classes, settings) to a network.
BACKBONES: Registry[Callable[..., Any]] = Registry(
    "backbone",
    {
        "small-cnn": "workbench.models.backbones:small_cnn",
        "resnet-18": "workbench.models.backbones:resnet_18",
    },
)


def is_folder(backbone: str) -> bool:
    """Return whether *backbone* is a local folder with a pretrained model, as transformers saves them."""
    return backbone not in BACKBONES and (Path(backbone) / "config.json").is_file()


def check(backbone: str) -> str:
    """Return *backbone* when it is a registered name or a pretrained folder; raise `NotFoundError` otherwise."""
    if backbone in BACKBONES or is_folder(backbone):
        return backbone
    try:
        BACKBONES.target(backbone)
    except NotFoundError as exc:
        exc.hint = f"{exc.hint} A folder with a pretrained model (config.json, *.safetensors) will do too."
        raise
    return backbone
