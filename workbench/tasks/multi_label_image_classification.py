"""Multi-label image classification: all the classes that a picture shows."""

from __future__ import annotations

from typing import ClassVar

from workbench.tasks.answers import SomeOf
from workbench.tasks.modalities import OfPictures


class MultiLabelImageClassification(OfPictures, SomeOf):
    """Any number of classes per picture."""

    name: ClassVar[str] = "multi-label-image-classification"
