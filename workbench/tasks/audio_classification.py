"""Audio classification: one class out of several per recording."""

from __future__ import annotations

from typing import ClassVar

from workbench.tasks.answers import OneOf
from workbench.tasks.modalities import OfSounds


class AudioClassification(OfSounds, OneOf):
    """One class per recording."""

    name: ClassVar[str] = "audio-classification"
