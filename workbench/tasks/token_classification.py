"""Token classification: which stretches of a text name something, and what."""

from __future__ import annotations

from typing import ClassVar

from workbench.tasks.spans import Spans


class TokenClassification(Spans):
    """A region has `start` and `end`: characters (code points) of the text, the end excluded."""

    name: ClassVar[str] = "token-classification"
