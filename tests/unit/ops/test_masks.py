"""Masks as runs, held against the reference implementations of both forms."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from workbench.ops import masks

coco = pytest.importorskip("pycocotools.mask")
brush = pytest.importorskip("label_studio_sdk.converter.brush")


SHARED = Path(__file__).parents[2] / "fixtures" / "masks.json"


def drawn() -> Iterator[masks.Mask]:
    random = np.random.default_rng(0)
    for _ in range(40):
        height, width = random.integers(1, 60, 2)
        yield random.random((height, width)) < random.random()
    yield np.zeros((3, 4), bool)
    yield np.ones((90, 90), bool)  # a run that is longer than Label Studio's form has room for


def test_masks_are_the_runs_that_coco_makes_of_them() -> None:
    for mask in drawn():
        coded = masks.encode(mask)
        assert coded["counts"] == coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
        assert (masks.decode(coded) == mask).all()
        assert (masks.n_pixels(coded), masks.tidy(coded)) == (mask.sum(), coded)
        assert list(masks.bounds(coded)) == coco.toBbox({**coded, "counts": coded["counts"].encode()}).tolist()


def test_masks_are_the_runs_that_the_annotator_makes_of_them() -> None:
    for drawn in json.loads(SHARED.read_text()):  # the tests of the front end read the same file
        mask = np.array([[sign == "#" for sign in row] for row in drawn["rows"]])
        assert masks.encode(mask) == {"size": list(mask.shape), "counts": drawn["counts"]}


def test_masks_are_the_bytes_that_label_studio_makes_of_them() -> None:
    for mask in drawn():
        height, width = mask.shape
        ours = masks.to_brush(mask)
        assert (brush.decode_rle(ours).reshape(height, width, 4)[:, :, 3] == 255 * mask).all()
        theirs = brush.encode_rle(np.repeat(mask.ravel().astype(np.uint8) * 255, 4))
        for coded in (ours, theirs):
            assert (masks.from_brush(coded, height, width) == mask).all()


def test_the_soft_edge_of_a_brush_counts_from_half_opaque_on() -> None:
    picture = np.array([[9, 9, 9, alpha] for alpha in (0, 127, 128, 255)], np.uint8)
    assert masks.from_brush(brush.encode_rle(picture.ravel()), 1, 4).tolist() == [[False, False, True, True]]


def test_masks_overlap_by_their_pixels_and_unite() -> None:
    pairs = list(drawn())
    for one, other in zip(pairs, [np.roll(each, 1) for each in pairs], strict=True):
        union = (one | other).sum()
        assert masks.iou(masks.encode(one), masks.encode(other)) == pytest.approx((one & other).sum() / union if union else 1)
        assert masks.union([masks.encode(one), masks.encode(other)]) == masks.encode(one | other)
    assert masks.iou(masks.encode(np.ones((2, 3), bool)), masks.encode(np.ones((3, 2), bool))) == 0


def test_runs_may_be_listed_and_empty_ones_are_taken_out() -> None:
    assert masks.tidy({"size": [2, 2], "counts": [0, 1, 0, 1, 2]}) == masks.encode(np.array([[1, 0], [1, 0]], bool))


@pytest.mark.parametrize("counts", ["2", "22\x00", "\N{SNOWMAN}", "o" * 20, "o", [5], [2, -1, 3], [10**12]])
def test_runs_that_do_not_fill_the_mask_are_refused(counts: object) -> None:
    with pytest.raises(ValueError, match=r"runs|longer"):
        masks.decode({"size": [2, 2], "counts": counts})


@pytest.mark.parametrize("change", [lambda b: b[:-3], lambda b: b[:3], lambda b: [255] * 4 + b[4:], lambda b: [0] * len(b)])
def test_damaged_bytes_of_a_brush_are_refused(change: Callable[[list[int]], list[int]]) -> None:
    with pytest.raises(ValueError, match=r"too early|no picture"):
        masks.from_brush(change(masks.to_brush(np.eye(9, dtype=bool))), 9, 9)
