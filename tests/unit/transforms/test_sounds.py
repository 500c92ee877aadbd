"""Steps on recordings."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.tasks.sounds import Sound
from workbench.transforms.audio import pitched, stretched
from workbench.transforms.sample import Sample, draw
from workbench.transforms.step import read

RATE = 8000


def tone(hertz: float = 440.0, seconds: float = 1.0) -> Sound:
    t = np.arange(int(RATE * seconds)) / RATE
    return Sound((0.5 * np.sin(2 * np.pi * hertz * t)).astype(np.float32)[:, None], RATE)


def loudest(wave: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
    return float(spectrum.argmax() * RATE / len(wave))


def test_noise_stands_as_far_below_the_signal_as_it_says() -> None:
    sound = tone(seconds=4)
    noise = read("hiss?snr_db=10").change(Sample(sound), draw(0), {}).content.samples - sound.samples
    ratio = 10 * np.log10(np.mean(sound.samples**2) / np.mean(noise**2))
    assert ratio == pytest.approx(10, abs=0.3)


def test_gain_stays_within_full_scale() -> None:
    waves = [read("gain?db=20").change(Sample(tone()), draw(i), {}).content.samples for i in range(20)]
    assert max(np.abs(wave).max() for wave in waves) <= 1
    assert min(np.abs(wave).max() for wave in waves) < 0.4


def test_a_shift_keeps_the_length_and_moves_what_is_labeled() -> None:
    wave = np.zeros((RATE, 1), np.float32)
    wave[4000:4800] = 1
    for number in range(10):
        moved = read("shift?seconds=0.4").change(
            Sample(Sound(wave, RATE), ({"start": 0.5, "end": 0.6, "label": "a"},)), draw(number), {}
        )
        start = np.flatnonzero(moved.content.samples[:, 0])[0] / RATE
        assert len(moved.content.samples) == RATE
        assert moved.regions[0]["start"] == pytest.approx(start, abs=1e-3)


@pytest.mark.parametrize("speed", [0.8, 1.25])
def test_a_stretch_changes_the_length_and_not_the_pitch(speed: float) -> None:
    wave = stretched(tone().samples[:, 0], speed)
    assert len(wave) == round(RATE / speed)
    assert loudest(wave) == pytest.approx(440, rel=0.02)


@pytest.mark.parametrize("semitones", [-3, 4])
def test_pitch_changes_the_frequency_and_not_the_length(semitones: int) -> None:
    wave = pitched(tone().samples[:, 0], 2 ** (semitones / 12))
    assert len(wave) == RATE
    assert loudest(wave) == pytest.approx(440 * 2 ** (semitones / 12), rel=0.02)


def test_a_stretched_recording_moves_what_is_labeled() -> None:
    sample = Sample(tone(), ({"start": 0.5, "end": 0.75, "label": "a"},))
    moved = read("stretch?share=0.3").change(sample, draw(2), {})
    speed = 1.0 / moved.content.seconds
    assert moved.regions[0]["start"] == pytest.approx(0.5 / speed, abs=1e-3)


@pytest.mark.parametrize("step", ["hiss", "gain", "shift", "stretch", "pitch"])
def test_a_recording_too_short_to_change_survives_every_step(step: str) -> None:
    for n in (0, 1, 300):
        made = read(step).change(Sample(Sound(np.ones((n, 2), np.float32), RATE)), draw(0), {}).content
        assert made.samples.dtype == np.float32
        assert np.isfinite(made.samples).all()
