"""The action `answer`: one person's answer to one item."""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from workbench.core.errors import InputError
from workbench.core.labeling import Labeling
from workbench.core.ports import Answer
from workbench.labeling.consensus import REVIEW
from workbench.labeling.items import rows
from workbench.tasks import task as find_task

State = Literal["given", "skipped", "withdrawn"]


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a person says of an item; `label` as the task has it, '' when there is none to give."""

    item: str
    label: str = ""
    annotator: str
    at: str
    seconds: float = 0.0
    source: str = "cell"
    state: State = "given"


def answer(
    labeling: Labeling,
    item: str,
    label: str,
    *,
    annotator: str = "",
    seconds: float = 0.0,
    source: str = "cell",
    state: State = "given",
) -> Labeling:
    """Keep an answer in the journal and return the labeling; a later answer of the same person replaces the earlier.

    Args:
        labeling: Where the item was pushed to.
        item: The id of the sample.
        label: A label as the task has it: a class, a text, or JSON.
        annotator: Who says so; by default the user of this process.
        seconds: How long it took them.
        source: Where it was said, such as "cell" or "vendor"; "review" ends every dispute.
        state: "skipped" when the person cannot tell, "withdrawn" to take an answer back; then *label* is ''.

    Raises:
        InputError: the label is none of this task and these classes, or the person is not one of the annotators.
        NotFoundError: the item is not in the labeling.
    """
    who = annotator or getpass.getuser()
    said = Said(item=item, label=label, annotator=who, at=labeling.ws.now(), seconds=seconds, source=source, state=state)
    return keep(labeling, [said])


def keep(labeling: Labeling, said: Iterable[Said]) -> Labeling:
    """Keep several answers in one transaction; one that is refused keeps none."""
    ws, info = labeling.ws, labeling.info()
    given = list(said)
    task, found = find_task(info.task), rows(labeling, [each.item for each in given])
    answers = []
    for each in given:
        if each.source != REVIEW:
            check_annotator(each.annotator, info.annotators)
        row = found[each.item][1]
        label = task.check(each.label, info.classes, row=row) if each.state == "given" else ""
        result = task.result_of(label, row=row) if each.state == "given" else []
        said_by = each.annotator if each.source == "cell" else f"{each.source}:{each.annotator}"
        key = f"{said_by}/{each.item}"  # a person's review does not replace what they said before
        answers.append(Answer(each.item, each.annotator, each.at, result, each.seconds, key, each.source, each.state))
    ws.journal.write(labeling.name, answers)
    progress = ws.assignments.progress(labeling.name)
    state = "done" if progress["items"] and progress["done"] >= progress["items"] else "open"
    ws.records.update("labeling", labeling.name, state=state, n_answers=progress["answers"], n_labeled=progress["done"])
    ws.events.emit("labeling", labeling.ref, state=state, n_items=progress["items"], n_labeled=progress["done"])
    return labeling


def check_annotator(annotator: str, known: tuple[str, ...]) -> None:
    """Refuse who is not one of the annotators that a labeling names, if it names any."""
    if known and annotator not in known:
        raise InputError(f"{annotator!r} is not one of the annotators.", hint=f"Annotators: {', '.join(known)}.")
