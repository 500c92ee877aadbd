"""What tasks on pictures, sounds, texts and rows of a table have in common: files, what is shown, how it is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar
from xml.etree.ElementTree import Element

from workbench.core import dataset as columns
from workbench.core.dataset import ID, NAME, TEXT, THUMB
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.core.task import Task
from workbench.tasks import pictures, sounds, writings
from workbench.tasks.config import tag

#: The columns of a row that say something about it, and are not part of it.
_HOUSE = {value for key, value in vars(columns).items() if key.isupper() and isinstance(value, str)} | {
    "group",
    "n_answers",
    "label_seconds",
    "confidence",
}


class Shown(Task):
    """A task whose items are shown by one element of a config, which labels point at by the name `to`."""

    to: ClassVar[str]

    def stage(self) -> list[Element]:
        """Return the elements that show an item."""
        raise NotImplementedError


class OfPictures(Shown):
    """Items are pictures."""

    modality: ClassVar[str] = "image"
    suffixes: ClassVar[tuple[str, ...]] = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
    facts: ClassVar[tuple[str, ...]] = ("width", "height", THUMB)
    to: ClassVar[str] = "image"

    def stage(self) -> list[Element]:
        """Return the picture."""
        return [tag("Image", name=self.to, value="$image", zoom="true")]

    def shown(self, row: Row, media: Path | None) -> Mapping[str, Any]:
        """Return the picture and its name."""
        return {"image": media, "name": _name(row)}

    def read(self, item: Any) -> Any:
        """Return an item as an upright RGB image; raise `InputError` when it is damaged, too large or no image."""
        return pictures.read(item)

    def describe(self, path: Path) -> Row:
        """Return width and height in pixels as seen upright, and a JPEG thumbnail."""
        width, height, thumb = pictures.glance(path)
        return {"width": width, "height": height, THUMB: thumb}


class OfSounds(Shown):
    """Items are recordings."""

    modality: ClassVar[str] = "audio"
    suffixes: ClassVar[tuple[str, ...]] = (".wav", ".flac", ".ogg", ".mp3")
    facts: ClassVar[tuple[str, ...]] = ("seconds", "rate", "channels", THUMB)
    to: ClassVar[str] = "audio"

    def stage(self) -> list[Element]:
        """Return the waveform with its player."""
        return [tag("Audio", name=self.to, value="$audio")]

    def shown(self, row: Row, media: Path | None) -> Mapping[str, Any]:
        """Return the recording and its name."""
        return {"audio": media, "name": _name(row)}

    def read(self, item: Any) -> sounds.Sound:
        """Return a recording decoded; raise `InputError` when it is damaged, too long or no recording."""
        return sounds.read(item)

    def describe(self, path: Path) -> Row:
        """Return the length in seconds, the samples per second, the channels, and the waveform as a JPEG."""
        return sounds.describe(path)


class OfTexts(Shown):
    """Items are texts, which stand in the row itself."""

    modality: ClassVar[str] = "text"
    suffixes: ClassVar[tuple[str, ...]] = (".txt",)
    made_of: ClassVar[tuple[str, ...]] = (TEXT,)
    to: ClassVar[str] = "text"

    def stage(self) -> list[Element]:
        """Return the text."""
        return [tag("Text", name=self.to, value="$text", valueType="text")]

    def shown(self, row: Row, media: Path | None) -> Mapping[str, Any]:
        """Return the text and its name."""
        return {"text": row.get(TEXT) or "", "name": _name(row)}

    def read(self, item: Any) -> str:
        """Return the text: of a path its file's, of bytes as UTF-8, of a `str` itself."""
        return writings.read(item)

    def describe(self, path: Path) -> Row:
        """Return the text of the file."""
        return {TEXT: writings.read(path)}


class OfRows(Shown):
    """Items are rows of a table: numbers, names and dates in columns of their own."""

    modality: ClassVar[str] = "table"
    suffixes: ClassVar[tuple[str, ...]] = ()
    made_of: ClassVar[tuple[str, ...]] = ()
    to: ClassVar[str] = "table"

    def stage(self) -> list[Element]:
        """Return the row as a small table."""
        return [tag("Table", name=self.to, value="$table")]

    def shown(self, row: Row, media: Path | None) -> Mapping[str, Any]:
        """Return the row's own columns, as text."""
        own = {key: str(value) for key, value in row.items() if key not in _HOUSE and value is not None}
        return {"table": own, "name": _name(row)}

    def read(self, item: Any) -> Mapping[str, Any]:
        """Return the row itself."""
        if not isinstance(item, Mapping):
            raise InputError(f"A row of a table is a mapping of its columns, got {type(item).__name__}.")
        return item

    def describe(self, path: Path) -> Row:
        """Raise `InputError`: a row has no file."""
        raise InputError(f"A row of a table has no file of its own, got {path}.", hint="Import the whole table: wb.ingest().")


def _name(row: Row) -> str:
    return str(row.get(NAME) or row.get(ID) or "")
