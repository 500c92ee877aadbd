"""The masks of Pascal VOC: a PNG per picture in `SegmentationClass`, a color for each class, black for nothing."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.data.formats import reading
from workbench.data.formats.outgoing import regions_of
from workbench.ops import masks
from workbench.tasks import pictures

if TYPE_CHECKING:
    from workbench.data.formats.outgoing import Outgoing

Color = tuple[int, int, int]

#: Where the masks lie, of classes and of single objects.
FOLDER, OBJECTS = "SegmentationClass", "SegmentationObject"
#: The classes of the challenge itself, in the order of their colors.
_CHALLENGE = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog", "horse",
    "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
#: The color of the border between objects, which belongs to no class.
_BORDER = 255


def color(number: int) -> Color:
    """Return the color of a class by its number, as the challenge has it: its bits, dealt to red, green and blue in turn.

    >>> color(0), color(1), color(15), color(255)
    ((0, 0, 0), (128, 0, 0), (192, 128, 128), (224, 224, 192))
    """
    red, green, blue = (sum((number >> 3 * i + c & 1) << 7 - i for i in range(8)) for c in range(3))
    return red, green, blue


@dataclass(frozen=True)
class Colors:
    """What the colors of masks mean."""

    classes: tuple[str, ...]
    by_color: Mapping[Color, str]
    #: The classes by their number, for masks of plain numbers; "" is nothing.
    numbered: tuple[str, ...]


def colors(labelmap: Path) -> Colors:
    """Return what colors mean: as the file says, `name:r,g,b:parts:actions` a line, else as in the challenge."""
    named = dict(_lines(labelmap)) if labelmap.is_file() else dict.fromkeys(_CHALLENGE)
    by_color: dict[Color, str] = {}
    numbered = [] if (0, 0, 0) in named.values() else [""]
    for name, told in named.items():
        if told not in ((0, 0, 0), color(_BORDER)):
            by_color[told or color(len(by_color) + 1)] = name
        numbered.append("" if told == (0, 0, 0) else name)
    return Colors(tuple(by_color.values()), by_color, tuple(numbered))


def mask_of(path: Path, known: Colors, losses: list[str], row: Row) -> list[dict[str, Any]]:
    """Return a region for each class that a mask shows."""
    pixels = np.asarray(pictures.read(path), dtype=np.uint32)
    if pixels.shape[:2] != (row["height"], row["width"]):
        height, width = pixels.shape[:2]
        raise InputError(f"Its mask is {width} x {height}, the upright picture {row['width']} x {row['height']}.")
    codes = pixels[..., 0] << 16 | pixels[..., 1] << 8 | pixels[..., 2]
    made = []
    for code in np.unique(codes).tolist():
        name = _meant((code >> 16, code >> 8 & 255, code & 255), known, path)
        if name is None and "pixels of borders, which belong to no class" not in losses:
            losses.append("pixels of borders, which belong to no class")
        if name:
            made.append({"label": name, "mask": masks.encode(codes == code)})
    return made


def written(out: Outgoing, row: Row, names: Sequence[str]) -> bytes:
    """Return the mask of a row's label as a PNG; where classes overlap, the later one is seen."""
    from PIL import Image

    painted = np.zeros((row["height"], row["width"]), np.uint8)
    for region in regions_of(row) or []:
        mask = masks.decode(region["mask"])
        if painted[mask].any():
            out.lose("pixels that are of two classes, written as of one")
        painted[mask] = names.index(region["label"]) + 1
    image = Image.fromarray(painted, "P")
    image.putpalette([value for number in range(256) for value in color(number)])
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def labelmap_of(names: Sequence[str]) -> str:
    """Return the file that says which class has which color."""
    if len(names) >= _BORDER:
        raise InputError(f"Masks of Pascal VOC know 254 classes, got {len(names)}.", hint="Export as 'coco' or 'jsonl'.")
    told = [("background", color(0)), *((name, color(n)) for n, name in enumerate(names, start=1))]
    return "".join(f"{name}:{','.join(map(str, rgb))}::\n" for name, rgb in told)


def _lines(labelmap: Path) -> list[tuple[str, Color | None]]:
    """Return the name and the color of each line; None where none is said."""
    made: list[tuple[str, Color | None]] = []
    for line in reading.text(labelmap, limit=reading.MAX_SMALL).splitlines():
        if line.startswith("#") or line.count(":") < 3:
            continue
        name, rgb, *_ = line.rsplit(":", 3)
        values = [int(part) for part in rgb.split(",")] if rgb.replace(",", "").isdecimal() else []
        made.append((name, (values[0], values[1], values[2]) if len(values) == 3 else None))
    return made


def _meant(rgb: Color, known: Colors, path: Path) -> str | None:
    """Return the class of a color, "" for nothing, None for a border."""
    if rgb in known.by_color:
        return known.by_color[rgb]
    if rgb in (color(_BORDER), (255, 255, 255)):
        return None
    if rgb[0] == rgb[1] == rgb[2] and rgb[0] < len(known.numbered):  # the number itself, painted gray
        return known.numbered[rgb[0]]
    raise InputError(f"{path.name} has the color {rgb}, which no class has.", hint="Name it in labelmap.txt.")
