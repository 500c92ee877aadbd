"""Small pictures that are learned in a moment, for tests of training."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from workbench.core.dataset import Dataset, commit
from workbench.core.workspace import Workspace


def colors(ws: Workspace, *sizes: int, side: int = 16, name: str = "colors") -> list[Dataset]:
    """Return datasets of these sizes, without common samples, of noisy pictures that are mostly red, green or blue."""
    random, rows = np.random.default_rng(0), []
    for i in range(sum(sizes)):
        pixels = random.integers(0, 120, (side, side, 3), np.uint8)
        pixels[..., i % 3] += 60
        content = io.BytesIO()
        Image.fromarray(pixels).save(content, "PNG")
        rows.append({"id": f"{i:05}", "media": ws.blobs.put(content.getvalue(), suffix=".png"), "label": "rgb"[i % 3]})
    data = commit(ws, name, rows, task="image-classification", classes=["r", "g", "b"])
    ids, ends = data.ids(), np.cumsum(sizes).tolist()
    return [data.select(ids[end - size : end]) for size, end in zip(sizes, ends, strict=True)]
