"""Random steps on recordings: noise, loudness, shifts in time, speed and pitch; stretches that are labeled move along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import InputError
from workbench.core.labels import S_DIGITS
from workbench.tasks.sounds import Sound
from workbench.transforms.sample import Sample
from workbench.transforms.step import RandomStep, State

Wave = NDArray[np.float32]

_FRAME, _HOP = 1024, 256


@dataclass(frozen=True, kw_only=True)
class _Audio(RandomStep):
    modality: ClassVar[str] = "audio"


@dataclass(frozen=True, kw_only=True)
class Hiss(_Audio):
    """Add white noise, so that the signal stands `snr_db` decibels above it."""

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {"snr_db": (-100, 200)}
    snr_db: float = 20.0

    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the recording with noise; silence stays silent."""
        wave = sample.content.samples
        level = float(np.sqrt(np.mean(wave**2))) if len(wave) else 0.0
        noise = random.normal(0, level * 10 ** (-self.snr_db / 20), wave.shape)
        return _with(sample, wave + noise)


@dataclass(frozen=True, kw_only=True)
class Gain(_Audio):
    """Make it louder or softer by up to `db` decibels; what would be over full scale is cut off."""

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {"db": (0, 120)}
    db: float = 6.0

    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the recording at another loudness."""
        factor = 10 ** (float(random.uniform(-self.db, self.db)) / 20)
        return _with(sample, np.clip(sample.content.samples * np.float32(factor), -1, 1))


@dataclass(frozen=True, kw_only=True)
class Shift(_Audio):
    """Start up to `seconds` earlier or later; the length stays, silence fills up."""

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {"seconds": (0, 86_400)}
    seconds: float = 0.5

    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the recording shifted."""
        sound: Sound = sample.content
        by = int(random.uniform(-self.seconds, self.seconds) * sound.rate)
        by = max(-len(sound.samples), min(len(sound.samples), by))
        wave = np.zeros_like(sound.samples)
        if by >= 0:
            wave[by:] = sound.samples[: len(wave) - by]
        else:
            wave[:by] = sound.samples[-by:]
        return _with(sample, wave, regions=_in_time(sample, lambda t: t + by / sound.rate, sound.seconds))


@dataclass(frozen=True, kw_only=True)
class Stretch(_Audio):
    """Play it up to `share` faster or slower at the same pitch, by a phase vocoder (Flanagan and Golden, 1966)."""

    share: float = 0.15

    def __post_init__(self) -> None:
        """Refuse a speed of 0 and below."""
        super().__post_init__()
        if not 0 <= self.share < 1:
            raise InputError(f"`share` of a stretch must be at least 0 and below 1, got {self.share!r}.")

    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the recording at another speed."""
        speed = float(random.uniform(1 - self.share, 1 + self.share))
        wave = _each(sample, lambda channel: stretched(channel, speed))
        seconds = len(wave) / sample.content.rate
        return _with(sample, wave, regions=_in_time(sample, lambda t: t / speed, seconds))


@dataclass(frozen=True, kw_only=True)
class Pitch(_Audio):
    """Raise or lower the pitch by up to `semitones`; the length stays."""

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {"semitones": (0, 48)}
    semitones: float = 2.0

    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the recording at another pitch."""
        factor = 2 ** (float(random.uniform(-self.semitones, self.semitones)) / 12)
        return _with(sample, _each(sample, lambda channel: pitched(channel, factor)))


def stretched(wave: Wave, speed: float) -> Wave:
    """Return *wave* (n,) at *speed*, (n / speed,), each frequency where it was."""
    if len(wave) < _FRAME or speed == 1:
        return wave
    window = np.hanning(_FRAME + 1)[:-1]
    starts = np.arange(0, len(wave) - _FRAME, _HOP)
    spectra = np.fft.rfft(np.stack([wave[s : s + _FRAME] * window for s in starts]), axis=1)
    steps = np.arange(0, len(spectra) - 1, speed)
    expected = 2 * np.pi * _HOP * np.arange(spectra.shape[1]) / _FRAME
    phase, made = np.angle(spectra[0]), np.zeros(len(steps) * _HOP + _FRAME)
    weight = np.zeros_like(made)
    for number, step in enumerate(steps):
        left, right = spectra[int(step)], spectra[int(step) + 1]
        size = (1 - step % 1) * abs(left) + (step % 1) * abs(right)
        made[number * _HOP : number * _HOP + _FRAME] += np.fft.irfft(size * np.exp(1j * phase)) * window
        weight[number * _HOP : number * _HOP + _FRAME] += window**2
        turn = np.angle(right) - np.angle(left) - expected
        phase += expected + turn - 2 * np.pi * np.round(turn / (2 * np.pi))
    made /= np.maximum(weight, 1e-3)
    return _length(made, round(len(wave) / speed))


def pitched(wave: Wave, factor: float) -> Wave:
    """Return *wave* with every frequency times *factor*, at the same length."""
    slower = stretched(wave, 1 / factor)
    places = np.linspace(0, max(0, len(slower) - 1), len(wave))
    return np.interp(places, np.arange(len(slower)), slower).astype(np.float32) if len(slower) else wave


def _each(sample: Sample, change: Callable[[Wave], Wave]) -> Wave:
    """Return the recording (time, channels) with each channel changed on its own."""
    return np.stack([change(channel) for channel in sample.content.samples.T], axis=1)


def _length(wave: NDArray[np.float64], n: int) -> Wave:
    return np.pad(wave, (0, max(0, n - len(wave))))[:n].astype(np.float32)


def _with(sample: Sample, wave: Any, *, regions: tuple[Mapping[str, Any], ...] | None = None) -> Sample:
    sound = Sound(np.asarray(wave, np.float32), sample.content.rate)
    return replace(sample, content=sound, regions=sample.regions if regions is None else regions)


def _in_time(sample: Sample, there: Any, seconds: float) -> tuple[Mapping[str, Any], ...]:
    """Return the stretches as *there* moves their ends, cut off at the ends of the recording; what is outside is gone."""
    found = []
    for region in sample.regions:
        start, end = (min(seconds, max(0.0, float(there(region[key])))) for key in ("start", "end"))
        if end > start:
            found.append({**region, "start": round(start, S_DIGITS), "end": round(end, S_DIGITS)})
    return tuple(found)
