"""Of every task a few small items with their labels: pictures, recordings, texts and rows, awkward ones among them."""

from __future__ import annotations

import io
import struct
import wave
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from workbench import tasks
from workbench.core.dataset import ID, MEDIA, TEXT, Dataset, commit
from workbench.core.labels import dumps
from workbench.core.workspace import Workspace
from workbench.ops import masks, shapes

#: Names that a config, a page or a shell might take for something else.
CLASSES = ("crack", '<b onclick="x()">bold</b>', "US$5 & 'more'", '裂け目 😀 name="label"')
WIDTH, HEIGHT, SECONDS = 97, 61, 1.5

_ANN = "Ann 😀 works for Acme & <i>Sons</i>.\nSo does Bo."


@dataclass(frozen=True)
class Example:
    """Items of a task, each with what a person says of it; `classes` are those of the labeling."""

    classes: tuple[str, ...]
    labels: tuple[str, ...]
    rows: tuple[dict[str, Any], ...] = ()
    #: What the media of an item are: "png", "wav" or nothing.
    media: str = ""
    more: tuple[str, ...] = ()


def example(task: str) -> Example:
    """Return the example of a task."""
    found = _EXAMPLES[task]
    return replace(found, labels=tuple(tasks.task(task).check(label) for label in found.labels))


def dataset(ws: Workspace, task: str, *, name: str = "") -> Dataset:
    """Return the items of a task as a dataset, not labeled yet; their ids are i0, i1, ..."""
    given = example(task)
    rows = []
    for i in range(len(given.labels)):
        row: dict[str, Any] = {ID: f"i{i}", "name": f"{task} {i}", **(given.rows[i % len(given.rows)] if given.rows else {})}
        for column in ([MEDIA] if given.media else []) + list(given.more):
            content = picture(i + 7 * (column != MEDIA)) if given.media == "png" else recording(i)
            row[column] = ws.blobs.put(content, suffix=f".{given.media}")
        row |= {"width": WIDTH, "height": HEIGHT} if given.media == "png" else {}
        row |= {"seconds": SECONDS} if given.media == "wav" else {}
        rows.append(row)
    return commit(ws, name or task, rows, task=task, classes=given.classes)


def picture(seed: int) -> bytes:
    """Return a PNG of a shade and a stripe."""
    pixels = np.full((HEIGHT, WIDTH, 3), 40 + 20 * (seed % 8), np.uint8)
    pixels[seed % HEIGHT] = (200, 30, 30)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def recording(seed: int, *, rate: int = 8000) -> bytes:
    """Return a WAV of a tone."""
    samples = np.sin(np.arange(int(rate * SECONDS)) * (0.1 + 0.02 * seed)) * 12_000
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples.astype(np.int16)))
    return content.getvalue()


def _painted(*corners: tuple[float, float]) -> dict[str, Any]:
    return masks.encode(shapes.fill(corners, HEIGHT, WIDTH))


_ONE = (CLASSES[0], CLASSES[1], CLASSES[2], CLASSES[3])
_SOME = (dumps([]), dumps([CLASSES[1]]), dumps(sorted(CLASSES)))
_TEXTS = tuple({TEXT: text} for text in (_ANN, "短い文", '=1+1,"quoted"', "http://example.com/a?b=c"))
_SAID = ("A crack, 3 mm wide.", 'Zwei Zeilen\nund "Zeichen" & <b>mehr</b>', "裂け目があります 😀")
_EVENTS = (
    dumps([]),
    dumps([{"label": CLASSES[0], "start": 0.25, "end": 1.1234}, {"label": CLASSES[2], "start": 0.5, "end": 0.75}]),
)
_SPANS = [{"label": "person", "start": 0, "end": 5}, {"label": "firm", "start": 16, "end": 34}]
_LINKED = {
    "spans": [{"id": f"s{i + 1}", **span} for i, span in enumerate(_SPANS)],
    "relations": [{"from": "s1", "to": "s2", "label": "works for"}],
}
_RANKED = {TEXT: "Which one?", "candidates": ["a <b>", "second", "第三"]}

_EXAMPLES = {
    "image-classification": Example(CLASSES, _ONE, media="png"),
    "multi-label-image-classification": Example(CLASSES, _SOME, media="png"),
    "object-detection": Example(
        CLASSES,
        (
            dumps([]),
            dumps([{"label": CLASSES[0], "box": [1.5, 2.25, 30.125, 20]}, {"label": CLASSES[3], "box": [0, 0, 97, 61]}]),
            dumps([{"label": CLASSES[2], "box": [40, 10.333, 20, 10], "rotation": 33.5}]),
        ),
        media="png",
    ),
    "instance-segmentation": Example(
        CLASSES,
        (dumps([{"label": CLASSES[1], "polygon": [[1, 2], [50.5, 3.125], [96.999, 60], [10, 33.333]]}]), dumps([])),
        media="png",
    ),
    "semantic-segmentation": Example(
        CLASSES,
        (
            dumps([{"label": CLASSES[0], "mask": _painted((3, 4), (60, 10), (40, 50))}]),
            dumps(
                [
                    {"label": CLASSES[1], "mask": _painted((0, 0), (97, 0), (97, 61), (0, 61))},
                    {"label": CLASSES[0], "mask": _painted((10, 10), (12, 10), (12, 12), (10, 12))},
                ]
            ),
        ),
        media="png",
    ),
    "keypoint-detection": Example(
        ("nose", "left eye"),
        (dumps([{"label": "left eye", "point": [30.25, 20]}, {"label": "nose", "point": [48.5, 30.125]}]), dumps([])),
        media="png",
    ),
    "text-classification": Example(CLASSES, _ONE, _TEXTS),
    "multi-label-text-classification": Example(CLASSES, _SOME, _TEXTS),
    "token-classification": Example(("person", "firm"), (dumps(_SPANS), dumps([])), ({TEXT: _ANN},)),
    "relation-extraction": Example(
        ("person", "firm", "->works for"), (dumps(_LINKED), dumps({"spans": [], "relations": []})), ({TEXT: _ANN},)
    ),
    "audio-classification": Example(CLASSES, _ONE, media="wav"),
    "audio-event-detection": Example(CLASSES, _EVENTS, media="wav"),
    "automatic-speech-recognition": Example((), _SAID, media="wav"),
    "image-captioning": Example((), _SAID, media="png"),
    "visual-question-answering": Example((), _SAID, ({TEXT: "What is <wrong>?"},), media="png"),
    "image-text-matching": Example(("match", "mismatch"), ("match", "mismatch"), ({TEXT: "A red stripe."},), media="png"),
    "preference": Example(
        ("left", "right", "tie"),
        ("left", "right", "tie"),
        ({TEXT: "It is 4.", "text_b": "It is <5>.", "prompt": "What is 2 + 2?"},),
    ),
    "image-preference": Example(
        ("left", "right", "tie"), ("left", "right", "tie"), ({TEXT: "Which one is sharper?"},), media="png", more=("media_b",)
    ),
    "ranking": Example((), (dumps(["第三", "a <b>", "second"]), dumps(["a <b>", "second", "第三"])), (_RANKED,)),
    "tabular-classification": Example(CLASSES, _ONE, ({"age": 41, "city": "<Bonn>", "income": 1234.5},)),
}
