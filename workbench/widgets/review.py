"""The annotator for whoever decides: the items that people disagree on, the most disputed first, with who said what."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from typing import Any, ClassVar

from workbench.core.labeling import Labeling
from workbench.core.ports import Answer
from workbench.labeling.answer import Said
from workbench.labeling.consensus import REVIEW
from workbench.labeling.review import review as disputed
from workbench.labeling.standing import standing
from workbench.widgets.annotate import Annotate
from workbench.widgets.contact_sheet import named
from workbench.widgets.place import in_voila


class Review(Annotate):
    """Like the annotator, with a queue of its own; what is said wins, and what most people said is the suggestion."""

    source: ClassVar[str] = REVIEW

    def __init__(self, labeling: Labeling, *, annotator: str = "", n: int = 500) -> None:
        labeling.ws.assignments.enqueue(f"{labeling.name}/{REVIEW}", disputed(labeling, n=n).ids())
        super().__init__(labeling, annotator=annotator)

    @property
    def queue(self) -> str:
        """Return the name of the queue; no labeling has such a name."""
        return f"{self.labeling.name}/{REVIEW}"

    def _keep(self, said: Said) -> None:
        super()._keep(said)
        # For the queue, which reads from the journal who has done what.
        key = f"{said.annotator}/{said.item}"
        done = Answer(said.item, said.annotator, said.at, [], said.seconds, key, said.source, said.state)
        self.labeling.ws.journal.write(self.queue, [done])

    def _exhibits(self, ids: Sequence[str]) -> tuple[list[dict[str, Any]], list[bytes]]:
        items, buffers = super()._exhibits(ids)
        if not items:
            return items, buffers
        now = standing(self.labeling)
        for item in items:
            item["prediction"], item["score"] = now.verdict.labels.get(item["id"], (None, None))
            item["prediction_by"] = "the annotators"
            item["votes"] = [[vote.annotator, named(vote.label)] for vote in now.given.get(item["id"], ())]
        return items, buffers


def review(labeling: Labeling, *, annotator: str = "", n: int = 500) -> Review:
    """Return the annotator of up to *n* disputed items of *labeling*.

    Args:
        labeling: What several people have labeled.
        annotator: Who decides; by default the user of this kernel. In Voila each visitor gives a name.
        n: How many items at most, the most disputed first.
    """
    return Review(labeling, annotator=annotator or ("" if in_voila() else getpass.getuser()), n=n)
