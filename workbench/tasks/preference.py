"""Preference: which of two answers to a prompt, or of two pictures, is the better one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from xml.etree.ElementTree import Element

from workbench.core.dataset import MEDIA, TEXT
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.core.task import Result, Shape
from workbench.tasks.answers import chosen, one_of, said, values
from workbench.tasks.config import LABEL, choices, tag, view
from workbench.tasks.modalities import OfPictures, OfTexts, Shown

LEFT, RIGHT, TIE = "left", "right", "tie"
_BOTH = "left,right"
_SIDES = "display:grid;grid-template-columns:1fr 1fr;gap:1em"


class Pair(Shown):
    """The answer is `left`, `right` or `tie`; half a tie agrees with either side."""

    shape: ClassVar[Shape] = "class"
    fixed: ClassVar[tuple[str, ...]] = (LEFT, RIGHT, TIE)
    to: ClassVar[str] = LEFT

    @abstractmethod
    def sides(self) -> list[Element]:
        """Return the elements of the two sides."""

    def labeling_config(self, classes: Sequence[str]) -> str:
        """Return the config: the prompt, both sides to click at, and a box to tick when neither is better."""
        tie = choices([TIE], LEFT, several=True, name=TIE, required=False)
        pair = tag("Pairwise", name=LABEL, toName=_BOTH)
        return view(*self.stage(), pair, tag("View", *self.sides(), style=_SIDES), tie)

    def label_of(self, result: Result, *, row: Row | None = None) -> str | None:
        """Return the side that was clicked at, or `tie`."""
        if TIE in chosen(result):
            return TIE
        sides = [value.get("selected") for value in values(result, "pairwise")]
        return next((str(side) for side in sides if side in (LEFT, RIGHT)), None)

    def result_of(self, label: str, *, row: Row | None = None, score: float | None = None) -> Result:
        """Return the result that says *label*."""
        if label == TIE:
            return [{**said("choices", LEFT, {"choices": [TIE]}, score), "from_name": TIE}]
        return [said("pairwise", LABEL, {"selected": label}, score)]  # as the editor writes it: to itself

    def check(self, label: str, classes: Sequence[str] = (), *, row: Row | None = None) -> str:
        """Return *label*, which is `left`, `right` or `tie`."""
        return one_of(label, self.fixed)

    def likeness(self, one: str, other: str) -> float:
        """Return 1 for the same answer, a half when only one of them is a tie."""
        return 1.0 if one == other else 0.5 if TIE in (one, other) else 0.0


class Preference(OfTexts, Pair):
    """The better of two texts, `text` and `text_b`; `prompt`, if any, is what they answer."""

    name: ClassVar[str] = "preference"
    made_of: ClassVar[tuple[str, ...]] = ("prompt", TEXT, "text_b")
    to: ClassVar[str] = LEFT

    def stage(self) -> list[Element]:
        """Return the prompt."""
        return [tag("Text", name="prompt", value="$prompt", valueType="text")]

    def sides(self) -> list[Element]:
        """Return two texts."""
        return [tag("Text", name=side, value=f"${side}", valueType="text") for side in (LEFT, RIGHT)]

    def shown(self, row: Row, media: Path | None) -> Mapping[str, Any]:
        """Return the prompt and both texts."""
        if row.get("text_b") is None:
            raise InputError(f"Row {row.get('id')!r} has no second text.", hint="It belongs into column 'text_b'.")
        pair = {LEFT: row.get(TEXT) or "", RIGHT: row["text_b"]}
        return {"prompt": row.get("prompt") or "", **pair, "name": super().shown(row, media)["name"]}


class ImagePreference(OfPictures, Pair):
    """The better of two pictures, `media` and `media_b`; `text`, if any, is the prompt that they answer."""

    name: ClassVar[str] = "image-preference"
    made_of: ClassVar[tuple[str, ...]] = (MEDIA, "media_b", TEXT)
    to: ClassVar[str] = LEFT

    def stage(self) -> list[Element]:
        """Return the prompt."""
        return [tag("Text", name="prompt", value="$prompt", valueType="text")]

    def sides(self) -> list[Element]:
        """Return two pictures."""
        return [tag("Image", name=side, value=f"${side}") for side in (LEFT, RIGHT)]

    def shown(self, row: Row, media: Path | None) -> Mapping[str, Any]:
        """Return the prompt and both pictures."""
        other = row.get("media_b")
        if not isinstance(other, Path):
            raise InputError(f"Row {row.get('id')!r} has no second picture.", hint="Its key belongs into column 'media_b'.")
        return {"prompt": row.get(TEXT) or "", LEFT: media, RIGHT: other, "name": super().shown(row, media)["name"]}
