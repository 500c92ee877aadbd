"""Image captioning: what is to be seen, in a sentence; makes pairs of picture and text."""

from __future__ import annotations

from typing import ClassVar

from workbench.tasks.answers import Written
from workbench.tasks.modalities import OfPictures


class ImageCaptioning(OfPictures, Written):
    """A text per picture."""

    name: ClassVar[str] = "image-captioning"
