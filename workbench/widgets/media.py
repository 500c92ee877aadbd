"""A media file as a browser can show it: as it is when it may be, scaled down or told of when not."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

from PIL import ExifTags, Image, UnidentifiedImageError

from workbench.core.errors import InputError
from workbench.tasks import pictures

#: What a browser decodes by itself, by what the file begins with: its name may say anything.
_SHOWN = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF....WEBP": "image/webp",
    b"RIFF....WAVE": "audio/wav",
    b"ID3": "audio/mpeg",
    b"\xff\xfb": "audio/mpeg",
    b"\xff\xf3": "audio/mpeg",
    b"OggS": "audio/ogg",
    b"fLaC": "audio/flac",
    b"....ftyp": "audio/mp4",
}
#: A picture beyond either travels scaled down.
MAX_BYTES, MAX_SIDE = 6 * 2**20, 2560
_MAX_SOUND = 64 * 2**20
_MAX_TEXT = 2**20


def viewable(path: Path) -> tuple[bytes, str, list[int]]:
    """Return a file's content for a browser, its type, and for a picture the size of the upright original.

    Raises `InputError` for a picture that is damaged or too large to decode, and for a recording too large to play.
    """
    with path.open("rb") as file:
        head = file.read(16)
    kind = next((kind for mark, kind in _SHOWN.items() if _starts(head, mark)), "")
    n_bytes = path.stat().st_size
    if kind.startswith("audio/"):
        if n_bytes > _MAX_SOUND:
            raise InputError(f"The recording has {n_bytes / 2**20:.0f} MB; at most {_MAX_SOUND // 2**20} MB are played here.")
        return path.read_bytes(), kind, []
    size = _size(path)
    if size is None:
        return path.read_bytes()[:_MAX_TEXT].decode("utf-8", "replace").encode(), "text/plain", []
    if kind and n_bytes <= MAX_BYTES and max(size) <= MAX_SIDE:
        return path.read_bytes(), kind, size
    return _scaled(path), "image/jpeg", size


def _size(path: Path) -> list[int] | None:
    """Return the size of a picture as seen upright, from its header alone; None of what is no picture."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path) as opened:  # large ones are met below
            width, height = opened.size
            turned = opened.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
    except Image.DecompressionBombError:
        small = pictures.drafted(path, MAX_SIDE)
        return list(small[0]) if small else list(pictures.read(path).size)  # which says that it is too large
    except (UnidentifiedImageError, OSError):
        return None
    return [height, width] if turned else [width, height]


def _scaled(path: Path) -> bytes:
    small = pictures.drafted(path, MAX_SIDE)  # a JPEG is decoded small
    image = pictures.read(small[1] if small else path)
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    content = io.BytesIO()
    image.save(content, "JPEG", quality=88)
    return content.getvalue()


def _starts(head: bytes, mark: bytes) -> bool:
    return len(head) >= len(mark) and all(m == ord(".") or m == h for m, h in zip(mark, head, strict=False))
