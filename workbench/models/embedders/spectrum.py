"""Recordings by their sound: how loud each band is, how that varies and how fast it moves; no model is needed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from workbench.ops.vectors import unit
from workbench.tasks.sounds import Sound

Array = NDArray[np.float32]

_BANDS, _FRAME, _RATE = 40, 512, 16_000
#: Of a longer recording, so many seconds around its middle count.
_SECONDS = 60


class Spectrum:
    """Mean, deviation and movement of 40 mel bands in decibels; 120 numbers, each part less its mean."""

    takes = frozenset({"audio"})
    small = False

    def vectors(self, modality: str, items: Sequence[Sound]) -> Array:  # noqa: ARG002  # one modality
        """Return a row of length 1 per recording."""
        return unit(np.stack([_features(sound.samples.mean(axis=1), sound.rate) for sound in items]))


class Course:
    """The course of a recording: 20 bands over 16 parts of its time; alike only for recordings that are the same."""

    takes = frozenset({"audio"})
    small = False

    def vectors(self, modality: str, items: Sequence[Sound]) -> Array:  # noqa: ARG002  # one modality
        """Return a row of length 1 per recording."""
        made = []
        for sound in items:
            mel = log_mel(sound.samples.mean(axis=1), sound.rate)
            halved = (mel[:, 0::2] + mel[:, 1::2]) / 2
            at = np.linspace(0, len(halved), 17).astype(int).tolist()
            made.append(np.concatenate([halved[a : max(b, a + 1)].mean(axis=0) for a, b in pairwise(at)]))
        found = np.stack(made).astype(np.float32)
        return unit(found - found.mean(axis=1, keepdims=True))


def log_mel(samples: Array, rate: int) -> Array:
    """Return the energy of 40 mel bands in decibels below the loudest, (frames, bands), frames 16 ms apart."""
    samples = _resampled(samples, rate)
    padded = np.pad(samples, (0, max(0, _FRAME - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[:: _FRAME // 2]
    window, weights = np.hanning(_FRAME).astype(np.float32), _mel_bands().T
    # A few seconds at a time: two hours at once would take a gigabyte.
    parts = [np.abs(np.fft.rfft(frames[i : i + 1024] * window, axis=1)) ** 2 @ weights for i in range(0, len(frames), 1024)]
    bands = np.concatenate(parts)
    found: Array = np.maximum(10 * np.log10(bands / max(float(bands.max()), 1e-10) + 1e-10), -80).astype(np.float32)
    return found


def _features(samples: Array, rate: int) -> Array:
    spare = len(samples) - _SECONDS * rate
    mel = log_mel(samples[spare // 2 : spare // 2 + _SECONDS * rate] if spare > 0 else samples, rate)
    moved = np.abs(np.diff(mel, axis=0)).mean(axis=0) if len(mel) > 1 else np.zeros(_BANDS, np.float32)
    # Less the mean: the cosine then compares the shape of the sound, not how loud it is.
    parts = [mel.mean(axis=0) - mel.mean(), mel.std(axis=0) - mel.std(axis=0).mean(), moved - moved.mean()]
    found: Array = np.concatenate(parts).astype(np.float32)
    return found


def _resampled(samples: Array, rate: int) -> Array:
    if rate == _RATE or len(samples) < 2:
        return samples
    if rate > _RATE:  # a running mean keeps what is above the new limit from folding down
        width = max(1, round(rate / _RATE))
        samples = np.convolve(samples, np.full(width, 1 / width, np.float32), mode="same")
    at = np.arange(0, len(samples) - 1, rate / _RATE)
    found: Array = np.interp(at, np.arange(len(samples)), samples).astype(np.float32)
    return found


def _mel_bands() -> Array:
    edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + _RATE / 2 / 700), _BANDS + 2) / 2595) - 1)
    hertz = np.linspace(0, _RATE / 2, _FRAME // 2 + 1)
    low, mid, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    found: Array = np.maximum(0, np.minimum((hertz - low) / (mid - low), (high - hertz) / (high - mid))).astype(np.float32)
    return found
