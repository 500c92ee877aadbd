"""Between what tasks read and write and what steps change: images and pixels, recordings and sounds, files of both."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

from workbench.core.need import need


def opened(modality: str, item: Any) -> Any:
    """Return an item as the task reads it in the form that steps change: a picture as pixels, anything else as it is."""
    return np.asarray(item.convert("RGB")) if modality == "image" else item


def closed(modality: str, content: Any) -> Any:
    """Return content that steps changed as the task takes it: the inverse of `opened`."""
    return Image.fromarray(np.asarray(content, np.uint8)) if modality == "image" else content


def encoded(modality: str, content: Any) -> tuple[bytes, str]:
    """Return a picture as a PNG file, or a sound as a WAV file of 16 bits, and the ending of its name."""
    file = io.BytesIO()
    if modality == "image":
        Image.fromarray(content).save(file, "PNG")
        return file.getvalue(), ".png"
    soundfile = need("soundfile", extra="audio", use="Writing recordings")
    soundfile.write(file, content.samples, content.rate, format="WAV", subtype="PCM_16")
    return file.getvalue(), ".wav"
