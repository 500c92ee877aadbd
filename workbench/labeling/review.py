"""The action `review`: the items that one more look would help most."""

from __future__ import annotations

from workbench.core.dataset import Dataset
from workbench.core.errors import InputError
from workbench.core.labeling import Labeling
from workbench.labeling.consensus import REVIEW, agreement
from workbench.labeling.standing import standing


def review(labeling: Labeling, *, n: int = 50, below: float = 1.0) -> Dataset:
    """Return up to *n* items whose annotators disagree and that nobody has reviewed, the least certain first.

    What a reviewer says, by `labeling.answer(item, label, source="review")`, wins whatever the consensus, and `pull`
    writes who it was into `reviewed_by`.

    Args:
        labeling: Whose answers are looked at.
        n: How many items at most.
        below: Items on which people agree less than this, 0 to 1, are disputed.
    """
    if n < 1:
        raise InputError(f"`n` must be at least 1, got {n}.")
    data, now = labeling.ws.dataset(labeling.info().dataset), standing(labeling)
    there, disputed = set(data.ids()), []
    for item, said in now.found.items():
        level = agreement(now.task, said)
        is_open = item in there and item not in now.truth and all(vote.source != REVIEW for vote in said)
        if is_open and level is not None and level < below:
            disputed.append((now.verdict.labels[item][1], level, item))
    return data.select([item for _, _, item in sorted(disputed)[:n]])
