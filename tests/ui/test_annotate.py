"""The quick annotator in a real browser: by keyboard, in JupyterLab and in Voila, with a kernel that dies in between."""

from __future__ import annotations

import io
import json
import math
import os
import signal
import struct
import wave
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from PIL import Image, ImageDraw

import workbench as wb
from workbench.core import labels
from workbench.core.dataset import commit
from workbench.ops import masks
from workbench.tasks import task as find_task
from workbench.testing.bridge import bridge
from workbench.widgets.annotate import Annotate

REPOSITORY = Path(__file__).parents[2]
SHOTS = os.environ.get("WORKBENCH_SCREENSHOTS", "")
TEXT = "Ada 😀 wrote to Charles Babbage in London."


def picture(ws: wb.Workspace, n: int = 0) -> dict[str, Any]:
    """A blue picture with a yellow box from 30 % to 60 % of its width."""
    image = Image.new("RGB", (640, 420), (70, 90, 160))
    draw = ImageDraw.Draw(image)
    draw.rectangle([192, 105, 384, 294], fill=(220, 200, 60))
    draw.text((20, 20), f"part {n}")
    content = io.BytesIO()
    image.save(content, "PNG")
    return {"media": ws.blobs.put(content.getvalue(), suffix=".png"), "width": 640, "height": 420}


def sound(ws: wb.Workspace, n: int = 0) -> dict[str, Any]:
    """Four seconds that hum from the first to the second."""
    content, rate = io.BytesIO(), 8000
    with wave.open(content, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        loud = (12_000 if rate <= i < 2 * rate else 600 for i in range(4 * rate))
        file.writeframes(b"".join(struct.pack("<h", int(a * math.sin(i * 0.35 + n))) for i, a in enumerate(loud)))
    return {"media": ws.blobs.put(content.getvalue(), suffix=".wav"), "seconds": 4.0, "rate": rate}


def labeling(
    root: Path, rows: Callable[[wb.Workspace, int], dict[str, Any]], *, task: str, classes: list[str], n: int = 2
) -> wb.Labeling:
    """A labeling in a cell, named after its task, of *n* items."""
    ws = wb.open(root, environment={})
    made = [{"id": f"i{i:02d}", "name": f"part {i}", **rows(ws, i)} for i in range(n)]
    return wb.label(commit(ws, task, made, task=task, classes=classes), place="cell", task=task, classes=classes)


def given(job: wb.Labeling) -> list[Any]:
    return [a for a in job.ws.journal.answers(job.name)[1] if a.state == "given"]


def shoot(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


def drag(page: Any, start: tuple[float, float], end: tuple[float, float], *, over: str) -> None:
    """Drag between two places, told as shares of what is found by *over*."""
    box = page.locator(over).first.bounding_box()
    (x0, y0), (x1, y1) = ((box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in (start, end))
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move((x0 + x1) / 2, (y0 + y1) / 2, steps=4)
    page.mouse.move(x1, y1, steps=4)
    page.mouse.up()


def keys(*pressed: str) -> Callable[[Any], None]:
    def press(page: Any) -> None:
        for key in pressed:
            page.keyboard.press(key) if len(key) == 1 or key[0].isupper() else page.keyboard.insert_text(key)

    return press


def box_by_mouse_and_keyboard(page: Any) -> None:
    page.locator(".a9s-annotationlayer").wait_for()
    drag(page, (0.3, 0.25), (0.6, 0.7), over=".wb-anno-image")
    keys("2", "n", "ArrowRight", "Shift+ArrowDown", "u")(page)


def corners(page: Any) -> None:
    page.locator(".a9s-annotationlayer").wait_for()
    keys("2", "n")(page)


def points(page: Any) -> None:
    box = page.locator(".wb-anno-image").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.25)
    keys("n", "ArrowRight")(page)


def stretch(page: Any) -> None:
    page.locator(".wb-anno-wave[data-ready]").wait_for()
    drag(page, (0.25, 0.5), (0.5, 0.5), over=".wb-anno-wave")
    keys("Escape", "2", "ArrowRight", ",", "ArrowRight", ".")(page)


def text_of(ws: wb.Workspace, n: int) -> dict[str, Any]:
    return {"text": TEXT}


#: Task: classes, the item, what the person does, and the label, with numbers to a pixel or a tenth of a second.
CASES: dict[str, tuple[list[str], Any, Callable[[Any], None], Any]] = {
    "image-classification": (["ok", "crack"], picture, keys("2"), "crack"),
    "multi-label-text-classification": (["good", "bad", "ugly"], text_of, keys("3", "1", "2", "u", "Enter"), ["good", "ugly"]),
    "object-detection": (
        ["cap", "crack"],
        picture,
        lambda page: (box_by_mouse_and_keyboard(page), page.keyboard.press("Enter")),
        [{"box": [192, 105, 192, 189], "label": "crack"}, {"box": [262, 168, 128, 84], "label": "crack"}],
    ),
    "instance-segmentation": (
        ["cap", "crack"],
        picture,
        lambda page: (corners(page), page.keyboard.press("Enter")),
        [{"label": "crack", "polygon": [[256, 168], [384, 168], [384, 252], [256, 252]]}],
    ),
    "keypoint-detection": (
        ["nose", "ear"],
        picture,
        lambda page: (points(page), page.keyboard.press("Enter")),
        [{"label": "nose", "point": [192, 105]}, {"label": "ear", "point": [326, 210]}],
    ),
    "token-classification": (
        ["person", "place"],
        text_of,
        keys("ArrowRight", "1", "ArrowRight", "ArrowRight", "ArrowRight", "Shift+ArrowRight", "1", "Enter"),
        [{"start": 0, "end": 3, "label": "person"}, {"start": 15, "end": 30, "label": "person"}],
    ),
    "relation-extraction": (
        ["person", "place", "->writes to"],
        text_of,
        keys("ArrowRight", "1", "ArrowRight", "ArrowRight", "ArrowRight", "1", "]", "r", "]", "r", "Enter"),
        {
            "relations": [{"from": "s1", "to": "s2", "label": "writes to"}],
            "spans": [
                {"id": "s1", "start": 0, "end": 3, "label": "person"},
                {"id": "s2", "start": 15, "end": 22, "label": "person"},
            ],
        },
    ),
    "audio-event-detection": (
        ["hum", "click"],
        sound,
        lambda page: (stretch(page), page.keyboard.press("Enter")),
        [{"start": 1, "end": 2, "label": "hum"}, {"start": 1, "end": 2, "label": "click"}],
    ),
    "image-captioning": ([], picture, keys("a box,\nyellow", "Enter"), "a box,\nyellow"),
    "ranking": ([], lambda ws, n: {"text": "A cap?", "candidates": ["a lid", "a hat"]}, keys("2", "Enter"), ["a hat", "a lid"]),
    "preference": ([], lambda ws, n: {"prompt": "A cap?", "text": "a lid", "text_b": "a hat"}, keys("ArrowRight"), "right"),
    "tabular-classification": (["yes", "no"], lambda ws, n: {"age": 40 + n, "city": "Wien"}, keys("1"), "yes"),
}


def close(one: Any, other: Any) -> bool:
    """Return whether two labels are the same to a pixel or a tenth of a second."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= (1 if one > 4 else 0.1)
    return bool(one == other)


def ordered(label: Any) -> Any:
    return sorted(label, key=labels.dumps) if isinstance(label, list) and label and isinstance(label[0], dict) else label


@pytest.mark.parametrize("task", CASES)
def test_a_person_makes_the_label_of_every_task(task: str, open_page, tmp_path: Path) -> None:
    classes, rows, act, expected = CASES[task]
    job = labeling(tmp_path / "ws", rows, task=task, classes=classes)
    widget = Annotate(job, annotator="ann")
    page = bridge(open_page("about:blank", width=1000, height=900), widget, setup=dict(widget.setup))
    page.locator(".wb-anno[data-item=i00]").wait_for()
    act(page)
    shoot(page, f"annotate-{task}")
    page.locator(".wb-anno[data-item=i01]").wait_for()
    page.locator(".wb-anno-state[data-waiting='0']").wait_for()
    label = next(row for row in job.pull().rows() if row["id"] == "i00")["label"]
    found = label if isinstance(expected, str) else json.loads(label)
    assert close(ordered(found), ordered(expected)), found


def test_no_key_is_lost_while_a_recording_is_on_its_way_to_a_second(open_page, tmp_path: Path) -> None:
    job = labeling(tmp_path / "ws", sound, task="audio-event-detection", classes=["hum", "click"])
    widget = Annotate(job, annotator="ann")
    page = bridge(open_page("about:blank"), widget, setup=dict(widget.setup))
    page.locator(".wb-anno-wave[data-ready]").wait_for()
    page.evaluate(
        """keys => keys.forEach(key =>
            document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })))""",
        ["ArrowRight", "ArrowRight", ",", "ArrowRight", "."],
    )
    page.wait_for_function("() => document.querySelector('.wb-anno-regions').textContent.includes('2.00\u20133.00 s')")
    page.keyboard.press(",")  # the player has come to the last second asked for, not to the first
    page.keyboard.press("ArrowRight")
    page.keyboard.press(".")
    page.wait_for_function("() => document.querySelector('.wb-anno-regions').textContent.includes('3.00\u20134.00 s')")


def test_a_box_that_was_just_dragged_counts_in_the_answer_and_no_key_is_lost_on_the_way(open_page, tmp_path: Path) -> None:
    # The drawing library tells of a dragged box up to a second late, and of what was drawn for it as if a person had.
    job = labeling(tmp_path / "ws", picture, task="object-detection", classes=["cap", "crack"])
    widget = Annotate(job, annotator="ann")
    page = bridge(open_page("about:blank", width=1000, height=900), widget, setup=dict(widget.setup))
    page.locator(".a9s-annotationlayer").wait_for()
    drag(page, (0.25, 0.25), (0.5, 0.5), over=".wb-anno-image")
    drag(page, (0.4, 0.4), (0.6, 0.6), over=".wb-anno-image")  # takes the box along, and is followed at once by keys
    keys(*["ArrowRight"] * 10, *["ArrowLeft"] * 10, "ArrowDown", "u", "Enter")(page)
    page.locator(".wb-anno[data-item=i01]").wait_for()
    page.locator(".wb-anno-state[data-waiting='0']").wait_for()
    (found,) = json.loads(next(row for row in job.pull().rows() if row["id"] == "i00")["label"])
    assert found["label"] == "cap"
    assert close(found["box"], [0.45 * 640, 0.45 * 420, 0.25 * 640, 0.25 * 420]), found


def large(ws: wb.Workspace, size: tuple[int, int], defect: tuple[int, int, int, int]) -> dict[str, Any]:
    """A picture that travels scaled down, with a red spot."""
    image, content = Image.new("RGB", size, (70, 90, 160)), io.BytesIO()
    x, y, w, h = defect
    ImageDraw.Draw(image).rectangle([x, y, x + w - 1, y + h - 1], fill=(230, 40, 40))
    image.save(content, "JPEG", quality=95, subsampling=0)
    return {"media": ws.blobs.put(content.getvalue(), suffix=".jpg"), "width": size[0], "height": size[1]}


def place(page: Any, x: float, y: float, size: tuple[int, int]) -> tuple[float, float]:
    """Where on the page a place of the original picture is."""
    box = page.locator(".wb-anno-image").bounding_box()
    return box["x"] + box["width"] * x / size[0], box["y"] + box["height"] * y / size[1]


def middle(page: Any, size: tuple[int, int]) -> tuple[list[float], float]:
    """Which place of the original is in the middle of what is seen, and how wide that is."""
    view, whole = (page.locator(name).bounding_box() for name in (".wb-anno-picture", ".wb-anno-image"))
    grain = size[0] / whole["width"]
    return [(view[at] + view[side] / 2 - whole[at]) * grain for at, side in (("x", "width"), ("y", "height"))], view[
        "width"
    ] * grain


def stroke(page: Any, *places: tuple[float, float]) -> None:
    page.mouse.move(*places[0])
    page.mouse.down()
    for each in places[1:]:
        page.mouse.move(*each, steps=3)
    page.mouse.up()


def test_masks_are_painted_erased_and_outlined_in_the_pixels_of_a_large_original(open_page, tmp_path: Path) -> None:
    size = width, height = 4000, 3000
    told = np.zeros((height, width), bool)
    told[300:900, 400:1400] = True
    said = labels.dumps([{"label": "cap", "mask": masks.encode(told)}])
    job = labeling(
        tmp_path / "ws",
        lambda ws, n: {**large(ws, size, (3000, 2000, 20, 20)), "prediction": said, "prediction_by": "model:caps@2"},
        task="semantic-segmentation",
        classes=["cap", "crack"],
        n=1,
    )
    widget = Annotate(job, annotator="ann")
    page = bridge(open_page("about:blank", width=1000, height=900), widget, setup=dict(widget.setup))
    page.locator(".wb-anno-region", has_text="cap").wait_for()
    page.wait_for_function("() => document.querySelector('.wb-anno-image').naturalWidth > 0")
    grain = width / page.locator(".wb-anno-image").bounding_box()["width"]

    page.keyboard.press("2")
    stroke(page, place(page, 1000, 600, size), place(page, 2500, 600, size))  # a crack, half of it through the cap
    keys("n", ",")(page)  # the eraser, smaller
    stroke(page, place(page, 2000, 500, size), place(page, 2000, 700, size))
    page.keyboard.press("u")
    stroke(page, place(page, 2200, 500, size), place(page, 2200, 700, size))
    page.keyboard.press("n")  # an outline
    corners = [(1500, 1500), (2500, 1500), (2500, 2500), (1500, 1500)]
    stroke(page, *(place(page, *corner, size) for corner in corners))
    keys("n", ".")(page)
    keys("Space", "ArrowDown", "ArrowDown", "Space")(page)  # by keyboard, from where the outline ended
    shoot(page, "annotate-brush")
    page.keyboard.press("Enter")
    page.locator(".wb-anno-empty", has_text="All 1 items are labeled.").wait_for()
    [text] = job.pull().labels()
    cap, crack = (masks.decode(region["mask"]) for region in json.loads(text))
    assert cap.shape == crack.shape == (height, width)
    assert not (cap & crack).any(), "a pixel has one class"
    assert (cap | crack)[told].all(), "what was suggested and not painted over stays"
    assert cap[310, 410]
    assert not cap[600, 1300]
    assert crack[600, 1300]
    brush = 25 * grain / 2
    rows = np.flatnonzero(crack[:1200, 1800])
    assert abs(rows.mean() - 600) < grain
    assert abs(len(rows) - 2 * brush) < 2 * grain
    assert crack[600, 2000], "its erasure was undone"
    assert not crack[600, 2200]
    assert crack[600, 2400]
    assert crack[1600, 2300], "the inside of the outline"
    assert not crack[2400, 1700]
    columns = np.flatnonzero(crack[int(1500 - brush / 2), :])
    assert abs(len(columns) - 2 * brush * 0.866) < 3 * grain, "the brush was put down at the corner"
    [answer] = given(job)
    assert find_task("semantic-segmentation").label_of(answer.result) == text, "as Label Studio's brush writes it"


def test_a_defect_of_twenty_pixels_is_marked_in_a_picture_of_six_thousand(open_page, tmp_path: Path) -> None:
    size, (x, y, w, h) = (6000, 4000), (4210, 1730, 20, 20)
    job = labeling(
        tmp_path / "ws", lambda ws, n: large(ws, size, (x, y, w, h)), task="object-detection", classes=["pit", "crack"], n=1
    )
    widget = Annotate(job, annotator="ann")
    page = bridge(open_page("about:blank", width=1000, height=900), widget, setup=dict(widget.setup))
    page.locator(".a9s-annotationlayer").wait_for()
    whole = page.locator(".wb-anno-image").bounding_box()["width"]
    page.mouse.move(*place(page, x + w / 2, y + h / 2, size))
    page.keyboard.down("Control")
    for _ in range(6):
        page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.wait_for_function(  # every turn of the wheel has come, and what is seen is there in the pixels of the original
        """([whole, width]) => {
          const image = document.querySelector('.wb-anno-image').getBoundingClientRect();
          const over = document.querySelector('.wb-anno-detail');
          return image.width > 27 * whole && over?.getBoundingClientRect().width / image.width * width < over?.naturalWidth + 1;
        }""",
        arg=[whole, size[0]],
    )
    found = page.evaluate(
        """async ([x, y]) => {
          const over = document.querySelector('.wb-anno-detail'), box = over.getBoundingClientRect();
          const canvas = new OffscreenCanvas(over.naturalWidth, over.naturalHeight).getContext('2d');
          canvas.drawImage(over, 0, 0);
          const at = [(x - box.x) / box.width * over.naturalWidth, (y - box.y) / box.height * over.naturalHeight];
          return [...canvas.getImageData(...at.map(Math.floor), 1, 1).data];
        }""",
        place(page, x + 1.5, y + 1.5, size),
    )
    assert found[0] - found[2] > 110, "it is sharp: its corner pixels are red"
    stroke(page, place(page, x, y, size), place(page, x + w, y + h, size))
    shoot(page, "annotate-zoom")
    page.locator(".wb-anno-region", has_text="20\u00d720").wait_for()
    before, width_seen = middle(page, size)
    keys("Escape", "ArrowLeft", "2", "n", "Alt+ArrowDown")(page)  # looks further to the left, and makes one in the middle
    after, _ = middle(page, size)
    assert close(before[0] - after[0], width_seen / 5)
    keys("-", "-", "-", "Enter")(page)
    page.locator(".wb-anno-state[data-waiting='0']").wait_for()
    page.locator(".wb-anno-empty").wait_for()
    first, second = sorted(json.loads(job.pull().rows()[0]["label"]), key=lambda region: region["label"], reverse=True)
    assert first["label"] == "pit"
    assert close(first["box"], [x, y, w, h])
    left, top, across, down = second["box"]
    assert close([left + across / 2, top + down / 2 - 1, across], [*after, width_seen / 5])


def test_what_a_model_suggests_is_shown_and_corrected(open_page, tmp_path: Path) -> None:
    said = labels.dumps([{"label": "cap", "box": [100, 100, 50, 40], "rotation": 30}])
    job = labeling(
        tmp_path / "ws",
        lambda ws, n: {**picture(ws, n), "prediction": said, "prediction_by": "model:caps@2", "score": 0.7},
        task="object-detection",
        classes=["cap", "crack"],
    )
    widget = Annotate(job, annotator="ann")
    page = bridge(open_page("about:blank"), widget, setup=dict(widget.setup))
    page.locator(".wb-anno-hint", has_text="Suggested by model:caps@2 (70 %)").wait_for()
    page.locator(".a9s-annotationlayer").wait_for()
    keys("]", "2", "Enter")(page)
    page.locator(".wb-anno[data-item=i01]").wait_for()
    page.locator(".wb-anno-state[data-waiting='0']").wait_for()
    [first, second] = job.pull().rows()
    assert close(json.loads(first["label"]), [{"label": "crack", "box": [100, 100, 50, 40], "rotation": 30}])
    assert first["prediction"] == second["prediction"] == said
    assert second["label"] is None, "a suggestion that nobody took is no label"


def test_markup_in_names_stays_text_and_a_broken_picture_is_skipped(open_page, tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>"

    def rows(ws: wb.Workspace, n: int) -> dict[str, Any]:
        broken = {"media": ws.blobs.put(b"no picture", suffix=".png")}
        return {**(picture(ws, n) if n else broken), "name": evil, "prediction": evil}

    job = labeling(tmp_path / "ws", rows, task="image-classification", classes=["ok", evil])
    widget = Annotate(job, annotator="ann")
    page = bridge(open_page("about:blank"), widget, setup=dict(widget.setup))
    page.locator(".wb-anno-broken", has_text="is damaged").wait_for()
    page.keyboard.press("s")
    page.locator(".wb-anno-image").wait_for()
    assert page.locator("img[src=x]").count() == 0
    assert page.locator(".wb-anno-class", has_text=evil).count() == 1
    assert page.locator(".wb-anno-item").inner_text() == evil


def test_a_class_among_hundreds_is_found_by_its_name_and_a_recording_plays_from_its_bytes(open_page, tmp_path: Path) -> None:
    classes = [f"sound {n}" for n in range(300)]
    job = labeling(tmp_path / "ws", sound, task="audio-classification", classes=classes)
    widget = Annotate(job, annotator="ann")
    page = bridge(open_page("about:blank", dark=True), widget, setup=dict(widget.setup))
    page.locator(".wb-anno[data-item=i00]").wait_for()
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('audio').currentTime > 0.1")
    page.keyboard.press("/")
    page.keyboard.type("257")
    shoot(page, "annotate-find")
    page.keyboard.press("Enter")
    page.locator(".wb-anno[data-item=i01]").wait_for()
    page.locator(".wb-anno-state[data-waiting='0']").wait_for()
    assert [a.result[0]["value"]["choices"] for a in given(job)] == [["sound 257"]]


# In JupyterLab ------------------------------------------------------------------------------------------------------


def notebook(lab: Any, open_lab: Any, *sources: str) -> Any:
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in sources]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), lab.root / "test.ipynb")
    page = open_lab(lab, "doc/tree/test.ipynb", width=1280, height=1000)
    page.wait_for_function("() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'")
    page.evaluate("async () => { await jupyterapp.commands.execute('notebook:run-all-cells'); }")  # which moves the focus
    return page


def ask(page: Any, code: str) -> str:
    return page.evaluate(
        """async code => {
          const future = jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({ code });
          let text = '';
          future.onIOPub = message => { text += message.content.text ?? ''; };
          await future.done;
          return text.trim();
        }""",
        code,
    )


def answer_all(page: Any, n: int, key: Callable[[int], str]) -> None:
    """Press a key for each of *n* items, once it is on the screen."""
    seen = ""
    for i in range(n):
        page.wait_for_function(
            "seen => { const item = document.querySelector('.wb-anno')?.dataset.item; return item && item !== seen; }", arg=seen
        )
        seen = page.locator(".wb-anno").get_attribute("data-item")
        page.keyboard.press(key(i))


def test_a_person_labels_twenty_a_minute_in_a_cell_and_a_killed_kernel_loses_nothing(lab, open_lab, tmp_path: Path) -> None:
    root = tmp_path / "ws"
    job = labeling(root, picture, task="image-classification", classes=["ok", "crack"], n=30)
    cell = f'import workbench as wb\nwb.open({str(root)!r}).labeling("image-classification")'
    page = notebook(lab, open_lab, cell)
    page.locator(".wb-anno[data-item]").click()
    answer_all(page, 24, lambda n: "12"[n % 2])
    page.locator(".wb-anno-state[data-waiting='0']", has_text="Saved").wait_for()
    shoot(page, "annotate-lab")
    told = sorted(given(job), key=lambda a: a.id)
    assert [a.result[0]["value"]["choices"][0] for a in told] == ["ok", "crack"] * 12
    first, last = (datetime.fromisoformat(f([a.at for a in told])) for f in (min, max))
    assert 23 / (last - first).total_seconds() * 60 >= 20, "twenty a minute"

    page.keyboard.press("u")  # the last one was wrong
    page.locator(".wb-anno[data-item=i23]").wait_for()
    page.keyboard.press("1")
    page.locator(".wb-anno[data-item=i24]").wait_for()
    page.locator(".wb-anno-state[data-waiting='0']", has_text="Saved").wait_for()

    kernel = int(ask(page, "import os; print(os.getpid())"))
    os.kill(kernel, signal.SIGSTOP)
    answer_all(page, 3, lambda n: "2")
    page.locator(".wb-anno-state", has_text="3 answers are kept here").wait_for()
    shoot(page, "annotate-away")
    os.kill(kernel, signal.SIGKILL)
    page.locator(".jp-Dialog", has_text="restart").get_by_role("button", name="Ok").click()
    page.wait_for_function("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'")
    assert len(given(job)) == 24
    page.evaluate("() => void jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function("() => document.querySelector('.wb-anno')?.dataset.item === 'i27'")
    caps = {row["id"]: row["label"] for row in job.pull().rows()}
    assert [caps[f"i{n}"] for n in range(22, 30)] == ["ok", "ok", "crack", "crack", "crack", None, None, None]


def test_drawing_parts_are_loaded_in_a_cell_when_a_task_needs_them(lab, open_lab, tmp_path: Path) -> None:
    root = tmp_path / "ws"
    job = labeling(root, picture, task="object-detection", classes=["cap", "crack"])
    page = notebook(lab, open_lab, f'import workbench as wb\nwb.open({str(root)!r}).labeling("object-detection")')
    page.locator(".a9s-annotationlayer").wait_for()
    drag(page, (0.3, 0.25), (0.6, 0.7), over=".wb-anno-image")
    page.locator(".wb-anno-region", has_text="cap").wait_for()
    shoot(page, "annotate-lab-boxes")
    page.keyboard.press("Enter")
    page.locator(".wb-anno[data-item=i01]").wait_for()
    page.locator(".wb-anno-state[data-waiting='0']", has_text="Saved").wait_for()
    [label] = [row["label"] for row in job.pull().rows() if row["label"] is not None]
    assert close(json.loads(label), [{"label": "cap", "box": [192, 105, 192, 189]}])


# In Voila -----------------------------------------------------------------------------------------------------------


def test_two_visitors_of_the_page_never_get_the_same_item(voila, open_page, tmp_path: Path) -> None:
    job = labeling(tmp_path / "ws", picture, task="image-classification", classes=["ok", "crack"], n=16)
    address = voila("label.ipynb", tmp_path / "ws")
    visitors = {name: open_page(address, width=1000, height=900) for name in ("ann", "bob")}
    for name, page in visitors.items():
        page.locator(".wb-anno-who input").fill(name)
        page.keyboard.press("Enter")
        page.locator(".wb-anno[data-item]").wait_for()
    shown: dict[str, list[str]] = {name: [] for name in visitors}
    for _ in range(8):
        for name, page in visitors.items():
            seen = shown[name][-1] if shown[name] else ""
            page.wait_for_function(
                "seen => { const item = document.querySelector('.wb-anno')?.dataset.item; return item && item !== seen; }",
                arg=seen,
            )
            shown[name].append(page.locator(".wb-anno").get_attribute("data-item"))
            page.keyboard.press("1" if name == "ann" else "2")
    for name, page in visitors.items():
        page.locator(".wb-anno-empty", has_text="All 16 items are labeled.").wait_for()
        shoot(page, f"annotate-voila-{name}")
    assert not set(shown["ann"]) & set(shown["bob"])
    assert {a.id: a.annotator for a in given(job)} == {id: name for name, ids in shown.items() for id in ids}
    assert len(given(job)) == 16
