"""The networks that a recipe can name: our own, those built from a transformers config, or a local pretrained folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from torch import Tensor, nn

from workbench.core.errors import InputError
from workbench.core.need import need
from workbench.models.names import BACKBONES, TAKES, is_folder

#: What a network of our own is fed: pixels in [-2, 2].
_CENTERED: Mapping[str, Any] = {"channels": 3, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}

#: How many numbers stand for a text.
_BUCKETS = 4096


class Network(nn.Module):  # type: ignore[misc]  # torch is not type-checked here
    """A body that makes features and a head that makes outputs; `settings` are all that `rebuild` needs besides weights."""

    head: nn.Module

    def __init__(self, model: nn.Module, head: nn.Module, settings: Mapping[str, Any]) -> None:
        super().__init__()
        self.model = model
        self.settings = dict(settings)
        # Kept out of the tree of modules: it is inside `model` already, and weights must have one name.
        object.__setattr__(self, "head", head)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return raw outputs, (n, classes), of a float32 batch, such as pixels (n, channels, height, width)."""
        outputs = self.model(pixels)
        logits: Tensor = outputs if isinstance(outputs, Tensor) else outputs.logits
        return logits


def create(backbone: str, *, n_classes: int, image_size: int) -> Network:
    """Return a new network: of a registered name with fresh weights, of a folder with its weights and a fresh head."""
    if is_folder(backbone):
        return _pretrained(Path(backbone), n_classes, image_size)
    settings = {"buckets": _BUCKETS} if TAKES.get(backbone) == "text" else {"image_size": image_size, **_CENTERED}
    return cast("Network", BACKBONES[backbone](n_classes, settings))


def rebuild(backbone: str, *, n_classes: int, settings: Mapping[str, Any]) -> Network:
    """Return the network that *settings* of a bundle describe, its weights yet to be loaded."""
    if "config" in settings:
        return _from_config(settings["config"], settings)
    return cast("Network", BACKBONES[backbone](n_classes, settings))


def small_cnn(n_classes: int, settings: Mapping[str, Any]) -> Network:
    """Return a compact convolutional network (residual, batch-normalized; about 0.1 M weights) for small pictures."""
    body = nn.Sequential(
        *_conv(int(settings["channels"]), 24, stride=2),
        *_conv(24, 32),
        _Residual(32),
        *_conv(32, 64, stride=2),
        _Residual(64),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )
    head = nn.Linear(64, n_classes)
    return Network(nn.Sequential(body, head), head, settings)


def resnet_18(n_classes: int, settings: Mapping[str, Any]) -> Network:
    """Return a ResNet-18 (He et al., 2016) from its transformers config, with fresh weights."""
    transformers = need("transformers", extra="train", use="The backbone 'resnet-18'")
    config = transformers.ResNetConfig(
        num_channels=int(settings["channels"]),
        layer_type="basic",
        depths=[2, 2, 2, 2],
        hidden_sizes=[64, 128, 256, 512],
        num_labels=n_classes,
    )
    return _from_config(config.to_diff_dict(), settings)


def ngrams(n_classes: int, settings: Mapping[str, Any]) -> Network:
    """Return a network of one hidden layer on hashed words and pieces of words, for texts of any language."""
    body = nn.Sequential(nn.Linear(int(settings["buckets"]), 64), nn.ReLU())
    head = nn.Linear(64, n_classes)
    return Network(nn.Sequential(body, head), head, settings)


def _pretrained(folder: Path, n_classes: int, image_size: int) -> Network:
    transformers = need("transformers", extra="train", use="A pretrained backbone")
    if not list(folder.glob("*.safetensors")):
        raise InputError(
            f"{folder} has no weights in the format safetensors.", hint="Others may run code when they are loaded."
        )
    model = transformers.AutoModelForImageClassification.from_pretrained(
        folder,
        num_labels=n_classes,
        ignore_mismatched_sizes=True,
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
    )
    prepared = folder / "preprocessor_config.json"
    told = json.loads(prepared.read_text(encoding="utf-8")) if prepared.is_file() else {}
    settings = {
        "image_size": image_size,
        "channels": int(getattr(model.config, "num_channels", 3)),
        "mean": told.get("image_mean", _CENTERED["mean"]),
        "std": told.get("image_std", _CENTERED["std"]),
        "config": model.config.to_diff_dict(),
    }
    return Network(model, _head(model), settings)


def _from_config(config: Mapping[str, Any], settings: Mapping[str, Any]) -> Network:
    transformers = need("transformers", extra="train", use="A backbone from transformers")
    kind = str(config["model_type"])
    built = transformers.AutoConfig.for_model(kind, **{k: v for k, v in config.items() if k != "model_type"})
    model = transformers.AutoModelForImageClassification.from_config(built, trust_remote_code=False)
    return Network(model, _head(model), {**settings, "config": dict(config)})


def _head(model: nn.Module) -> nn.Module:
    for name in ("classifier", "head", "fc"):
        head = getattr(model, name, None)
        if isinstance(head, nn.Module):
            return head
    raise InputError(f"{type(model).__name__} has no head that is known here.", hint="Known: classifier, head, fc.")


def _conv(n_in: int, n_out: int, *, stride: int = 1) -> tuple[nn.Module, ...]:
    return nn.Conv2d(n_in, n_out, 3, stride, padding=1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU()


class _Residual(nn.Module):  # type: ignore[misc]  # as above
    def __init__(self, width: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            *_conv(width, width), nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, features: Tensor) -> Tensor:
        return nn.functional.relu(features + self.change(features))
