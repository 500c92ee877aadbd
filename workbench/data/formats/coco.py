"""COCO: one JSON file of images, annotations and categories; objects, keypoints, masks and captions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from workbench.core.dataset import ID, LABEL, MEDIA
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.data.formats import reading
from workbench.data.formats.base import Contents, Format, Incoming, Item, LeftOut
from workbench.data.formats.outgoing import objects_of, regions_of
from workbench.ops import masks, shapes

if TYPE_CHECKING:
    from workbench.data.formats.outgoing import Outgoing

Region = dict[str, Any]
Annotation = Mapping[str, Any]

_CAPTIONS, _POINTS = "image-captioning", "keypoint-detection"
_FILE = "annotations.json"


class Coco(Format):
    """The format of the COCO data sets (cocodataset.org/#format-data)."""

    name: ClassVar[str] = "coco"
    tasks: ClassVar[tuple[str, ...]] = (
        "object-detection",
        "instance-segmentation",
        "semantic-segmentation",
        _POINTS,
        _CAPTIONS,
    )
    told_in: ClassVar[tuple[str, ...]] = ("annotations.json",)

    def read(self, source: Incoming) -> Contents:
        """Return an item per image, one per caption where there are captions; no annotation says that nothing is to be seen."""
        path = source.path / _FILE if source.path.is_dir() else source.path
        told = reading.parsed(path)
        images, annotations, categories = (_listed(told, key, path) for key in ("images", "annotations", "categories"))
        task = self.chosen(source.task, otherwise=_usual(told, annotations))
        below: dict[Any, list[Annotation]] = defaultdict(list)
        for one in annotations:
            below[_key(one.get("image_id"))].append(one)
        files = reading.Files(source.root or _root(path))
        kinds = {_key(one.get("id")): one for one in categories}
        items: list[Item | LeftOut] = []
        for image in images:
            items += _items(image, below.pop(_key(image.get("id")), []), kinds, task, files)
        items += [LeftOut(f"{path.name}: {len(more)} annotations", f"There is no image {id!r}.") for id, more in below.items()]
        losses = _losses(annotations, task)
        return Contents(task, items, _classes(categories, task), losses)

    def write(self, out: Outgoing) -> None:
        """Write `annotations.json`, and the pictures into `images`."""
        names = [] if out.task.name == _CAPTIONS else out.classes()
        places = {name: i for i, name in enumerate(names, start=1)}
        images: dict[str, dict[str, Any]] = {}
        annotations: list[dict[str, Any]] = []
        # Captions of one picture share its entry; the one that has the picture's own id comes first.
        for row in sorted(out.rows(), key=_first) if out.task.name == _CAPTIONS else out.rows():
            key = str(row[MEDIA]) if out.task.name == _CAPTIONS else str(row[ID])
            if key not in images:
                images[key] = {"id": len(images) + 1, "file_name": out.place(row, under="images")}
                images[key] |= {"width": row.get("width"), "height": row.get("height")}
            if row.get(LABEL) is None:
                images[key]["labeled"] = False  # told from a picture that shows nothing
                continue
            for made in _annotations(row, out.task.name, places):
                annotations.append({"id": len(annotations) + 1, "image_id": images[key]["id"], **made})
        out.write_json(
            _FILE,
            {
                "info": {"description": out.data.ref, "task": out.task.name},
                "images": list(images.values()),
                "annotations": annotations,
                "categories": _categories(names, out.task.name),
            },
        )


def _listed(told: Any, key: str, path: Any) -> list[Mapping[str, Any]]:
    found = told.get(key, [] if key == "categories" else None) if isinstance(told, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InputError(f"{path} is not COCO: it has no list {key!r}.")
    return found


def _key(id: Any) -> Any:
    return id if isinstance(id, int | str) else repr(id)


def _root(path: Any) -> Any:
    """Return the folder of the label file, or the one above where files lie beside `annotations/`, as COCO has it."""
    return path.parent.parent if path.parent.name == "annotations" else path.parent


def _usual(told: Mapping[str, Any], annotations: Sequence[Annotation]) -> str:
    info = told.get("info")
    if isinstance(info, dict) and info.get("task") in Coco.tasks:
        return str(info["task"])
    first: Annotation = next(iter(annotations), {})
    if "caption" in first:
        return _CAPTIONS
    if "keypoints" in first:
        return _POINTS
    return "instance-segmentation" if first.get("segmentation") and not first.get("bbox") else ""


def _classes(categories: Sequence[Mapping[str, Any]], task: str) -> list[str]:
    names = [str(one.get("name")) for one in categories if one.get("name")]
    if task == _POINTS:
        names = [str(name) for one in categories for name in one.get("keypoints") or ()]
    return [] if task == _CAPTIONS else list(dict.fromkeys(names))


def _items(
    image: Mapping[str, Any], found: Sequence[Annotation], kinds: Mapping[Any, Any], task: str, files: reading.Files
) -> list[Item | LeftOut]:
    where = str(image.get("file_name") or f"image {image.get('id')}")
    try:
        file = files.find(image.get("file_name"))
    except InputError as exc:
        return [LeftOut(where, exc.message)]
    if task == _CAPTIONS:
        captions = list(dict.fromkeys(str(one["caption"]) for one in found if one.get("caption")))
        more: list[Item | LeftOut] = [Item(where, file, label=said, apart=said) for said in captions[1:]]
        return [Item(where, file, label=next(iter(captions), None)), *more]
    if image.get("labeled") is False:
        return [Item(where, file)]
    return [Item(where, file, label=partial(_label, image, found, kinds, task))]


def _label(
    image: Mapping[str, Any], found: Sequence[Annotation], kinds: Mapping[Any, Any], task: str, row: Row
) -> list[Region]:
    told, seen = (image.get("width"), image.get("height")), (row.get("width"), row.get("height"))
    if found and None not in told and told != seen:
        raise InputError(f"Its regions are for {told[0]} x {told[1]} pixels, the upright picture has {seen[0]} x {seen[1]}.")
    regions: list[Region] = []
    for one in found:
        kind = kinds.get(_key(one.get("category_id")))
        if kind is None:
            raise InputError(f"Annotation {one.get('id')} is of category {one.get('category_id')!r}, which is not listed.")
        try:
            regions += _FROM[task](one, kind, row)
        except (KeyError, TypeError, ValueError, IndexError) as exc:
            raise InputError(f"Annotation {one.get('id')} cannot be read: {exc}.".replace("..", ".")) from exc
    return regions


def _box(one: Annotation, kind: Mapping[str, Any], _row: Row) -> list[Region]:
    rotation = (one.get("attributes") or {}).get("rotation")
    made = {"label": str(kind["name"]), "box": reading.numbers(one["bbox"], 4)}
    if not rotation:
        return [made]
    return [made | {"box": reading.numbers(one["attributes"]["box"], 4), "rotation": reading.numbers([rotation])[0]}]


def _polygons(one: Annotation, kind: Mapping[str, Any], _row: Row) -> list[Region]:
    if isinstance(one["segmentation"], dict):
        return []
    return [{"label": str(kind["name"]), "polygon": reading.pairs(flat)} for flat in one["segmentation"]]


def _mask(one: Annotation, kind: Mapping[str, Any], row: Row) -> list[Region]:
    said = one["segmentation"]
    if isinstance(said, dict):
        return [{"label": str(kind["name"]), "mask": {"size": said["size"], "counts": said["counts"]}}]
    painted = [shapes.fill(reading.pairs(flat), row["height"], row["width"]) for flat in said]
    return [{"label": str(kind["name"]), "mask": masks.encode(mask)} for mask in painted if mask.any()]


def _points(one: Annotation, kind: Mapping[str, Any], _row: Row) -> list[Region]:
    flat = reading.numbers(one["keypoints"])
    triples = [flat[i : i + 3] for i in range(0, len(flat), 3)]
    named = zip(kind["keypoints"], triples, strict=True)
    return [{"label": str(name), "point": [x, y]} for name, (x, y, seen) in named if seen > 0]


_FROM: Mapping[str, Callable[[Annotation, Mapping[str, Any], Row], list[Region]]] = {
    "object-detection": _box,
    "instance-segmentation": _polygons,
    "semantic-segmentation": _mask,
    _POINTS: _points,
}


def _losses(annotations: Sequence[Annotation], task: str) -> list[str]:
    parts = [one.get("segmentation") for one in annotations]
    made = []
    if task == "instance-segmentation":
        if n := sum(isinstance(part, dict) for part in parts):
            made.append(f"objects that are masks, not polygons ({n:,}); read as semantic-segmentation, they are kept")
        if n := sum(isinstance(part, list) and len(part) > 1 for part in parts):
            made.append(f"which polygons are parts of one object ({n:,})")
    if task == _POINTS and len(annotations) > len({_key(one.get("image_id")) for one in annotations}):
        made.append("which keypoints belong to one object")
    return made


def _first(row: Row) -> bool:
    return str(row[ID]) != str(row[MEDIA])[:16]


def _categories(names: Sequence[str], task: str) -> list[dict[str, Any]]:
    if task == _POINTS:
        return [{"id": 1, "name": "object", "supercategory": "", "keypoints": list(names), "skeleton": []}]
    return [{"id": i, "name": name, "supercategory": ""} for i, name in enumerate(names, start=1)]


def _annotations(row: Row, task: str, places: Mapping[str, int]) -> list[dict[str, Any]]:
    if task == _CAPTIONS:
        return [{"caption": str(row[LABEL])}]
    regions = regions_of(row) or []
    if task == _POINTS:
        return _objects(regions, places)
    return [{"category_id": places[region["label"]], "iscrowd": 0, **_TO[task](region)} for region in regions]


def _to_box(region: Region) -> dict[str, Any]:
    box = region["box"]
    if not region.get("rotation"):
        return {"bbox": box, "area": box[2] * box[3], "segmentation": []}
    corners = shapes.corners(box, region["rotation"])
    turned = {"rotation": region["rotation"], "box": box}
    return {"bbox": _around(corners), "area": box[2] * box[3], "segmentation": [_flat(corners)], "attributes": turned}


def _to_polygon(region: Region) -> dict[str, Any]:
    points = region["polygon"]
    return {"segmentation": [_flat(points)], "bbox": _around(points), "area": shapes.area(points)}


def _to_mask(region: Region) -> dict[str, Any]:
    mask = region["mask"]
    return {"segmentation": mask, "bbox": list(masks.bounds(mask)), "area": masks.n_pixels(mask)}


_TO: Mapping[str, Callable[[Region], dict[str, Any]]] = {
    "object-detection": _to_box,
    "instance-segmentation": _to_polygon,
    "semantic-segmentation": _to_mask,
}


def _objects(regions: Sequence[Region], places: Mapping[str, int]) -> list[dict[str, Any]]:
    made = []
    for one in objects_of(regions):
        triples = [[*one[name], 2] if name in one else [0, 0, 0] for name in places]
        box = _around(list(one.values()))
        flat = [value for triple in triples for value in triple]
        told = {"category_id": 1, "iscrowd": 0, "keypoints": flat, "num_keypoints": len(one), "bbox": box}
        made.append(told | {"area": box[2] * box[3]})
    return made


def _around(points: Sequence[Sequence[float]]) -> list[float]:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return [round(v, 3) for v in (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))]


def _flat(points: Sequence[Sequence[float]]) -> list[float]:
    return [round(value, 3) for point in points for value in point]
