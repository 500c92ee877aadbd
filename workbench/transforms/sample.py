"""A sample as steps see it: what is in it, decoded, with its label; and the randomness that belongs to it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Sample:
    """One sample: *content* is uint8 pixels (height, width, 3), a text, a `tasks.sounds.Sound`, or a row of values.

    *regions* are those of its label, as the tasks write them: boxes, polygons, masks and points in pixels, spans in code
    points, stretches in seconds. A step that moves what is in the sample moves them along.
    """

    content: Any
    regions: tuple[Mapping[str, Any], ...] = ()
    label: str = ""
    row: Mapping[str, Any] = field(default_factory=dict)


def draw(seed: int, *names: object) -> np.random.Generator:
    """Return the random numbers that belong to *names* (a sample's id, an epoch): the same on any machine, in any order.

    >>> int(draw(7, "a", 1).integers(1000)) == int(draw(7, "a", 1).integers(1000))
    True
    """
    told = hashlib.sha256("\0".join(map(str, (seed, *names))).encode()).digest()
    return np.random.default_rng(int.from_bytes(told[:16], "big"))
