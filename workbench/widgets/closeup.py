"""Part of a large picture as it is: pictures travel scaled down, and somebody looks closer."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from workbench.core.errors import InputError
from workbench.tasks import pictures
from workbench.widgets.media import MAX_SIDE


class Closeup:
    """Parts of pictures. The last picture is kept while it is looked at: to decode it takes longer than to cut it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # questions may come by several threads
        self._path: Path | None = None
        self._image: Image.Image | None = None

    def of(self, path: Path, box: Sequence[Any]) -> bytes:
        """Return the box [x, y, width, height] of a picture as a JPEG, no larger than pictures travel."""
        with self._lock:
            if self._image is None or self._path != path:
                self._path, self._image = None, None  # two would be too many
                self._path, self._image = path, pictures.read(path)
            image = self._image
        left, top, width, height = (int(n) for n in box)
        right, bottom = min(left + width, image.width), min(top + height, image.height)
        if not (0 <= left < right and 0 <= top < bottom):
            raise InputError(f"A picture of {image.width} x {image.height} has no part {[left, top, width, height]}.")
        part = image.crop((left, top, right, bottom))
        part.thumbnail((MAX_SIDE, MAX_SIDE))
        content = io.BytesIO()
        part.save(content, "JPEG", quality=90)
        return content.getvalue()

    def forget(self) -> None:
        """Give the memory of the last picture back."""
        with self._lock:
            self._path, self._image = None, None
