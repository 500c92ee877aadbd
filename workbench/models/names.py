"""Which backbones there are, known without loading torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, NotFoundError
from workbench.core.registry import Registry

#: Backbones by name: (number of classes, settings) to a network.
BACKBONES: Registry[Callable[..., Any]] = Registry(
    "backbone",
    {
        "small-cnn": "workbench.models.backbones:small_cnn",
        "resnet-18": "workbench.models.backbones:resnet_18",
        "ngrams": "workbench.models.backbones:ngrams",
    },
)

#: What they take, and the one that is taken unless another is named. Those that are not here take images.
TAKES = {"ngrams": "text"}
DEFAULT = {"image": "small-cnn", "text": "ngrams"}


def is_folder(backbone: str) -> bool:
    """Return whether *backbone* is a local folder with a pretrained model, as transformers saves them."""
    return backbone not in BACKBONES and (Path(backbone) / "config.json").is_file()


def check(backbone: str, *, modality: str = "image") -> str:
    """Return *backbone* when it is a registered name or a pretrained folder; raise `NotFoundError` otherwise.

    Raises `InputError` when it does not take what the task has.
    """
    if backbone in BACKBONES or is_folder(backbone):
        if (takes := TAKES.get(backbone, "image")) != modality:
            raise InputError(
                f"The backbone {backbone!r} takes {takes} items, and the task has {modality} items.",
                hint=f"Write backbone={DEFAULT[modality]!r}." if modality in DEFAULT else "",
            )
        return backbone
    try:
        BACKBONES.target(backbone)
    except NotFoundError as exc:
        exc.hint = f"{exc.hint} A folder with a pretrained model (config.json, *.safetensors) will do too."
        raise
    return backbone
