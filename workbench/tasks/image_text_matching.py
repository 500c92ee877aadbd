"""Image-text matching: whether a text says what a picture shows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar
from xml.etree.ElementTree import Element

from workbench.core.dataset import MEDIA, TEXT
from workbench.core.ports import Row
from workbench.tasks.answers import OneOf
from workbench.tasks.config import tag
from workbench.tasks.modalities import OfPictures


class ImageTextMatching(OfPictures, OneOf):
    """`match` or `mismatch` per pair; the text stands in the column `text`."""

    name: ClassVar[str] = "image-text-matching"
    made_of: ClassVar[tuple[str, ...]] = (MEDIA, TEXT)
    fixed: ClassVar[tuple[str, ...]] = ("match", "mismatch")

    def stage(self) -> list[Element]:
        """Return the picture above the text."""
        return [*super().stage(), tag("Text", name="text", value="$text", valueType="text")]

    def shown(self, row: Row, media: Path | None) -> Mapping[str, Any]:
        """Return the picture and the text."""
        return {**super().shown(row, media), "text": row.get(TEXT) or ""}
