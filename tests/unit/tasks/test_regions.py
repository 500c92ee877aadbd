"""Labels that are regions: one text for the same set, in the picture, and every mistake told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench import tasks
from workbench.core.errors import InputError
from workbench.core.labels import dumps, loads
from workbench.ops import masks

BOXES, POLYGONS, MASKS = (tasks.task(n) for n in ("object-detection", "instance-segmentation", "semantic-segmentation"))
POINTS, EVENTS, SPANS = (tasks.task(n) for n in ("keypoint-detection", "audio-event-detection", "token-classification"))
ROW = {"width": 100, "height": 50, "seconds": 2.0, "text": "Ann 😀 works"}


def box(*numbers: float, label: str = "a", **more: Any) -> dict[str, Any]:
    return {"label": label, "box": list(numbers), **more}


def mask(*rows: str, label: str = "a") -> dict[str, Any]:
    return {"label": label, "mask": masks.encode(np.array([[c == "#" for c in row] for row in rows]))}


def test_the_same_regions_are_the_same_text_in_whatever_order_and_precision() -> None:
    one = BOXES.check(dumps([box(1, 2, 3, 4), box(5.00049, 6, 7, 8), box(1.0, 2, 3, 4)]), row=ROW)
    other = BOXES.check(
        '[{"box": [5.0, 6.0, 7, 8], "label": "a"}, {"rotation": 360, "box": [1, 2, 3, 4], "label": "a", "x": 1}]'
    )
    assert one == other == '[{"box":[1,2,3,4],"label":"a"},{"box":[5,6,7,8],"label":"a"}]'


def test_a_region_that_reaches_over_the_edge_by_a_pixel_is_cut_and_a_farther_one_is_refused() -> None:
    assert loads(BOXES.check(dumps([box(-0.4, 10, 101, 40.5)]), row=ROW))[0]["box"] == [0, 10, 100, 40]
    assert loads(POINTS.check(dumps([{"label": "a", "point": [100.6, -1]}]), row=ROW))[0]["point"] == [100, 0]
    with pytest.raises(InputError, match=r"region 1: the point \(110.0, 20.0\) is outside of the picture, 100 x 50"):
        BOXES.check(dumps([box(90, 10, 20, 10)]), row=ROW)
    # The corners of a turned box may be anywhere.
    assert "rotation" in BOXES.check(dumps([box(90, 10, 20, 10, rotation=45)]), row=ROW)


def test_every_mistake_is_told_with_its_place_up_to_eight() -> None:
    wrong = [box(0, 0, 0, 5), {"box": [1, 2, 3, 4]}, box(1, 2, 3), box(1, 2, float("inf"), 3), box(1, 2, 3, 4, label="z"), 7]
    text = str(wrong).replace("'", '"').replace("inf", "1e999")
    with pytest.raises(InputError) as caught:
        BOXES.check(text, ["a", "b"], row=ROW)
    told = caught.value.message.split("; ")
    assert [told[0], told[1], told[4]] == [
        "Regions that are none: region 1: a box of 0 x 5 pixels has no area",
        "region 2: it has no 'label'",
        "region 5: 'z' is none of the classes",
    ]
    assert len(told) == 6
    with pytest.raises(InputError, match=r"region 8: .* and 2 more\.$"):
        BOXES.check(dumps([box(0, 0, 0, 0)] * 10))


def test_strokes_of_a_class_are_one_mask_of_the_size_of_the_picture() -> None:
    row = {"width": 3, "height": 2}
    label = MASKS.check(dumps([mask("#..", "..."), mask("...", "..#"), mask(".#.", "...", label="b")]), row=row)
    assert label == dumps([mask("#..", "..#"), mask(".#.", "...", label="b")])
    with pytest.raises(InputError, match="the mask is 3 x 2, the picture 100 x 50"):
        MASKS.check(label, row=ROW)
    with pytest.raises(InputError, match="The masks of a picture are of one size"):
        MASKS.check(dumps([mask("#"), mask("##")]))
    with pytest.raises(InputError, match="nothing is painted"):
        MASKS.check(dumps([mask("..")]))
    with pytest.raises(InputError, match="is not of 1 to 89,478,485 pixels"):
        MASKS.check(dumps([{"label": "a", "mask": {"size": [10**6, 10**6], "counts": [10**12]}}]))


def test_a_mask_that_claims_to_be_huge_is_refused_before_memory_is_given_for_it() -> None:
    painted = {"type": "brushlabels", "original_width": 10**6, "original_height": 10**6}
    with pytest.raises(InputError, match="more than 89,478,485 pixels"):
        MASKS.label_of([{**painted, "value": {"brushlabels": ["a"], "rle": [255] * 9}}])


def test_a_picture_of_unknown_size_has_no_percent() -> None:
    with pytest.raises(InputError, match="`width` and `height` are not known"):
        BOXES.result_of(dumps([box(1, 2, 3, 4)]))
    marked = {"type": "rectanglelabels", "value": {"x": 10, "y": 20, "width": 30, "height": 40, "rectanglelabels": ["a"]}}
    assert BOXES.label_of([marked], row=ROW) == dumps([box(10, 10, 30, 20)])
    seen = {**marked, "original_width": 200, "original_height": 100}  # as the browser saw it
    assert BOXES.label_of([seen]) == dumps([box(20, 20, 60, 40)])


def test_no_region_is_a_label_that_says_so() -> None:
    for task in (BOXES, POLYGONS, MASKS, POINTS, EVENTS, SPANS):
        assert task.label_of([], row=ROW) == "[]"
        assert task.likeness("[]", "[]") == 1


def test_regions_are_alike_by_their_overlap_within_a_class() -> None:
    one = dumps([box(0, 0, 10, 10), box(50, 0, 10, 10, label="b")])
    assert BOXES.likeness(one, dumps([box(0, 0, 10, 10)])) == pytest.approx(2 / 3)
    assert BOXES.likeness(one, dumps([box(0, 0, 10, 5), box(50, 0, 10, 10)])) == pytest.approx(0.25)
    assert BOXES.likeness(dumps([box(20, 20, 8, 4, rotation=30)]), dumps([box(20, 20, 8, 2, rotation=30)])) == pytest.approx(
        0.5
    )
    assert MASKS.likeness(dumps([mask("##")]), dumps([mask("#.")])) == pytest.approx(0.5)


def test_a_stretch_lies_in_its_recording_whose_end_decoders_see_differently() -> None:
    assert loads(EVENTS.check('[{"label":"a","start":1.5,"end":2.05}]', row=ROW))[0]["end"] == 2
    with pytest.raises(InputError, match="from 1 s to 3 s is no stretch of a recording of 2 s"):
        EVENTS.check('[{"label":"a","start":1,"end":3}]', row=ROW)
    marked = {"type": "labels", "value": {"start": -0.01, "end": 1, "channel": 0, "labels": ["a"]}}
    assert EVENTS.label_of([marked], row=ROW) == '[{"end":1,"label":"a","start":0}]'


def test_spans_count_code_points_and_those_of_javascript_are_seen_by_their_text() -> None:
    [region] = SPANS.result_of('[{"label":"p","start":4,"end":11}]', row=ROW)
    assert region["value"]["text"] == "😀 works"
    units = {**region, "value": {**region["value"], "start": 4, "end": 12}}
    assert SPANS.label_of([units], row=ROW) == SPANS.label_of([region], row=ROW) == '[{"end":11,"label":"p","start":4}]'
    for start, end in ((3, 3), (0, 99), (-1, 2), (0.5, 2)):
        with pytest.raises(InputError, match=f"characters {start} to {end} are no stretch of a text of 11"):
            SPANS.check(dumps([{"label": "p", "start": start, "end": end}]), row=ROW)


def test_what_was_marked_nowhere_is_left_out_and_what_slipped_over_the_edge_is_cut() -> None:
    def marked(task: Any, **value: Any) -> dict[str, Any]:
        return {"type": task.kind, "value": {**value, task.kind: ["a"]}}

    boxes = [marked(BOXES, x=90, y=-10, width=20, height=30), marked(BOXES, x=1, y=1, width=0, height=5)]
    assert BOXES.label_of(boxes, row=ROW) == dumps([box(90, 0, 10, 10)])
    clicks = [marked(POLYGONS, points=[[1, 1], [2, 2]]), marked(POLYGONS, points=[[0, 0], [120, 0], [50, 100]])]
    assert POLYGONS.label_of(clicks, row=ROW) == dumps([{"label": "a", "polygon": [[0, 0], [100, 0], [50, 50]]}])
    with pytest.raises(InputError, match="A region of this answer cannot be read"):
        BOXES.label_of([marked(BOXES, x="left", y=1, width=2, height=3)], row=ROW)
