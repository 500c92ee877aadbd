"""Text classification: one class out of several per text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from workbench.ops.ngrams import hashed
from workbench.tasks.classes import ClassLearner
from workbench.tasks.modalities import OfTexts


class TextClassification(OfTexts, ClassLearner):
    """One class per text; tensors are (batch, buckets): hashed words and pieces of words."""

    name: ClassVar[str] = "text-classification"

    def blank(self) -> str:
        """Return an empty text."""
        return ""

    def inputs(self, items: Sequence[Any], *, settings: Mapping[str, Any]) -> NDArray[np.float32]:
        """Return texts as float32 (n, `buckets`)."""
        return hashed(items, int(settings["buckets"]))
