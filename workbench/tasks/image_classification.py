"""Image classification: one label out of several per picture."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workbench.core.errors import InputError
from workbench.core.model import Prediction
from workbench.core.ports import Row
from workbench.core.task import Task
from workbench.ops import metrics as ops
from workbench.tasks import pictures

_FROM, _TO = "label", "image"

#: What XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class ImageClassification(Task):
    """One label per image; tensors are (batch, channels, height, width), outputs (batch, classes) before softmax."""

    name: ClassVar[str] = "image-classification"
    modality: ClassVar[str] = "image"
    suffixes: ClassVar[tuple[str, ...]] = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
    main_metric: ClassVar[str] = "accuracy"

    def labeling_config(self, classes: Sequence[str]) -> str:
        """Return the Label Studio config: the picture, and one radio button per class."""
        _check(classes)
        choices = "\n".join(f"    <Choice value={quoteattr(name)}/>" for name in classes)
        return (
            f'<View>\n  <Image name="{_TO}" value="$image" zoom="true"/>\n'
            f'  <Choices name="{_FROM}" toName="{_TO}" choice="single-radio" showInline="true" required="true">\n'
            f"{choices}\n  </Choices>\n</View>"
        )

    def label_of(self, result: Sequence[Mapping[str, Any]]) -> str | None:
        """Return the chosen class, None when the annotator skipped the item."""
        for region in result:
            if region.get("type") == "choices" and (choices := region.get("value", {}).get("choices")):
                return str(choices[0])
        return None

    def result_of(self, label: str, *, score: float | None = None) -> Sequence[Mapping[str, Any]]:
        """Return the result that says *label*."""
        region: dict[str, Any] = {"from_name": _FROM, "to_name": _TO, "type": "choices", "value": {"choices": [label]}}
        return [region if score is None else {**region, "score": score}]

    def read(self, item: Any) -> Image.Image:
        """Return an item as an upright RGB image; raise `InputError` when it is damaged, too large or no image."""
        return pictures.read(item)

    def blank(self) -> Image.Image:
        """Return a small black picture."""
        return Image.new("RGB", (64, 64))

    def inputs(self, items: Sequence[Any], *, settings: Mapping[str, Any]) -> NDArray[np.float32]:
        """Return images as float32 (n, channels, image_size, image_size), scaled by `mean` and `std` of *settings*."""
        size, channels = int(settings["image_size"]), int(settings.get("channels", 3))
        mode = "L" if channels == 1 else "RGB"
        pixels = np.empty((len(items), size, size, channels), np.float32)
        for i, image in enumerate(items):
            scaled = image.convert(mode).resize((size, size), Image.Resampling.BILINEAR)
            pixels[i] = np.asarray(scaled, np.float32).reshape(size, size, channels)
        pixels /= 255
        pixels -= np.asarray(settings.get("mean", 0.0), np.float32)
        pixels /= np.asarray(settings.get("std", 1.0), np.float32)
        return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))

    def predictions(self, outputs: Any, classes: Sequence[str]) -> list[Prediction]:
        """Return the best class of each row with its probability, and those of all classes."""
        return [
            Prediction(classes[int(row.argmax())], float(row.max()), {c: float(p) for c, p in zip(classes, row, strict=True)})
            for row in ops.softmax(outputs)
        ]

    def metrics(self, outputs: Any, targets: Any, classes: Sequence[str]) -> Mapping[str, float]:
        """Return accuracy and macro F1, precision and recall; *targets* are class indices."""
        return ops.scores(ops.confusion(targets, np.asarray(outputs).argmax(axis=-1), len(classes)))

    def describe(self, path: Path) -> Row:
        """Return width and height in pixels as seen upright, and a JPEG thumbnail."""
        image = pictures.read(path)
        return {"width": image.width, "height": image.height, "thumb": pictures.thumbnail(image)}


def _check(classes: Sequence[str]) -> None:
    problems = [f"{name!r} is there twice" for name in sorted({c for c in classes if list(classes).count(c) > 1})]
    problems += [f"{name!r} is empty" for name in classes if not name.strip()]
    problems += [f"{name!r} has a control character" for name in classes if _NOT_XML.search(name)]
    problems += ["at least 2 are needed"] if len(set(classes)) < 2 else []
    if problems:
        raise InputError(f"These classes cannot be labeled: {'; '.join(problems)}.", hint="Give each class a name of its own.")
