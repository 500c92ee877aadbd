"""Image classification: one label out of several per picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workbench.tasks.classes import ClassLearner
from workbench.tasks.modalities import OfPictures


class ImageClassification(OfPictures, ClassLearner):
    """One label per image; tensors are (batch, channels, height, width)."""

    name: ClassVar[str] = "image-classification"

    def blank(self) -> Image.Image:
        """Return a small black picture."""
        return Image.new("RGB", (64, 64))

    def inputs(self, items: Sequence[Any], *, settings: Mapping[str, Any]) -> NDArray[np.float32]:
        """Return images as float32 (n, channels, image_size, image_size), scaled by `mean` and `std` of *settings*."""
        size, channels = int(settings["image_size"]), int(settings.get("channels", 3))
        mode = "L" if channels == 1 else "RGB"
        pixels = np.empty((len(items), size, size, channels), np.float32)
        for i, image in enumerate(items):
            scaled = image.convert(mode).resize((size, size), Image.Resampling.BILINEAR)
            pixels[i] = np.asarray(scaled, np.float32).reshape(size, size, channels)
        pixels /= 255
        pixels -= np.asarray(settings.get("mean", 0.0), np.float32)
        pixels /= np.asarray(settings.get("std", 1.0), np.float32)
        return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
