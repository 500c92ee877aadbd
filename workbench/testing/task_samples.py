"""A small dataset of every task, drawn and spoken by arithmetic, with labels that show what each shape can hold."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from workbench.core.dataset import Dataset, commit
from workbench.core.ports import Row
from workbench.core.workspace import Workspace
from workbench.data.formats.base import Item
from workbench.data.items import Importer, gathered
from workbench.ops import masks, shapes
from workbench.tasks import task as task_named

#: Names that a careless format would break on.
CLASSES = ("crack", "ok", '<img src=x onerror="alert(1)"> & dent', "Riß, tief")

_TEXTS = ("Ada Lovelace met Charles Babbage in London.", '=1+1 is no formula, "here"', "雨が降る\nin two lines 🌧 today")

Drawn = list[tuple[Path | None, Path | None, Row]]


def of_task(ws: Workspace, name: str, task: str, folder: Path) -> Dataset:
    """Return a dataset of three items of *task*, made from files in *folder*: two labeled, one that nobody has seen."""
    kind = task_named(task)
    drawn = {"image": _pictures, "audio": _sounds}.get(kind.modality, _rows)(folder)
    classes = kind.fixed or (() if kind.shape in ("text", "order") else CLASSES)
    classes = (*classes, "->met") if task == "relation-extraction" else classes
    items = [
        Item(f"item {n}", file, file_b=second, row=row, label=said)
        for n, ((file, second, row), said) in enumerate(zip(drawn, _labels(task), strict=True))
    ]
    rows, left_out = gathered(Importer(ws, kind, classes, by="ada", at=ws.now()).rows(items))
    assert not left_out, left_out
    return commit(ws, name, rows.values(), task=task, classes=classes)


def _pictures(folder: Path) -> Drawn:
    drawn: Drawn = []
    for n in range(3):
        files = [folder / side / f"{n}.png" for side in "ab"]
        for i, path in enumerate(files):
            image = Image.new("RGB", (64, 48), (40 + 60 * n, 90, 200 - 50 * n))
            ImageDraw.Draw(image).rectangle((4 + n, 4, 30, 30 + i), fill=(200, 20 * n, 10))
            path.parent.mkdir(parents=True, exist_ok=True)
            image.save(path)
        drawn.append((files[0], files[1], {"text": f"Is this number {n}?"}))
    return drawn


def _sounds(folder: Path) -> Drawn:
    drawn: Drawn = []
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(3):
        path = folder / f"{n}.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(i * (n + 1) / 9))) for i in range(4000)))
        drawn.append((path, None, {}))
    return drawn


def _rows(_folder: Path) -> Drawn:
    said = {"prompt": "Which?", "candidates": ["b", "a", "-c"]}
    pairs = zip(_TEXTS, reversed(_TEXTS), strict=True)
    return [(None, None, {"text": a, "text_b": f"{b} ({n})", "size": n * 1.5, **said}) for n, (a, b) in enumerate(pairs)]


def _labels(task: str) -> list[Any]:
    """Return two labels and None."""
    kind = task_named(task)
    if kind.fixed:
        return [*kind.fixed[:2], None]
    if kind.shape == "class":
        return [CLASSES[0], CLASSES[2], None]
    if kind.shape == "classes":
        return [[CLASSES[3], CLASSES[0]], [], None]
    if kind.shape == "text":
        return ['a red box, "left"', "=SUM(A1) zwei\nZeilen, ¿sí?", None]
    if kind.shape == "order":
        return [["a", "b", "-c"], ["-c", "b", "a"], None]
    nothing: Any = {"spans": [], "relations": []} if task == "relation-extraction" else []
    return [_REGIONS[task], nothing, None]


_REGIONS: dict[str, Any] = {
    "object-detection": [
        {"label": CLASSES[0], "box": [4.125, 5.5, 20.001, 10]},
        {"label": CLASSES[2], "box": [0, 0, 64, 48]},
    ],
    "instance-segmentation": [
        {"label": CLASSES[3], "polygon": [[1.5, 2], [30.333, 4], [12, 40.007]]},
        {"label": CLASSES[0], "polygon": [[1, 2], [30, 4], [30, 20], [12, 40]]},
    ],
    "semantic-segmentation": [{"label": CLASSES[1], "mask": masks.encode(shapes.fill([(3, 3), (20, 5), (11, 22)], 48, 64))}],
    "keypoint-detection": [
        {"label": CLASSES[0], "point": [3.25, 4]},
        {"label": CLASSES[0], "point": [33.25, 14]},
        {"label": CLASSES[2], "point": [10, 47.999]},
    ],
    "token-classification": [{"label": CLASSES[0], "start": 0, "end": 3}, {"label": CLASSES[2], "start": 4, "end": 12}],
    "relation-extraction": {
        "spans": [
            {"id": "s1", "start": 0, "end": 3, "label": CLASSES[0]},
            {"id": "s2", "start": 4, "end": 8, "label": CLASSES[2]},
        ],
        "relations": [{"from": "s1", "to": "s2", "label": "met"}],
    },
    "audio-event-detection": [
        {"label": CLASSES[0], "start": 0.1, "end": 0.25},
        {"label": CLASSES[2], "start": 0.2, "end": 0.4001},
    ],
}
