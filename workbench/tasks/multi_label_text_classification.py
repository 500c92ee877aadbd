"""Multi-label text classification: all the classes that a text belongs to."""

from __future__ import annotations

from typing import ClassVar

from workbench.tasks.answers import SomeOf
from workbench.tasks.modalities import OfTexts


class MultiLabelTextClassification(OfTexts, SomeOf):
    """Any number of classes per text."""

    name: ClassVar[str] = "multi-label-text-classification"
