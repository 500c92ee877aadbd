"""Speech recognition: what is said in a recording, word by word."""

from __future__ import annotations

from typing import ClassVar

from workbench.tasks.answers import Written
from workbench.tasks.modalities import OfSounds


class AutomaticSpeechRecognition(OfSounds, Written):
    """A text per recording."""

    name: ClassVar[str] = "automatic-speech-recognition"
