"""Audio event detection: from when to when something is heard in a recording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from workbench.core.errors import InputError
from workbench.core.labels import S_DIGITS
from workbench.core.ports import Row
from workbench.ops import shapes
from workbench.tasks.modalities import OfSounds
from workbench.tasks.regions import Region, Regions, numbers

#: Decoders do not agree to the last block on how long a recording is.
_SLACK_S = 0.1


class AudioEventDetection(OfSounds, Regions):
    """A region has `start` and `end`, in seconds."""

    name: ClassVar[str] = "audio-event-detection"
    key: ClassVar[str] = "start"
    tool: ClassVar[str] = "Labels"
    kind: ClassVar[str] = "labels"

    def place(self, region: Region, row: Row | None) -> Region:
        """Return the stretch, within the recording."""
        start, end = numbers((region["start"], region["end"]), digits=S_DIGITS)
        seconds = (row or {}).get("seconds")
        if seconds and end <= seconds + _SLACK_S:
            end = min(end, round(seconds, S_DIGITS))
        if not 0 <= start < end or (seconds and end > seconds):
            length = f" of {seconds:g} s" if seconds else ""
            raise InputError(f"From {start:g} s to {end:g} s is no stretch of a recording{length}.")
        return {"start": start, "end": end}

    def order(self, region: Region) -> Any:
        """Return the start, then the end."""
        return region["start"], region["end"], region["label"]

    def to_studio(self, region: Region, row: Row | None) -> tuple[Region, Region]:
        """Return the stretch, on the first channel, where the editor puts what is marked on all."""
        seconds = (row or {}).get("seconds")
        beside = {"original_length": seconds} if seconds else {}
        return {"start": region["start"], "end": region["end"], "channel": 0}, beside

    def from_studio(self, marked: Mapping[str, Any], row: Row | None) -> Region:
        """Return the stretch."""
        return {"start": max(float(marked["value"]["start"]), 0.0), "end": marked["value"]["end"]}

    def overlap(self, one: Region, other: Region) -> float:
        """Return the time that both cover, over the time that either does."""
        return shapes.span_iou((one["start"], one["end"]), (other["start"], other["end"]))
