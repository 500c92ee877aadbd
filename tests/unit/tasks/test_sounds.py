"""Recordings that anybody may have sent."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.core.errors import InputError
from workbench.tasks import sounds

soundfile = pytest.importorskip("soundfile")

KINDS = {"WAV": "PCM_16", "FLAC": "PCM_16", "OGG": "VORBIS", "MP3": "MPEG_LAYER_III"}


def noise(kind: str = "WAV", *, n: int = 20_000) -> bytes:
    samples = np.random.default_rng(0).standard_normal((n, 2)) * 0.1
    content = io.BytesIO()
    soundfile.write(content, samples, 8000, format=kind, subtype=KINDS[kind])
    return content.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_a_recording_is_read_whole_or_refused_when_it_is_cut_off(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind.lower()}"
    path.write_bytes(noise(kind))
    sound = sounds.read(path)
    assert (sound.samples.shape, sound.samples.dtype, sound.rate, sound.seconds) == ((20_000, 2), np.float32, 8000, 2.5)
    assert np.array_equal(sounds.read(path.read_bytes()).samples, sound.samples)
    path.write_bytes(path.read_bytes()[: len(noise(kind)) // 2])
    for look in (sounds.read, sounds.describe):
        with pytest.raises(InputError, match=r"cut off|cannot be decoded") as caught:
            look(path)
        assert str(path) in caught.value.message


def test_a_file_is_described_by_its_length_and_its_waveform(tmp_path: Path) -> None:
    samples = np.zeros(8000, np.float32)
    samples[4000:] = np.sin(np.arange(4000))
    soundfile.write(tmp_path / "a.wav", samples, 8000)
    row = sounds.describe(tmp_path / "a.wav")
    assert (row["seconds"], row["rate"], row["channels"]) == (1, 8000, 1)
    drawn = np.asarray(Image.open(io.BytesIO(row["thumb"])).convert("L"))
    assert drawn.shape == (48, 96)
    dark = (drawn < 128).mean(axis=0)
    assert dark[:40].max() < 0.1 < 0.8 < dark[56:].min()


@pytest.mark.parametrize("content", [b"", b"RIFF", b"hello" * 100, b"RIFF\x00\x00\x00\x00WAVEfmt "])
def test_what_is_no_recording_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match=r"The upload cannot be decoded: [^<]*\."):
        sounds.read(content)


def test_every_flipped_byte_is_read_or_refused_but_never_a_crash() -> None:
    content, random = noise(n=500), np.random.default_rng(0)
    for _ in range(200):
        damaged = bytearray(content)
        damaged[random.integers(0, 60)] = int(random.integers(0, 256))
        with contextlib.suppress(InputError):
            assert sounds.read(bytes(damaged)).samples.dtype == np.float32


def test_a_recording_that_is_too_long_is_refused_from_its_header(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sounds, "MAX_SAMPLES", 39_999)
    with pytest.raises(InputError, match="recordings of at most 39,999 samples are read"):
        sounds.read(noise())
    with pytest.raises(InputError, match="There is no file"):
        sounds.read(tmp_path / "none.wav")
    with pytest.raises(InputError, match="got list"):
        sounds.read([0.0])
