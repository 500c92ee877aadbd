"""Where a labeling stands: its answers as votes, what is known of its items, and what the answers come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.core.labeling import Labeling, LabelingInfo
from workbench.core.ports import Answer
from workbench.core.task import Task
from workbench.labeling import gold
from workbench.labeling.consensus import METHODS, Verdict, Vote, votes, without_reviews
from workbench.labeling.items import rows
from workbench.tasks import task as find_task


@dataclass(frozen=True)
class Standing:
    """One moment of a labeling; `found` are all votes by item, `given` those that are no reviews."""

    info: LabelingInfo
    task: Task
    answers: Sequence[Answer]
    truth: Mapping[str, str]
    found: Mapping[str, Sequence[Vote]]
    given: Mapping[str, Sequence[Vote]]
    verdict: Verdict


def standing(labeling: Labeling) -> Standing:
    """Return where *labeling* stands by what is in its journal now."""
    info = labeling.info()
    task, truth = find_task(info.task), gold.truth(labeling)
    answers = labeling.ws.journal.answers(labeling.name)[1]
    # Names are read without their rows; regions in percent need the size of the picture.
    said = () if task.shape == "class" else sorted({answer.id for answer in answers})
    found = votes(task, answers, rows={id: row for id, (_, row) in rows(labeling, said).items()})
    given = without_reviews(found)
    verdict = METHODS[info.aggregate](task, given, truth) if given else Verdict({}, {})
    return Standing(info, task, answers, truth, found, given, verdict)
