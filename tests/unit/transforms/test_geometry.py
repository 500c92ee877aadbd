"""What is labeled in a picture moves with it."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.ops import masks
from workbench.ops.shapes import box_iou
from workbench.transforms.sample import Sample, draw
from workbench.transforms.step import apply, read, read_all

RANDOM = np.random.default_rng(0)


def scene(width: int = 60, height: int = 40) -> Sample:
    """Return a bright rectangle on black, labeled in every way."""
    left, top, right, bottom = width // 3, height // 4, width * 3 // 4, height * 3 // 5
    mask = np.zeros((height, width), bool)
    mask[top:bottom, left:right] = True
    pixels = np.repeat(mask[..., None], 3, axis=2).astype(np.uint8) * 255
    regions = (
        {"box": [left, top, right - left, bottom - top], "label": "a"},
        {"polygon": [[left, top], [right, top], [right, bottom], [left, bottom]], "label": "b"},
        {"mask": masks.encode(mask), "label": "c"},
        {"point": [left, top], "label": "d"},
    )
    return Sample(pixels, regions)


def seen(sample: Sample) -> list[float]:
    """Return the box around what is bright."""
    y, x = np.nonzero(sample.content[..., 0] > 127)
    return [x.min(), y.min(), x.max() + 1 - x.min(), y.max() + 1 - y.min()]


@pytest.mark.parametrize("axis", ["horizontal", "vertical"])
def test_a_flip_moves_everything_and_done_twice_changes_nothing(axis: str) -> None:
    flip = read(f"flip?axis={axis}&p=1")
    once = flip.change(scene(), RANDOM, {})
    assert once.regions[0]["box"] == seen(once)
    assert masks.bounds(once.regions[2]["mask"]) == pytest.approx(seen(once))
    twice = flip.change(once, RANDOM, {})
    assert np.array_equal(twice.content, scene().content)
    assert [twice.regions[i] for i in (0, 2, 3)] == [scene().regions[i] for i in (0, 2, 3)]


def test_four_quarter_turns_change_nothing_and_one_moves_the_box_exactly() -> None:
    turn = read("turn?quarters=1")
    once = turn.change(scene(), RANDOM, {})
    assert once.content.shape == (60, 40, 3)
    assert once.regions[0]["box"] == seen(once)
    sample = scene()
    for _ in range(4):
        sample = turn.change(sample, RANDOM, {})
    assert np.array_equal(sample.content, scene().content)
    assert sample.regions[:1] == scene().regions[:1]
    assert sample.regions[2:] == scene().regions[2:]


@pytest.mark.parametrize("step", ["rotate?degrees=20", "affine", "crop?share=0.7"])
def test_regions_follow_what_is_seen_through_any_warp(step: str) -> None:
    for number in range(5):
        moved = read(step).change(scene(240, 160), draw(3, number), {})
        expected = seen(moved)
        assert moved.content.shape == (160, 240, 3)
        for region in moved.regions[:2]:
            points = np.array(region.get("polygon") or [[0, 0]])
            box = region.get("box") or [*points.min(axis=0), *np.ptp(points, axis=0)]
            assert box_iou(box, expected) >= 0.9
        inside = masks.decode(moved.regions[2]["mask"])
        assert (moved.content[..., 0] > 127)[inside].mean() > 0.9


def test_what_leaves_the_picture_is_dropped_and_what_sticks_out_is_clipped() -> None:
    pixels = np.zeros((100, 100, 3), np.uint8)
    sample = Sample(pixels, ({"box": [0, 0, 10, 10], "label": "corner"}, {"box": [20, 20, 60, 60], "label": "middle"}))
    boxes = [read("crop?share=0.3").change(sample, draw(1, n), {}).regions for n in range(30)]
    assert any(len(regions) == 1 for regions in boxes)
    for regions in boxes:
        for region in regions:
            x, y, width, height = region["box"]
            assert min(x, y) >= 0
            assert max(x + width, y + height) <= 100


@pytest.mark.parametrize(("mode", "shape"), [("exact", (50, 50)), ("fit", (33, 50)), ("pad", (50, 50)), ("cover", (50, 50))])
def test_a_resize_gives_the_size_that_its_mode_says(mode: str, shape: tuple[int, int]) -> None:
    resized = read(f"resize?width=50&height=50&mode={mode}").change(scene(), RANDOM, {})
    assert resized.content.shape == (*shape, 3)
    assert box_iou(resized.regions[0]["box"], seen(resized)) > 0.8


def test_both_backends_of_resize_agree_and_keep_red_red() -> None:
    pytest.importorskip("cv2")
    y, x = np.mgrid[0:96, 0:128]
    pixels = np.stack([x * 2, y, 255 - y], axis=-1).clip(0, 255).astype(np.uint8)
    small = [
        read(f"resize?width=32&height=24&backend={b}").change(Sample(pixels), RANDOM, {}).content for b in ("pillow", "opencv")
    ]
    assert np.abs(small[0].astype(int) - small[1]).mean() < 3
    assert np.abs(small[0][..., 0].astype(int) - small[1][..., 2]).mean() > 20


@pytest.mark.parametrize(
    "step", ["brightness", "contrast", "saturation", "hue", "gamma", "grayscale?p=1", "blur", "noise", "jpeg", "erase"]
)
def test_light_changes_pixels_and_no_place_and_the_same_seed_gives_the_same_bytes(step: str) -> None:
    y, x = np.mgrid[0:40, 0:60]
    sample = Sample(np.stack([x * 4, y * 6, 255 - x * 4], axis=-1).astype(np.uint8), scene().regions)
    one, again, other = (read(step).change(sample, draw(seed, "a"), {}) for seed in (1, 1, 2))
    assert one.content.dtype == np.uint8
    assert one.regions == sample.regions
    assert not np.array_equal(one.content, sample.content)
    assert np.array_equal(one.content, again.content)
    assert step.startswith("grayscale") or not np.array_equal(one.content, other.content)


def test_steps_are_written_as_text_and_read_back_the_same() -> None:
    steps = read_all(["flip", {"step": "rotate", "degrees": 5}, "stop-words?also=foo,bar"])
    assert read_all([step.ref for step in steps]) == steps
    assert read_all([step.to_json() for step in steps]) == steps


def test_what_cannot_be_a_step_is_told_with_what_can() -> None:
    with pytest.raises(NotFoundError, match="flop") as none:
        read("flop")
    assert "flip" in str(none.value)
    with pytest.raises(InputError, match="degrees"):
        read("rotate?degrees=much")
    with pytest.raises(InputError, match="for text, not for image"):
        read_all(["lowercase"], modality="image")
    with pytest.raises(InputError, match="0 to 1"):
        read("flip?p=3")


def test_a_step_changes_the_share_of_samples_that_it_says() -> None:
    n = sum(apply(read_all(["flip?p=0.3"]), scene(), draw(0, i)).regions != scene().regions for i in range(500))
    assert 110 < n < 190
