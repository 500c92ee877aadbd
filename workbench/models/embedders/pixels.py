"""Pictures by what they look like: a small copy, or their colors; no model is needed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workbench.ops.vectors import unit

Array = NDArray[np.float32]


class Pixels:
    """A small copy: 16 x 16 of light, less its mean, and 8 x 8 of each color difference; 384 numbers.

    Like pictures have the same things in the same places. Moderate changes of brightness, size and quality change little.
    """

    takes = frozenset({"image"})
    small = True

    def vectors(self, modality: str, items: Sequence[Image.Image]) -> Array:  # noqa: ARG002  # an embedder of one modality
        """Return a row of length 1 per picture."""
        made = np.empty((len(items), 384), np.float32)
        for i, image in enumerate(items):
            y, cb, cr = (np.asarray(band, np.float32) for band in _copy(image, 16).convert("YCbCr").split())
            made[i, :256] = (y - y.mean()).ravel()
            for start, band in ((256, cb), (320, cr)):
                made[i, start : start + 64] = (band.reshape(8, 2, 8, 2).mean(axis=(1, 3)) - 128).ravel()
        return unit(made)


class Color:
    """How much of each color: a histogram of 8 hues, 4 saturations and 4 lights, its roots; 128 numbers."""

    takes = frozenset({"image"})
    small = True

    def vectors(self, modality: str, items: Sequence[Image.Image]) -> Array:  # noqa: ARG002  # as above
        """Return a row of length 1 per picture; the roots make the cosine a Hellinger affinity."""
        made = np.empty((len(items), 128), np.float32)
        for i, image in enumerate(items):
            h, s, v = (np.asarray(band).astype(np.int64).ravel() for band in _copy(image, 48).convert("HSV").split())
            made[i] = np.sqrt(np.bincount((h // 32) * 16 + (s // 64) * 4 + v // 64, minlength=128))
        return unit(made)


def _copy(image: Image.Image, side: int) -> Image.Image:
    # The triangle filter: with a narrower one, copies of other sizes come out different at hard edges.
    return image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR)
