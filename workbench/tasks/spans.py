"""Stretches of a text: their check, their order, and how Label Studio counts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from workbench.core.dataset import TEXT
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.ops import shapes
from workbench.tasks.modalities import OfTexts
from workbench.tasks.regions import Region, Regions


class Spans(OfTexts, Regions):
    """Regions of a text: `start` and `end` in characters (code points), the end excluded."""

    key: ClassVar[str] = "start"
    tool: ClassVar[str] = "Labels"
    kind: ClassVar[str] = "labels"

    def place(self, region: Region, row: Row | None) -> Region:
        """Return the stretch, within the text."""
        start, end = int(region["start"]), int(region["end"])
        length = len(row[TEXT]) if row and row.get(TEXT) is not None else end
        if (start, end) != (region["start"], region["end"]) or not 0 <= start < end <= length:
            raise InputError(f"Characters {region['start']} to {region['end']} are no stretch of a text of {length:,}.")
        return {"start": start, "end": end}

    def order(self, region: Region) -> Any:
        """Return the start, then the end."""
        return region["start"], region["end"], region["label"]

    def to_studio(self, region: Region, row: Row | None) -> tuple[Region, Region]:
        """Return the stretch, with its text where the row has it."""
        value = {"start": region["start"], "end": region["end"]}
        if row and row.get(TEXT) is not None:
            value["text"] = row[TEXT][region["start"] : region["end"]]
        return value, {}

    def from_studio(self, marked: Mapping[str, Any], row: Row | None) -> Region:
        """Return the stretch; where its text shows that something else than code points was counted, these."""
        value = marked["value"]
        start, end = int(value["start"]), int(value["end"])
        text, told = (row or {}).get(TEXT), value.get("text")
        is_other = text and told and (end > len(text) or text[start:end] != told)
        if is_other and (found := _by_utf16(str(text), start, end, told)):
            start, end = found
        return {"start": start, "end": end}

    def overlap(self, one: Region, other: Region) -> float:
        """Return the characters that both cover, over those that either does."""
        return shapes.span_iou((one["start"], one["end"]), (other["start"], other["end"]))


def _by_utf16(text: str, start: int, end: int, told: str) -> tuple[int, int] | None:
    """Return a stretch counted in UTF-16 units, as JavaScript counts, in code points; None when *told* is not there."""
    units = text.encode("utf-16-le", "surrogatepass")
    first, last = (len(units[: n * 2].decode("utf-16-le", "replace")) for n in (start, end))
    return (first, last) if text[first:last] == told else None
