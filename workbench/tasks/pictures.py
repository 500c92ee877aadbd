"""Reading pictures that anybody may have sent: decoded whole, upright, RGB, of bounded size, or refused with the reason."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps, JpegImagePlugin, UnidentifiedImageError

from workbench.core.errors import InputError

#: A picture of more pixels is refused from its header alone, before memory is given for it (Pillow's own limit).
MAX_PIXELS = 89_478_485

THUMB_PX = 96

_DEEP = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")


def read(item: Any) -> Image.Image:
    """Return a path, encoded bytes or a PIL image as an upright RGB image; of an animation, the first frame."""
    name = _name(item)
    if isinstance(item, Image.Image):
        return _decoded(item, name)
    with _opened(item, name) as image:
        return _decoded(image, name)


def glance(path: Path) -> tuple[int, int, bytes]:
    """Return width and height as seen upright, and a thumbnail; a JPEG is decoded no larger than that takes.

    So a JPEG of any number of pixels is fine here; other pictures are decoded whole, and bounded as in `read`.
    """
    small = drafted(path, 2 * THUMB_PX)
    if small is None:
        image = read(path)
        return image.width, image.height, thumbnail(image)
    (width, height), image = small
    turned = _upright(image)
    if turned.size != image.size:
        width, height = height, width
    return width, height, thumbnail(_rgb(turned))


def thumbnail(image: Image.Image) -> bytes:
    """Return *image* as a JPEG of at most 96 pixels a side; a smaller one keeps its size."""
    small = image.copy()
    small.thumbnail((THUMB_PX, THUMB_PX), Image.Resampling.BILINEAR)
    content = io.BytesIO()
    small.save(content, "JPEG", quality=85)
    return content.getvalue()


def _name(item: Any) -> str:
    if isinstance(item, str | Path):
        return str(item)
    return "The image" if isinstance(item, Image.Image) else "The upload"


def _opened(item: Any, name: str) -> Image.Image:
    if isinstance(item, bytes | bytearray | memoryview):
        source: Any = io.BytesIO(item)
    elif isinstance(item, str | Path):
        source = Path(item)
        if not source.is_file():
            raise InputError(f"There is no file {name}.")
    else:
        raise InputError(
            f"An image is a path, encoded bytes or a PIL image, got {type(item).__name__}.",
            hint="For an array, pass PIL.Image.fromarray(array).",
        )
    try:
        return Image.open(source)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise _too_large(name) from exc
    except Exception as exc:  # decoders of foreign bytes raise whatever they stumble on
        raise _unreadable(name, exc) from exc


def drafted(path: Path, side: int) -> tuple[tuple[int, int], Image.Image] | None:
    """Return the size of a JPEG and its picture, decoded no larger than *side* pixels ask for; None of another file."""
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    with path.open("rb") as file:
        if file.read(3) != b"\xff\xd8\xff":
            return None
        file.seek(0)
        try:
            # Not by `Image.open`, which refuses by the size that the whole picture would have.
            with JpegImagePlugin.JpegImageFile(file) as image:
                size = image.size
                image.draft("RGB", (side, side))
                if image.width * image.height > MAX_PIXELS:
                    raise _too_large(str(path))
                image.load()
                return size, image.copy()
        except InputError:
            raise
        except Exception as exc:  # as above
            raise _unreadable(str(path), exc) from exc


def _decoded(image: Image.Image, name: str) -> Image.Image:
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(name)
    try:
        image.load()
        return _rgb(_upright(image))
    except Exception as exc:  # as above: a truncated file shows only here
        raise _unreadable(name, exc) from exc


def _upright(image: Image.Image) -> Image.Image:
    try:
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
    except Exception:  # damaged EXIF says nothing about the pixels
        return image
    return ImageOps.exif_transpose(image) if turned else image


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    if image.mode in _DEEP:
        return _from_deep(image)
    if "transparency" in image.info or image.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        # Hidden pixels hold any color; on white, as a browser shows them.
        clear = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")
    return image.convert("RGB")


def _from_deep(image: Image.Image) -> Image.Image:
    """Return 16-bit counts, 32-bit counts or floats as 8 bits a channel; Pillow itself would cut them off at 255."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    if image.mode.startswith("I;16") or values.max(initial=0.0) > 255:
        values = values / 257
    elif image.mode == "F" and values.max(initial=0.0) <= 1:
        values = values * 255
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8)).convert("RGB")


def _too_large(name: str) -> InputError:
    return InputError(f"{name} is too large: images of at most {MAX_PIXELS:,} pixels are read.", hint="Scale it down.")


def _unreadable(name: str, exc: Exception) -> InputError:
    if isinstance(exc, UnidentifiedImageError):
        return InputError(f"{name} is not an image in a format that is known here.")
    return InputError(f"{name} cannot be decoded: {str(exc) or type(exc).__name__}.", hint="The file is damaged or cut off.")
