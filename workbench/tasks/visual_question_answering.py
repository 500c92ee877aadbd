"""Visual question answering: the answer to a question about a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar
from xml.etree.ElementTree import Element

from workbench.core.dataset import MEDIA, TEXT
from workbench.core.ports import Row
from workbench.tasks.answers import Written
from workbench.tasks.config import tag
from workbench.tasks.modalities import OfPictures


class VisualQuestionAnswering(OfPictures, Written):
    """A text per picture and question; the question stands in the column `text`."""

    name: ClassVar[str] = "visual-question-answering"
    made_of: ClassVar[tuple[str, ...]] = (MEDIA, TEXT)

    def stage(self) -> list[Element]:
        """Return the question above the picture."""
        return [tag("Text", name="question", value="$question", valueType="text"), *super().stage()]

    def shown(self, row: Row, media: Path | None) -> Mapping[str, Any]:
        """Return the picture and the question."""
        return {**super().shown(row, media), "question": row.get(TEXT) or ""}
