"""Labeling configs of Label Studio: XML that is built, never pasted together, so that a class may have any name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, indent, tostring

#: The name of the control that makes the label, in every config; the annotator's result carries it.
LABEL = "label"

#: What the editor takes for the name of a field of the item's data, wherever it stands.
_FIELD = re.compile(r"\$(?=[\w\[\].{}])", re.ASCII)


def tag(kind: str, *children: Element, **attributes: str) -> Element:
    """Return an element; attribute names are Label Studio's own."""
    made = Element(kind, attributes)
    made.extend(children)
    return made


def view(*parts: Element) -> str:
    """Return the config that shows *parts* from top to bottom."""
    whole = tag("View", *parts)
    indent(whole)
    return tostring(whole, encoding="unicode")


def choices(classes: Iterable[str], to: str, *, several: bool = False, name: str = LABEL, required: bool = True) -> Element:
    """Return one button per class."""
    return tag(
        "Choices",
        *(_named("Choice", each) for each in classes),
        name=name,
        toName=to,
        choice="multiple" if several else "single-radio",
        showInline="true",
        required="true" if required else "false",
    )


def marks(kind: str, classes: Sequence[str], to: str, **attributes: str) -> Element:
    """Return the tool that marks regions, such as `RectangleLabels`, with one label per class."""
    return tag(kind, *(_named("Label", each) for each in classes), name=LABEL, toName=to, **attributes)


def writing(to: str, *, rows: int = 4) -> Element:
    """Return a field to write in: one text, which may be changed."""
    return tag("TextArea", name=LABEL, toName=to, rows=str(rows), maxSubmissions="1", editable="true", required="true")


def _named(kind: str, name: str) -> Element:
    """Return what stands for a class; one such as `US$5` is shown with a space of no width, so that it is no field."""
    shown = _FIELD.sub("$\u200b", name)
    return tag(kind, value=name) if shown == name else tag(kind, value=shown, alias=name)
