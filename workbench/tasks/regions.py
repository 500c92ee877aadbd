"""What tasks have in common whose answer is a set of regions: of a picture, a recording or a text."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from workbench.core import labels
from workbench.core.errors import InputError
from workbench.core.labels import PX_DIGITS
from workbench.core.ports import Row
from workbench.core.task import Result, Shape
from workbench.ops import likeness
from workbench.tasks.answers import one_of, said
from workbench.tasks.config import marks, view
from workbench.tasks.modalities import OfPictures, Shown

Region = dict[str, Any]

#: A label with more regions, or a polygon with more points, is a mistake or an attack.
MAX_REGIONS, MAX_POINTS = 20_000, 100_000
_MOST_TOLD = 8
#: What a region of an answer that is not as it should be makes Python raise.
BROKEN = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError)


class Regions(Shown):
    """The answer is any number of regions, each with a class: a label is a JSON list of them, sorted, each once.

    A kind of region says how it is checked (`place`), how Label Studio writes it (`to_studio`, `from_studio`) and how
    much two of them overlap (`overlap`). No region is a label as well: that nothing is to be seen.
    """

    shape: ClassVar[Shape] = "regions"
    #: The key of a region's place in a label, Label Studio's tool, and the name of that tool's results.
    key: ClassVar[str]
    tool: ClassVar[str]
    kind: ClassVar[str]

    @abstractmethod
    def place(self, region: Region, row: Row | None) -> Region:
        """Return where a region is, rounded; raise `InputError` when it is nowhere."""

    @abstractmethod
    def to_studio(self, region: Region, row: Row | None) -> tuple[Region, Region]:
        """Return what Label Studio's value says of the place, and what stands beside the value."""

    @abstractmethod
    def from_studio(self, marked: Mapping[str, Any], row: Row | None) -> Region:
        """Return the place of a region that was marked there."""

    @abstractmethod
    def overlap(self, one: Region, other: Region) -> float:
        """Return how much two regions of the same class overlap, 0 to 1."""

    def alike(self, regions: Sequence[Region]) -> Callable[[Region, Region], float]:
        """Return what says how alike two of *regions* are, all those of an item: how much they overlap."""
        return self.overlap

    def labeling_config(self, classes: Sequence[str]) -> str:
        """Return the config: the classes to mark with, and the item to mark in."""
        return view(marks(self.tool, self.classes_for(classes), self.to), *self.stage())

    def label_of(self, result: Result, *, row: Row | None = None) -> str | None:
        """Return the regions that were marked; an answer without one says that there is none.

        What is nowhere, such as a polygon of two clicks or a box without area, marks nothing and is left out.
        """
        found: list[Region] = []
        for marked in result:
            try:
                if marked.get("type") == self.kind and (names := marked["value"].get(self.kind)):
                    region = {"label": str(names[0]), **self.from_studio(marked, row)}
                    found += [region] if self._is_somewhere(region, row) else []
            except InputError:
                raise
            except BROKEN as exc:
                raise InputError(f"A region of this answer cannot be read: {marked!r:.200}.") from exc
        return self.check(labels.dumps(found), row=row)

    def result_of(self, label: str, *, row: Row | None = None, score: float | None = None) -> Result:
        """Return a result with a region for each of the label's."""
        found = []
        for i, region in enumerate(labels.loads(label)):
            value, more = self.to_studio(region, row)
            found.append(said(self.kind, self.to, {**value, self.kind: [region["label"]]}, score, id=f"r{i + 1}", **more))
        return found

    def check(self, label: str, classes: Sequence[str] = (), *, row: Row | None = None) -> str:
        """Return the regions rounded, sorted, each once; raise `InputError` that names those which are none."""
        regions = as_list(labels.loads(label, what="A label of regions"))
        return labels.dumps(self.merged(checked(regions, lambda region: self._checked(region, classes, row))))

    def merged(self, regions: list[Region]) -> list[Region]:
        """Return the regions sorted, each once."""
        return sorted({labels.dumps(region): region for region in regions}.values(), key=self.order)

    def order(self, region: Region) -> Any:
        """Return what regions are sorted by."""
        return labels.dumps(region)

    def names_in(self, label: str) -> tuple[str, ...]:
        """Return the classes that occur."""
        return tuple(sorted({region["label"] for region in labels.loads(label)}))

    def likeness(self, one: str, other: str) -> float:
        """Return the overlap of the regions, paired best within each class: 1 when all are the same, 0 when none meet."""
        first, second = labels.loads(one), labels.loads(other)
        if one == other:
            return 1.0

        alike = self.alike([*first, *second])
        return likeness.matched(first, second, lambda a, b: alike(a, b) if a["label"] == b["label"] else 0.0)

    def _is_somewhere(self, region: Region, row: Row | None) -> bool:
        try:
            return bool(self.place(region, row))
        except InputError:
            return False

    def _checked(self, region: Region, classes: Sequence[str], row: Row | None) -> Region:
        return {"label": one_of(region["label"], classes), **self.place(region, row)}


class InPicture(OfPictures, Regions):
    """Regions of a picture, in pixels of it upright; Label Studio counts in percent of its width and height."""

    def size(self, row: Row | None) -> tuple[float, float]:
        """Return the width and height of the row's picture; raise `InputError` when they are not known."""
        width, height = (float((row or {}).get(key) or 0) for key in ("width", "height"))
        if not (width > 0 and height > 0):
            raise InputError("The picture's `width` and `height` are not known.", hint="Import it anew: wb.ingest().")
        return width, height

    def beside(self, row: Row | None) -> Region:
        """Return what Label Studio keeps beside a region's value."""
        width, height = self.size(row)
        return {"original_width": int(width), "original_height": int(height), "image_rotation": 0}

    def marked_size(self, marked: Mapping[str, Any], row: Row | None) -> tuple[float, float]:
        """Return the size of the picture that a region was marked in, as its browser saw it."""
        if marked.get("original_width") and marked.get("original_height"):
            return float(marked["original_width"]), float(marked["original_height"])
        return self.size(row)


def clamped(points: Iterable[Sequence[float]], size: tuple[float, float]) -> list[list[float]]:
    """Return points of an answer moved into the picture: an editor may let one slip over the edge."""
    return [[min(max(x, 0.0), size[0]), min(max(y, 0.0), size[1])] for x, y in points]


def checked(regions: Sequence[Any], check: Callable[[Region], Region]) -> list[Region]:
    """Return every region checked; raise `InputError` that names the first eight which are none."""
    found, problems = [], []
    for i, region in enumerate(regions):
        try:
            found.append(check(region))
        except InputError as exc:
            problems.append(f"region {i + 1}: {_inner(exc.message)}")
        except BROKEN as exc:
            said = f"it has no {exc}" if isinstance(exc, KeyError) else str(exc)
            problems.append(f"region {i + 1}: {_inner(said)}")
    if problems:
        more = f" and {len(problems) - _MOST_TOLD} more" if len(problems) > _MOST_TOLD else ""
        raise InputError(f"Regions that are none: {'; '.join(problems[:_MOST_TOLD])}{more}.")
    return found


def as_list(value: Any) -> list[Any]:
    """Return a list of regions; raise `InputError` when it is none, or too long."""
    if not isinstance(value, list):
        raise InputError(f"A label of regions is a list, got {value!r:.80}.", hint="No region is [].")
    if len(value) > MAX_REGIONS:
        raise InputError(f"A label has at most {MAX_REGIONS:,} regions, got {len(value):,}.")
    return value


def numbers(values: Any, n: int | None = None, *, digits: int = PX_DIGITS) -> list[float]:
    """Return finite numbers, rounded; raise `InputError` when they are not, or not *n*."""
    found = [float(value) for value in values]
    if not all(map(math.isfinite, found)) or (n is not None and len(found) != n):
        raise InputError(f"Not {n or 'all'} finite numbers: {found!r:.80}.")
    return [round(value, digits) + 0.0 for value in found]  # the sum makes -0.0 a plain zero


def points(values: Any, *, least: int) -> list[list[float]]:
    """Return points [x, y], rounded; raise `InputError` when one is none, or they are too few or too many."""
    if not least <= len(values) <= MAX_POINTS:
        raise InputError(f"Got {len(values):,} points instead of {least} to {MAX_POINTS:,}.")
    return [numbers(point, 2) for point in values]


def inside(values: Sequence[Sequence[float]], row: Row | None) -> list[list[float]]:
    """Return points moved into the picture by at most a pixel; raise `InputError` when one is farther out."""
    width, height = (float((row or {}).get(key) or math.inf) for key in ("width", "height"))
    out = next((p for p in values if not (-1 <= p[0] <= width + 1 and -1 <= p[1] <= height + 1)), None)
    if out is not None:
        raise InputError(f"The point {out} is outside of the picture, {width:g} x {height:g}.")
    return [[min(max(x, 0.0), width), min(max(y, 0.0), height)] for x, y in values]


def _inner(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")
