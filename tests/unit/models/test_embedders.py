"""Embedders that need no model: like items get like vectors."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

import workbench as wb
from workbench.core.errors import InputError, NotFoundError
from workbench.models.embedders.embedder import DEFAULT, EMBEDDERS, find, full_name
from workbench.models.embedders.ngrams import NGrams
from workbench.models.embedders.pixels import Color, Pixels
from workbench.models.embedders.spectrum import Course, Spectrum
from workbench.tasks.sounds import Sound


def _scene(seed: int, side: int = 96) -> Image.Image:
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (side, side), tuple(random.integers(0, 255, 3).tolist()))
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        x, y, w, h = random.integers(0, side * 2 // 3, 4).tolist()
        draw.ellipse([x, y, x + w + 4, y + h + 4], fill=tuple(random.integers(0, 255, 3).tolist()))
    return image


def _jpeg(image: Image.Image, quality: int) -> Image.Image:
    content = io.BytesIO()
    image.save(content, "JPEG", quality=quality)
    return Image.open(io.BytesIO(content.getvalue()))


def _tone(hertz: float, *, seconds: float = 1.0, rate: int = 16_000, loud: float = 0.5, noise: float = 0.0) -> Sound:
    at = np.arange(int(seconds * rate)) / rate
    samples = loud * np.sin(2 * np.pi * hertz * at) * np.minimum(1, at * 3)
    samples += noise * np.random.default_rng(int(hertz)).normal(size=len(at))
    return Sound(samples.astype(np.float32)[:, None], rate)


def test_a_copy_that_was_scaled_saved_again_or_darkened_looks_the_same_and_another_picture_does_not() -> None:
    scene = _scene(0)
    copies = [scene.resize((41, 41)), scene.resize((200, 200)), _jpeg(scene, 40), ImageEnhance.Brightness(scene).enhance(0.8)]
    found = Pixels().vectors("image", [scene, *copies, _scene(1)])
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert (found[1:5] @ found[0] > 0.98).all()
    assert found[5] @ found[0] < 0.8


def test_color_knows_colors_and_not_places() -> None:
    scene = _scene(3)
    found = Color().vectors("image", [scene, scene.transpose(Image.Transpose.ROTATE_180), _scene(4)])
    assert found[1] @ found[0] > 0.99
    assert found[2] @ found[0] < 0.9


def test_texts_with_common_words_are_alike_in_any_script() -> None:
    texts = [
        "the seal is torn at the edge",
        "the seals are torn at one edge",
        "paid in full by bank transfer",
        "密封圈破裂",
        "密封圈有破裂",
    ]
    found = NGrams().vectors("text", texts)
    like = found @ found.T
    assert like[0, 1] > 0.6 > 0.3 > abs(like[0, 2])
    assert like[3, 4] > 0.4 > abs(like[0, 3])


def test_recordings_are_alike_by_pitch_whatever_the_volume_and_the_rate() -> None:
    sounds = [_tone(440), _tone(440, loud=0.1), _tone(440, rate=44_100), _tone(3000)]
    found = Spectrum().vectors("audio", sounds)
    assert (found[1:3] @ found[0] > 0.9).all()
    assert found[3] @ found[0] < 0.6


def test_the_course_tells_a_recording_from_one_that_sounds_alike() -> None:
    steps = [
        Sound(np.concatenate([_tone(f, seconds=0.3).samples for f in order]), 16_000) for order in ((300, 900), (900, 300))
    ]
    quieter = Sound(steps[0].samples * 0.5, 16_000)
    found = Course().vectors("audio", [*steps, quieter])
    assert found[2] @ found[0] > 0.99
    assert found[1] @ found[0] < 0.9


def test_a_blank_picture_and_a_silent_recording_have_vectors_of_length_1() -> None:
    silent = Sound(np.zeros((100, 1), np.float32), 8000)
    for name, items in (
        ("pixels", [Image.new("RGB", (5, 5))]),
        ("spectrum", [silent]),
        ("course", [silent]),
        ("ngrams", ["..."]),
    ):
        modality = next(iter(EMBEDDERS[name]().takes))
        assert np.allclose(np.linalg.norm(EMBEDDERS[name]().vectors(modality, items), axis=1), 1), name


def test_an_unknown_embedder_is_named_with_its_neighbours(ws: wb.Workspace) -> None:
    with pytest.raises(NotFoundError, match="No embedder named 'pixel'") as told:
        full_name(ws, "pixel")
    assert "Did you mean 'pixels'?" in told.value.hint
    assert "a folder with a pretrained model" in told.value.hint


def test_an_embedder_says_what_it_takes(ws: wb.Workspace) -> None:
    with pytest.raises(InputError, match="'pixels' takes image, not text") as told:
        find(ws, "pixels", modality="text")
    assert told.value.hint == "Try 'ngrams'."
    assert set(DEFAULT.values()) <= set(EMBEDDERS)
