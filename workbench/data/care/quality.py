"""The check for items that can be read and are of little use: blank, dark, tiny or stretched, silent, garbled."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from workbench.core.dataset import MEDIA, SHA256, TEXT, THUMB, Dataset
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.data.care.finding import Finding, Outcome
from workbench.data.care.subject import Subject
from workbench.data.vectors import decoded, each

#: Light is 0 to 255. Of a picture, half as bright as the darkest that people still read, or nearly without contrast.
_DARK, _BRIGHT, _FLAT = 12, 243, 4
_TINY, _STRETCHED = 16, 8
#: Of samples from -1 to 1: below this all is silence; this share at the limits is heard as distortion.
_SILENT, _CLIPPED = 1e-3, 0.01
_GARBLED = 0.05


def quality(subject: Subject) -> Outcome:
    """Propose to tag pictures, recordings and texts that say little, each with the reason."""
    if subject.kind == "table":
        return Outcome(skipped="Rows of a table have no quality of their own; see profile.")
    findings = list(_each(subject))
    return Outcome(findings)


def _each(subject: Subject) -> Iterable[Finding]:
    columns = (TEXT,) if subject.kind == "text" else (MEDIA, SHA256, THUMB, "width", "height")
    for chunk in each(subject.data, subject.ids, partial(_said, subject.data, subject.kind), columns, verb="audit"):
        for id, said in chunk:
            if said and not isinstance(said, InputError):
                yield Finding(id, said, "tag")


def _said(data: Dataset, kind: str, row: Row) -> str:
    item = decoded(data, row, kind, small=True)
    if kind == "image":
        width, height = row.get("width") or item.width, row.get("height") or item.height
        return _picture(np.asarray(item.convert("L"), np.float32), int(width), int(height))
    return _sound(item) if kind == "audio" else _text(str(item))


def _picture(light: Any, width: int, height: int) -> str:
    low, mid, high = np.percentile(light, [1, 50, 99])
    if high - low < _FLAT:
        return "The picture is blank."
    if high < _DARK * 4 and mid < _DARK:
        return f"The picture is dark: half of it is below {mid + 1:.0f} of 255."
    if low > 255 - _DARK * 4 and mid > _BRIGHT:
        return f"The picture is nearly white: half of it is above {mid - 1:.0f} of 255."
    if min(width, height) < _TINY:
        return f"The picture is tiny: {width} x {height} pixels."
    if max(width, height) > _STRETCHED * min(width, height):
        return f"The picture is {max(width, height) / min(width, height):.0f} times as long as it is wide."
    return ""


def _sound(sound: Any) -> str:
    size = np.abs(sound.samples)
    if float(size.max(initial=0.0)) < _SILENT:
        return "The recording is silent."
    clipped = float((size >= 0.999).mean())
    return f"The recording is cut off at the limits: {clipped:.0%} of its samples." if clipped > _CLIPPED else ""


def _text(text: str) -> str:
    strange = sum(c == "\ufffd" or (not c.isprintable() and c not in "\n\r\t") for c in text)
    if strange > _GARBLED * len(text):
        return f"The text is garbled: {strange} of {len(text)} characters cannot be shown."
    return "The text has no letters." if not any(c.isalpha() for c in text) else ""
