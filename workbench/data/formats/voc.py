"""Pascal VOC: boxes in an XML file per picture, masks in a PNG; pictures in `JPEGImages`, parts in `ImageSets`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from xml.etree import ElementTree as Tree

from workbench.core.dataset import LABEL
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.data.formats import reading, voc_masks
from workbench.data.formats.base import Contents, Format, Incoming, Item, LeftOut
from workbench.data.formats.folder import files_of
from workbench.data.formats.outgoing import regions_of, upright
from workbench.tasks import task as task_named

if TYPE_CHECKING:
    from workbench.data.formats.outgoing import Outgoing

_BOXES, _MASKS = "object-detection", "semantic-segmentation"
#: The classes in their order, with a color, parts and actions each, as CVAT writes them.
_MAP = "labelmap.txt"
_SPLITS = ("train", "val", "test")
_SIDES = ("xmin", "ymin", "xmax", "ymax")
#: What the XML says of an object that a region has no place for.
_MORE = ("difficult", "truncated", "occluded", "pose")


class Voc(Format):
    """Boxes as LabelImg, CVAT and Label Studio write them: pixels from 0, the right and lower side not included; and masks."""

    name: ClassVar[str] = "voc"
    tasks: ClassVar[tuple[str, ...]] = (_BOXES, _MASKS)
    columns: ClassVar[frozenset[str] | None] = frozenset({"group"})
    told_in: ClassVar[tuple[str, ...]] = ("*.xml", "*.txt", f"*{voc_masks.FOLDER}/*")

    def read(self, source: Incoming) -> Contents:
        """Return an item per picture; one without a file of objects, or without a mask, has no label."""
        folder = source.folder
        told = {path.stem: path for path in sorted(folder.rglob("*.xml"))}
        painted = {path.stem: path for path in sorted(folder.rglob(f"{voc_masks.FOLDER}/*.png"))}
        task = self.chosen(source.task, otherwise="" if told else _MASKS if painted else "")
        if task == _BOXES and not told:
            raise InputError(f"{folder} is not Pascal VOC: it has no XML files.")
        if task == _MASKS and not painted:
            raise InputError(f"{folder} has no masks: there is no PNG below {voc_masks.FOLDER}.")
        found = files_of(folder, task_named(_BOXES).suffixes)
        pictures = {path.stem: path for path in found if not {voc_masks.FOLDER, voc_masks.OBJECTS} & set(path.parts)}
        items: list[Item | LeftOut] = []
        losses: list[str] = []
        known = voc_masks.colors(folder / _MAP)
        read: dict[str, Any] = {stem: partial(_label, path, losses) for stem, path in told.items()}
        if task == _MASKS:
            read = {stem: partial(voc_masks.mask_of, path, known, losses) for stem, path in painted.items()}
        split = _split(folder / "ImageSets", "Segmentation" if task == _MASKS else "Main")
        files = reading.Files(folder)
        for stem, label in read.items():
            where = str(painted[stem] if task == _MASKS else told[stem])
            try:
                picture = pictures.pop(stem, None) or files.find(_named(told.get(stem), stem))
            except InputError as exc:
                items.append(LeftOut(where, exc.message))
                continue
            items.append(Item(where, picture, row={"group": split[stem]} if stem in split else {}, label=label))
        used = {item.file for item in items if isinstance(item, Item)}
        items += [Item(str(path), path) for path in pictures.values() if path not in used]
        return Contents(task, items, known.classes if task == _MASKS or (folder / _MAP).is_file() else (), losses)

    def write(self, out: Outgoing) -> None:
        """Write the three folders; the parts are those of the column `group`, if it names them."""
        parts: dict[str, list[str]] = {}
        names = out.classes()
        if broken := [name for name in names if not name.strip() or "\n" in name]:
            raise InputError(f"The class {broken[0]!r} cannot stand in {_MAP}.", hint="Export as 'coco' or 'jsonl'.")
        of_masks = out.task.name == _MASKS
        out.write(_MAP, voc_masks.labelmap_of(names) if of_masks else "".join(f"{name}:::\n" for name in names))
        for row in out.rows():
            name = Path(out.place(row, under="JPEGImages")).name
            stem, part = Path(name).stem, row.get("group")
            parts.setdefault(str(part) if part in _SPLITS else "trainval", []).append(stem)
            if row.get(LABEL) is None:
                continue
            if of_masks:
                out.write(f"{voc_masks.FOLDER}/{stem}.png", voc_masks.written(out, row, names))
            else:
                out.write(f"Annotations/{stem}.xml", _xml(row, name, out))
        for part, stems in parts.items():
            out.write(f"ImageSets/{'Segmentation' if of_masks else 'Main'}/{part}.txt", "".join(f"{stem}\n" for stem in stems))


def _split(folder: Path, kind: str) -> dict[str, str]:
    return {stem: part for part in _SPLITS for stem in _stems(folder / kind / f"{part}.txt")}


def _stems(path: Path) -> list[str]:
    return [line.split()[0] for line in reading.text(path).splitlines() if line.strip()] if path.is_file() else []


def _named(path: Path | None, stem: str) -> str:
    """Return the name of the picture that a file of objects is about."""
    if path is None:
        return f"{stem}.jpg"
    return (reading.xml(path, limit=reading.MAX_SMALL).findtext("filename") or "").strip()


def _label(path: Path, losses: list[str], row: Row) -> list[dict[str, Any]]:
    root = reading.xml(path, limit=reading.MAX_SMALL)
    size = tuple(int(float(root.findtext(f"size/{side}") or 0)) for side in ("width", "height"))
    if all(size) and size != (row["width"], row["height"]):
        raise InputError(
            f"Its boxes are for {size[0]} x {size[1]} pixels, the upright picture has {row['width']} x {row['height']}."
        )
    made = []
    for thing in root.iter("object"):
        name, box = (thing.findtext("name") or "").strip(), thing.find("bndbox")
        if box is None:
            raise InputError(f"{path.name}: {name!r} has no `bndbox`.")
        left, top, right, bottom = reading.numbers([box.findtext(side) for side in _SIDES])
        made.append({"label": name, "box": [round(v, 6) for v in (left, top, right - left, bottom - top)]})
        for mark in _MORE:
            if thing.findtext(mark) not in (None, "0", "Unspecified") and f"`{mark}` of objects" not in losses:
                losses.append(f"`{mark}` of objects")
    return made


def _xml(row: Row, name: str, out: Outgoing) -> bytes:
    root = Tree.Element("annotation")
    _add(root, "folder", "JPEGImages")
    _add(root, "filename", name)
    size = Tree.SubElement(root, "size")
    for side, value in (("width", row["width"]), ("height", row["height"]), ("depth", 3)):
        _add(size, side, value)
    _add(root, "segmented", 0)
    for region in regions_of(row) or []:
        thing = Tree.SubElement(root, "object")
        x, y, width, height = upright(region, row, out)
        for key, value in (("name", region["label"]), ("pose", "Unspecified"), ("truncated", 0), ("difficult", 0)):
            _add(thing, key, value)
        box = Tree.SubElement(thing, "bndbox")
        for side, place in zip(_SIDES, (x, y, x + width, y + height), strict=True):
            _add(box, side, round(place, 3))
    Tree.indent(root)
    return bytes(Tree.tostring(root, encoding="utf-8"))


def _add(parent: Tree.Element, name: str, value: object) -> None:
    Tree.SubElement(parent, name).text = str(value)
