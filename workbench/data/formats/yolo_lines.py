"""Lines of YOLO: the numbers of an object, relative to the picture, and the region that they mean."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.data.formats import reading
from workbench.data.formats.outgoing import objects_of, upright
from workbench.ops import shapes

if TYPE_CHECKING:
    from workbench.data.formats.outgoing import Outgoing

Region = dict[str, Any]

BOXES, POLYGONS, POINTS = "object-detection", "instance-segmentation", "keypoint-detection"
#: Four corners are a box when no side is off by more than this share of the longest.
_SQUARE = 0.02
_MOST_POINTS = 1000


@dataclass(frozen=True)
class Told:
    """What the YAML file says of the lines: classes, whether boxes are turned, names of keypoints, numbers for each of them."""

    names: Sequence[str]
    turned: bool = False
    points: Mapping[int, Sequence[str]] = field(default_factory=dict)
    point_size: int = 0

    def classes(self, task: str) -> list[str]:
        """Return the classes of the regions."""
        return list(dict.fromkeys(name for each in self.points.values() for name in each) if task == POINTS else self.names)


def told_by(yaml: Mapping[str, Any], names: Sequence[str], path: Path) -> Told:
    """Return what a YAML file says of the lines; raise `InputError` when it says nonsense of keypoints."""
    shape = yaml.get("kpt_shape")
    if shape is None:
        return Told(names, turned=yaml.get("task") == "obb")
    if not isinstance(shape, list) or len(shape) != 2 or shape[0] not in range(_MOST_POINTS) or shape[1] not in (2, 3):
        raise InputError(f"{path}: `kpt_shape` is up to {_MOST_POINTS} keypoints, and 2 or 3, got {shape!r:.60}.")
    said = yaml.get("kpt_names")
    unnamed = [str(n) for n in range(shape[0])]
    points: dict[int, Sequence[str]] = {}
    for kind in range(len(names)):
        own = said.get(kind) if isinstance(said, dict) else said
        usable = isinstance(own, list) and len(own) == shape[0] and all(isinstance(name, str | int) for name in own)
        points[kind] = [str(name) for name in own] if usable and own else unnamed
    return Told(names, points=points, point_size=shape[1])


def usual(told: Told, labels: Iterator[Path | None]) -> str:
    """Return the task: that of the YAML file, else that of the first objects: five numbers are a box, more a polygon."""
    if told.points or told.turned:
        return POINTS if told.points else BOXES
    for path in labels:
        try:
            line = next(iter(reading.text(path, limit=reading.MAX_SMALL).split("\n")), "") if path else ""
        except InputError:
            continue
        if line.strip():
            return BOXES if len(line.split()) <= 6 else POLYGONS
    return ""


def regions(path: Path, told: Told, task: str, losses: list[str], row: Row) -> list[Region]:
    """Return the regions of a file of objects; raise `InputError` that names the first line that is none."""
    lines = [line.split() for line in reading.text(path, limit=reading.MAX_SMALL).splitlines()]
    made: list[Region] = []
    size = float(row["width"]), float(row["height"])
    for n, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            kind, place = int(float(line[0])), reading.numbers(line[1:])
            if not 0 <= kind < len(told.names):
                raise InputError(f"There is no class {kind}, the last is {len(told.names) - 1}.")
            if task == POINTS:
                made += _points(place, told, kind, size)
                continue
            if len(place) != 4 and (len(place) < 6 or len(place) % 2):
                raise InputError(f"{len(place)} numbers are neither a box nor a polygon.")
            region = _box(place, told, losses, size) if task == BOXES else _polygon(place, size)
        except (InputError, ValueError, OverflowError) as exc:
            raise InputError(f"{path.name} line {n}: {exc}") from exc
        made.append({"label": told.names[kind], **region})
    if task == POINTS and len(lines) > 1:
        _tell(losses, "which keypoints belong to one object")
    return made


def lines(found: Sequence[Region], names: Sequence[str], row: Row, out: Outgoing, *, turned: bool) -> Iterator[str]:
    """Return the line of each region; keypoints of one object share one."""
    width, height = float(row["width"]), float(row["height"])
    if out.task.name == POINTS:
        yield from (_numbers(0, values) for values in _objects(found, names, width, height))
        return
    places = {name: i for i, name in enumerate(names)}
    for region in found:
        if "polygon" in region or turned:
            points = region["polygon"] if "polygon" in region else shapes.corners(region["box"], region.get("rotation", 0))
            values = [v for x, y in points for v in (x / width, y / height)]
        else:
            values = _centered(upright(region, row, out), width, height)
        yield _numbers(places[region["label"]], values)


def _box(place: Sequence[float], told: Told, losses: list[str], size: tuple[float, float]) -> Region:
    if len(place) == 4:
        return {"box": _cornered(place, size)}
    points = [(x * size[0], y * size[1]) for x, y in reading.pairs(place)]
    if len(points) == 4 and (told.turned or _is_rectangle(points)):
        if not _is_rectangle(points):
            _tell(losses, "four corners that are no rectangle, read as a box of their mean sides")
        region = _turned(points)
        if told.turned or round(region["rotation"], 3) % 90:
            return region
    else:
        _tell(losses, "the outlines of objects, read as boxes around them")
    xs, ys = zip(*points, strict=True)
    return {"box": [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]}


def _polygon(place: Sequence[float], size: tuple[float, float]) -> Region:
    if len(place) == 4:
        return {"polygon": [list(point) for point in shapes.corners(_cornered(place, size))]}
    return {"polygon": [[x * size[0], y * size[1]] for x, y in reading.pairs(place)]}


def _points(place: Sequence[float], told: Told, kind: int, size: tuple[float, float]) -> Iterator[Region]:
    names, each = told.points.get(kind, ()), told.point_size
    if not names or len(place) != 4 + len(names) * each:
        raise InputError(f"{len(place)} numbers are not a box and {len(names)} keypoints of {each}.")
    for n, name in enumerate(names):
        x, y, *seen = place[4 + n * each : 4 + (n + 1) * each]
        if seen[0] > 0 if seen else (x, y) != (0, 0):
            yield {"label": name, "point": [x * size[0], y * size[1]]}


def _objects(found: Sequence[Region], names: Sequence[str], width: float, height: float) -> Iterator[list[float]]:
    for each in objects_of(found):
        xs, ys = zip(*each.values(), strict=True)
        box = [min(xs), min(ys), max(max(xs) - min(xs), 1), max(max(ys) - min(ys), 1)]  # one point has no box
        box[:2] = min(box[0], width - box[2]), min(box[1], height - box[3])
        values = _centered(box, width, height)
        for name in names:
            values += [each[name][0] / width, each[name][1] / height, 2] if name in each else [0, 0, 0]
        yield values


def _cornered(place: Sequence[float], size: tuple[float, float]) -> list[float]:
    x, y, w, h = place[0] * size[0], place[1] * size[1], place[2] * size[0], place[3] * size[1]
    return [round(v, 6) for v in (x - w / 2, y - h / 2, w, h)]


def _centered(box: Sequence[float], width: float, height: float) -> list[float]:
    x, y, w, h = box
    return [(x + w / 2) / width, (y + h / 2) / height, w / width, h / height]


def _sides(points: Sequence[tuple[float, float]]) -> list[float]:
    return [math.dist(a, b) for a, b in zip(points, [*points[1:], points[0]], strict=True)]


def _is_rectangle(points: Sequence[tuple[float, float]]) -> bool:
    one, two, three, four = _sides(points)
    diagonals = math.dist(points[0], points[2]), math.dist(points[1], points[3])
    off = max(abs(one - three), abs(two - four), abs(diagonals[0] - diagonals[1]))
    return off <= _SQUARE * max(*diagonals)


def _turned(points: Sequence[tuple[float, float]]) -> Region:
    """Return the box with these corners; its first corner stays the first, its sides go around clockwise."""
    (x0, y0), (x1, y1), _, (x3, y3) = points
    if (x1 - x0) * (y3 - y0) - (y1 - y0) * (x3 - x0) < 0:
        points = [points[0], *reversed(points[1:])]
        x1, y1 = points[1]
    one, two, three, four = _sides(points)
    rotation = math.degrees(math.atan2(y1 - y0, x1 - x0))
    return {"box": [x0, y0, (one + three) / 2, (two + four) / 2], "rotation": rotation % 360}


def _numbers(kind: int, values: Sequence[float]) -> str:
    return " ".join([str(kind), *(f"{value:.10g}" for value in values)])


def _tell(losses: list[str], what: str) -> None:
    if what not in losses:
        losses.append(what)
