"""Ranking: candidates in order, the best one first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from xml.etree.ElementTree import Element

from workbench.core import labels
from workbench.core.dataset import TEXT
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.core.task import Result, Shape
from workbench.ops import likeness
from workbench.tasks.answers import said, values
from workbench.tasks.config import LABEL, tag, view
from workbench.tasks.modalities import OfTexts

_LIST = "candidates"


class Ranking(OfTexts):
    """All `candidates` of a row (a list of texts) in order; `text`, if any, is the prompt that they answer."""

    name: ClassVar[str] = "ranking"
    made_of: ClassVar[tuple[str, ...]] = (TEXT, _LIST)
    shape: ClassVar[Shape] = "order"
    to: ClassVar[str] = _LIST

    def stage(self) -> list[Element]:
        """Return the prompt and the candidates."""
        return [
            tag("Text", name="prompt", value="$prompt", valueType="text"),
            tag("List", name=_LIST, value=f"${_LIST}", title="Best first"),
        ]

    def labeling_config(self, classes: Sequence[str]) -> str:
        """Return the config: the prompt, and the candidates to drag into order."""
        return view(*self.stage(), tag("Ranker", name=LABEL, toName=_LIST))

    def shown(self, row: Row, media: Path | None) -> Mapping[str, Any]:
        """Return the prompt and the candidates; each is its own id, which the editor shows."""
        texts = _candidates(row)
        prompt = {"prompt": row.get(TEXT) or "", "name": super().shown(row, media)["name"]}
        return {**prompt, _LIST: [{"id": text} for text in texts]}

    def label_of(self, result: Result, *, row: Row | None = None) -> str | None:
        """Return the candidates in their order."""
        for value in values(result, "ranker"):
            ranked = value.get("ranker") or {}
            # The one list that a ranker without buckets makes has the ranker's name.
            texts = next(iter(ranked.values()), []) if isinstance(ranked, Mapping) else ranked
            return self.check(labels.dumps([str(text) for text in texts]), row=row)
        return None

    def result_of(self, label: str, *, row: Row | None = None, score: float | None = None) -> Result:
        """Return the result that says *label*."""
        return [said("ranker", _LIST, {"ranker": {LABEL: labels.loads(label)}}, score)]

    def check(self, label: str, classes: Sequence[str] = (), *, row: Row | None = None) -> str:
        """Return the order; raise `InputError` unless every candidate of *row* is in it once."""
        texts = labels.loads(label, what="An order")
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            raise InputError(f"An order is a list of texts, got {label!r:.80}.", hint='Write ["the best", "the other"].')
        if len(set(texts)) < len(texts):
            raise InputError(f"An order has each candidate once, got {label!r:.80}.")
        if row and row.get(_LIST) is not None and sorted(_candidates(row)) != sorted(texts):
            raise InputError(f"An order has all {len(row[_LIST])} candidates and no other, got {label!r:.80}.")
        return labels.dumps(texts)

    def names_in(self, label: str) -> tuple[str, ...]:
        """Return nothing: an order has no classes."""
        return ()

    def likeness(self, one: str, other: str) -> float:
        """Return the share of pairs that stand in the same order in both."""
        return likeness.concordance(labels.loads(one), labels.loads(other))


def _candidates(row: Row) -> list[str]:
    texts = [str(text) for text in row.get(_LIST) or ()]
    if len(set(texts)) < max(len(texts), 2):
        raise InputError(f"Row {row.get('id')!r} has no two different candidates.", hint=f"They belong into column {_LIST!r}.")
    return texts
