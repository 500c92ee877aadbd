"""Texts by their words and pieces of words, hashed; any language, no model, no vocabulary."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.ops.ngrams import hashed
from workbench.ops.vectors import unit

_SIZE = 512


class NGrams:
    """Words and their 3- to 5-character pieces in 512 signed buckets."""

    takes = frozenset({"text"})
    small = False

    def vectors(self, modality: str, items: Sequence[str]) -> NDArray[np.float32]:  # noqa: ARG002  # one modality
        """Return a row of length 1 per text."""
        return unit(hashed(items, _SIZE))
