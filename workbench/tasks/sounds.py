"""Reading recordings that anybody may have sent: decoded, of bounded length, or refused with the reason."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workbench.core.dataset import THUMB
from workbench.core.errors import InputError
from workbench.core.labels import S_DIGITS
from workbench.core.need import need
from workbench.core.ports import Row

#: A recording of more samples (all channels) is refused from its header alone: two hours of stereo in CD quality.
MAX_SAMPLES = 2 * 2 * 3600 * 44_100
_BLOCK = 1 << 18
#: No page of an Ogg file is longer.
_OGG_PAGE = 65_307
_THUMB = (96, 48)


@dataclass(frozen=True)
class Sound:
    """A recording: `samples` are float32 (time, channels) in [-1, 1], `rate` of them a second."""

    samples: NDArray[np.float32] = field(repr=False)
    rate: int

    @property
    def seconds(self) -> float:
        """Return how long it is."""
        return len(self.samples) / self.rate


def read(item: Any) -> Sound:
    """Return a path, encoded bytes or a `Sound` decoded; raise `InputError` when it is damaged, too long or no recording."""
    if isinstance(item, Sound):
        return item
    with _opened(item) as file:
        samples = file.read(dtype="float32", always_2d=True)
        if len(samples) < file.frames:
            raise InputError(f"{_name(item)} is cut off after {len(samples):,} of {file.frames:,} samples.")
        return Sound(samples, int(file.samplerate))


def describe(path: Path) -> Row:
    """Return `seconds`, `rate`, `channels` and the waveform as a small JPEG; the recording is read block by block."""
    with _opened(path) as file:
        peaks = np.zeros((_THUMB[0], 2), np.float32)
        # Column c begins with sample ceil(c * frames / columns).
        begins = -(-np.arange(_THUMB[0]) * max(file.frames, 1) // _THUMB[0])
        n_read = 0
        while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
            starts = np.clip(begins - n_read, 0, len(block))
            has = np.diff(starts, append=len(block)) > 0
            lows = np.minimum.reduceat(block, starts[has]).min(axis=1)
            highs = np.maximum.reduceat(block, starts[has]).max(axis=1)
            peaks[has] = np.stack([np.minimum(peaks[has, 0], lows), np.maximum(peaks[has, 1], highs)], axis=1)
            n_read += len(block)
        if not n_read or n_read < file.frames:
            raise InputError(f"{path} is cut off after {n_read:,} of {file.frames:,} samples.")
        seconds = round(n_read / file.samplerate, S_DIGITS)
        return {"seconds": seconds, "rate": int(file.samplerate), "channels": int(file.channels), THUMB: _drawn(peaks)}


def _drawn(peaks: NDArray[np.float32]) -> bytes:
    """Return the waveform as a picture: a column from the lowest to the highest sample of its part of the time."""
    height = _THUMB[1]
    loudest = max(float(np.abs(peaks).max()), 1e-9)
    middle = (height - 1) / 2
    low, high = (np.rint(middle - middle * side / loudest) for side in (peaks[:, 0], peaks[:, 1]))
    rows = np.arange(height)[:, None]
    pixels = np.where((rows >= high) & (rows <= low), 64, 245).astype(np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "JPEG", quality=85)
    return content.getvalue()


@contextmanager
def _opened(item: Any) -> Iterator[Any]:
    name = _name(item)
    if isinstance(item, bytes | bytearray | memoryview):
        source: Any = io.BytesIO(item)
    elif isinstance(item, str | Path):
        source = str(item)
        if not Path(item).is_file():
            raise InputError(f"There is no file {name}.")
    else:
        raise InputError(f"A recording is a path, encoded bytes or a `Sound`, got {type(item).__name__}.")
    soundfile = need("soundfile", extra="audio", use="Reading recordings")
    try:
        with soundfile.SoundFile(source) as file:
            if file.frames * file.channels > MAX_SAMPLES:
                raise InputError(f"{name} is too long: recordings of at most {MAX_SAMPLES:,} samples are read.", hint="Cut it.")
            if _is_cut(source):
                raise InputError(f"{name} is cut off.", hint="Fetch it again.")
            yield file
    except (soundfile.SoundFileError, EOFError) as exc:
        why = str(getattr(exc, "error_string", exc)).removeprefix("Error : ").rstrip(".")
        raise InputError(f"{name} cannot be decoded: {why}.", hint="The file is damaged or no recording.") from exc


def _is_cut(source: Any) -> bool:
    """Return whether a WAV or Ogg file ends before it says that it does, which the decoder passes over in silence."""
    with io.BytesIO(source.getvalue()) if isinstance(source, io.BytesIO) else Path(source).open("rb") as file:
        head = file.read(8)
        size = file.seek(0, io.SEEK_END)
        if head[:4] == b"RIFF":
            told = int.from_bytes(head[4:], "little")
            return told not in (0, 0xFFFF_FFFF) and told + 8 > size + 1  # a last byte of padding is often left out
        if head[:4] == b"OggS":
            file.seek(max(0, size - _OGG_PAGE))
            tail = file.read()
            last = tail.rfind(b"OggS")
            return last < 0 or len(tail) < last + 6 or not tail[last + 5] & 4  # the flag of the last page
    return False


def _name(item: Any) -> str:
    return str(item) if isinstance(item, str | Path) else "The upload"
