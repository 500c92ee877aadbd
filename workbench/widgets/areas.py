"""Areas that a person drew by their outlines, as the masks that a label of pixels has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.ops import masks
from workbench.tasks.pictures import MAX_PIXELS


def filled(regions: Sequence[Mapping[str, Any]], row: Row) -> list[dict[str, Any]]:
    """Return *regions* with a mask for each polygon, of the size of the row's picture; masks stay as they are.

    >>> filled([{"label": "cap", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}], {"width": 4, "height": 2})
    [{'label': 'cap', 'mask': {'size': [2, 4], 'counts': '044'}}]
    """
    width, height = int(row.get("width") or 0), int(row.get("height") or 0)
    if not 0 < width * height <= MAX_PIXELS:
        raise InputError(f"A picture of {width} x {height} cannot be painted on: 1 to {MAX_PIXELS:,} pixels are.")
    made = []
    for region in regions:
        place = {key: value for key, value in region.items() if key != "polygon"}
        if "polygon" in region:
            image = Image.new("1", (width, height))
            ImageDraw.Draw(image).polygon([(float(x), float(y)) for x, y in region["polygon"]], fill=1, outline=1)
            place["mask"] = masks.encode(np.asarray(image, dtype=bool))
        made.append(place)
    return made
