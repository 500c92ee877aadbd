"""Pascal VOC: an XML file per picture in `Annotations`, pictures in `JPEGImages`, parts in `ImageSets/Main`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from xml.etree import ElementTree as Tree

from workbench.core.dataset import LABEL
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.data.formats import reading
from workbench.data.formats.base import Contents, Format, Incoming, Item, LeftOut
from workbench.data.formats.folder import files_of
from workbench.data.formats.outgoing import regions_of, upright
from workbench.tasks import task as task_named

if TYPE_CHECKING:
    from workbench.data.formats.outgoing import Outgoing

_BOXES = "object-detection"
#: The classes in their order, with a color, parts and actions each, as CVAT writes them.
_MAP = "labelmap.txt"
_SPLITS = ("train", "val", "test")
_SIDES = ("xmin", "ymin", "xmax", "ymax")
#: What the XML says of an object that a region has no place for.
_MORE = ("difficult", "truncated", "occluded", "pose")


class Voc(Format):
    """Boxes as LabelImg, CVAT and Label Studio write them: pixels from 0, the right and lower side not included."""

    name: ClassVar[str] = "voc"
    tasks: ClassVar[tuple[str, ...]] = (_BOXES,)
    columns: ClassVar[frozenset[str] | None] = frozenset({"group"})

    def read(self, source: Incoming) -> Contents:
        """Return an item per picture; one without a file of objects has no label."""
        task, folder = self.chosen(source.task), source.folder
        pictures = {path.stem: path for path in files_of(folder, task_named(_BOXES).suffixes)}
        told = sorted(path for path in folder.rglob("*.xml"))
        if not told:
            raise InputError(f"{folder} is not Pascal VOC: it has no XML files.")
        split = {stem: part for part in _SPLITS for stem in _stems(folder / "ImageSets" / "Main" / f"{part}.txt")}
        files = reading.Files(folder)
        items: list[Item | LeftOut] = []
        losses: list[str] = []
        for path in told:
            try:
                picture = pictures.pop(path.stem, None) or files.find(_named(path))
            except InputError as exc:
                items.append(LeftOut(str(path), exc.message))
                continue
            row = {"group": split[path.stem]} if path.stem in split else {}
            items.append(Item(str(path), picture, row=row, label=partial(_label, path, losses)))
        used = {item.file for item in items if isinstance(item, Item)}
        items += [Item(str(path), path) for path in pictures.values() if path not in used]
        return Contents(task, items, _classes(folder / _MAP), losses)

    def write(self, out: Outgoing) -> None:
        """Write the three folders; the parts are those of the column `group`, if it names them."""
        parts: dict[str, list[str]] = {}
        for row in out.rows():
            name = Path(out.place(row, under="JPEGImages")).name
            part = row.get("group")
            parts.setdefault(str(part) if part in _SPLITS else "trainval", []).append(Path(name).stem)
            if row.get(LABEL) is not None:
                out.write(f"Annotations/{Path(name).stem}.xml", _xml(row, name, out))
        out.write(_MAP, "".join(f"{name}:::\n" for name in out.classes()))
        for part, stems in parts.items():
            out.write(f"ImageSets/Main/{part}.txt", "".join(f"{stem}\n" for stem in stems))


def _classes(path: Path) -> list[str]:
    lines = reading.text(path, limit=reading.MAX_SMALL).splitlines() if path.is_file() else []
    return [line.rsplit(":", 3)[0] for line in lines if line.count(":") >= 3 and not line.startswith("#")]


def _stems(path: Path) -> list[str]:
    return [line.split()[0] for line in reading.text(path).splitlines() if line.strip()] if path.is_file() else []


def _named(path: Path) -> str:
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
