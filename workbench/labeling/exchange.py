"""The actions `push` and `pull`: items go to the annotators, labels come back as the next version of the dataset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from workbench.core import refs
from workbench.core.dataset import (
    EMBEDDING,
    ID,
    LABEL,
    LABEL_AT,
    LABEL_BY,
    LABEL_NAMES,
    MEDIA,
    PREDICTION,
    PREDICTION_BY,
    REVIEWED_BY,
    SCORE,
    TAGS,
    TEXT,
    THUMB,
    Dataset,
    commit,
)
from workbench.core.errors import InputError
from workbench.core.labeling import Labeling, LabelingInfo
from workbench.core.ports import Answer, LabelTask, Row
from workbench.core.task import Task
from workbench.labeling import consensus, gold, projects
from workbench.store.locks import locked
from workbench.tasks import shown
from workbench.tasks import task as find_task

#: What no labeling config shows, and what would only make a million rows heavy.
_UNSEEN = (THUMB, EMBEDDING, TAGS)
#: Another exchange of the same labeling may be moving a hundred thousand items.
_PATIENCE_S = 600.0


def push(labeling: Labeling, data: Dataset) -> Labeling:
    """Add the items of *data* that the labeling lacks, with their predictions as pre-labels, and return the labeling.

    Raises `InputError` when *data* has nothing to show, `ExternalError` when no server answers.
    """
    ws, info = labeling.ws, labeling.info()
    task = find_task(info.task)
    _check_shown(data, task)
    # Two pushes at once would each find the same items missing, and each add them.
    with _alone(labeling):
        fields = ws.records.get("labeling", labeling.name).fields
        sources = dict.fromkeys([*fields["sources"], data.ref])
        others = [ref for ref in fields.get("unsent", ()) if ref != data.ref]
        # Before the items go: an answer to an item whose row nobody remembers could not be pulled.
        ws.records.update("labeling", labeling.name, sources=[*sources], unsent=[*others, data.ref])
        n_new = gold.enqueue(labeling, data.ids())
        if info.place == "studio":
            n_new = projects.push(labeling, list(_items(data, task, info.classes)))
        ws.records.update("labeling", labeling.name, unsent=others)
        _refresh(labeling, info.n_labeled, len(_truth(labeling, info)))
    ws.events.emit("push", labeling.ref, n_new=n_new, n_items=data.n_items)
    return labeling


def unsent(labeling: Labeling) -> list[Dataset]:
    """Return what a push that was cut off had to send: its items count as asked, and some may be nowhere."""
    return [labeling.ws.dataset(ref) for ref in labeling.ws.records.get("labeling", labeling.name).fields.get("unsent", ())]


def pull(labeling: Labeling) -> Dataset:
    """Return the next version of the dataset, with every label given so far; the same labels make no new version.

    Answers are kept in the journal as they come; labels are made of all that is there, and written as one version. A
    server that goes away in between leaves the dataset as it was, and the answers where they are. Rows of items that were
    pushed from another dataset are taken over. Raises `ExternalError` (retryable) when the server does not answer.
    """
    ws, info = labeling.ws, labeling.info()
    name = refs.parse(info.dataset).name
    with _alone(labeling):
        if info.place == "studio":
            projects.pull(labeling)
        answers = ws.journal.answers(labeling.name)[1]
        truth = _truth(labeling, info)
        labels = _labels(labeling, info, answers, truth)
        data = ws.dataset(name)
        rows = [*_known(data, labels, answers), *_taken_over(labeling, data, labels)]
        if rows:
            note = f"labels of {labeling.ref}"
            data = commit(ws, name, rows, task=info.task, classes=info.classes, note=note, verb="pull", inputs=[labeling.ref])
        _refresh(labeling, len(labels), len(truth))
    ws.events.emit("pull", labeling.ref, n_answers=len(answers), n_labels=len(labels), dataset=data.ref)
    return data


def sync(labeling: Labeling) -> int:
    """Bring what was said in Label Studio into the journal and the counts up to date; return how many answers were news."""
    with _alone(labeling):
        n_news = projects.pull(labeling)
        info = labeling.info()
        truth = _truth(labeling, info)
        answers = labeling.ws.journal.answers(labeling.name)[1]
        _refresh(labeling, len({a.id for a in answers if a.state == "given"} - set(truth)), len(truth))
    return n_news


def _alone(labeling: Labeling) -> AbstractContextManager[None]:
    return locked(labeling.ws.root / "labels" / f"{labeling.name}.lock", timeout_s=_PATIENCE_S)


def _check_shown(data: Dataset, task: Task) -> None:
    if task.suffixes and not {MEDIA, TEXT} & set(data.columns):
        raise InputError(
            f"Dataset {data.name}@{data.version} has no column {MEDIA!r} to show.", hint="Make it with wb.ingest()."
        )


def _items(data: Dataset, task: Task, classes: tuple[str, ...]) -> Iterator[LabelTask]:
    for row in data.rows([column for column in data.columns if column not in _UNSEEN]):
        yield LabelTask(str(row[ID]), shown(task, data, row), guessed(row, task, classes))


def guessed(row: Row, task: Task, classes: tuple[str, ...]) -> Mapping[str, Any] | None:
    """Return the prediction of a row as Label Studio takes it; None when there is none that an annotator could choose."""
    guess = row.get(PREDICTION)
    if guess is None:
        return None
    score = None if row.get(SCORE) is None else float(row[SCORE])
    try:
        result = list(task.result_of(task.check(str(guess), classes, row=row), row=row, score=score))
    except InputError:
        return None
    told = {"result": result, "model_version": row.get(PREDICTION_BY) or "unknown"}
    return told if score is None else {**told, "score": score}


def _truth(labeling: Labeling, info: LabelingInfo) -> dict[str, str]:
    rows = labeling.ws.dataset(info.gold).rows([ID, LABEL]) if info.gold else []
    return {str(row[ID]): str(row[LABEL]) for row in rows if row.get(LABEL) is not None}


def _labels(labeling: Labeling, info: LabelingInfo, answers: Sequence[Answer], truth: Mapping[str, str]) -> dict[str, Row]:
    """Return what is to be written into the row of each item; those whose label is known keep it."""
    task = find_task(info.task)
    said = {a.id for a in answers if a.state == "given"}
    rows = rows_of(labeling, said) if task.shape != "class" else {}
    found = consensus.labels(task, answers, how=info.aggregate, rows=rows, truth=truth)
    found = {id: row for id, row in found.items() if id not in truth}
    if task.shape in ("classes", "regions"):
        found = {id: row | {LABEL_NAMES: list(task.names_in(row[LABEL]))} for id, row in found.items()}
    # A column in which nobody says anything is left out: one person's answers agree with nobody's.
    used = {column for row in found.values() for column, value in row.items() if value is not None}
    return {id: {column: row.get(column) for column in used} for id, row in found.items()}


def _known(data: Dataset, labels: Mapping[str, Row], answers: Sequence[Answer]) -> list[Row]:
    """Return the rows to write of items that the dataset has, in its order; a label that was taken back is emptied."""
    gone = {a.id: a for a in answers if a.state == "withdrawn" and a.id not in labels}
    current = {str(row[ID]): row for row in data.rows([ID, LABEL, LABEL_BY])} if gone else {}
    emptied = {
        id: {ID: id, **{c: None for c in (LABEL, LABEL_BY, LABEL_AT, LABEL_NAMES, REVIEWED_BY) if c in data.columns}}
        for id, answer in gone.items()
        if id in current and current[id].get(LABEL_BY) and answer.annotator in str(current[id][LABEL_BY]).split(", ")
    }
    return [row for id in data.ids() if (row := labels.get(id) or emptied.get(id))]


def _taken_over(labeling: Labeling, data: Dataset, labels: Mapping[str, Row]) -> list[Row]:
    """Return the rows of labeled items that the dataset lacks, from the datasets they were pushed from."""
    missing = set(labels) - set(data.ids())
    return [row | labels[id] for id, row in rows_of(labeling, missing).items()] if missing else []


def rows_of(labeling: Labeling, ids: set[str]) -> dict[str, Row]:
    """Return the rows of items that were pushed, as they are in the dataset that was pushed last."""
    found: dict[str, Row] = {}
    for ref in reversed(labeling.ws.records.get("labeling", labeling.name).fields["sources"]):
        source = labeling.ws.dataset(ref)
        there = [id for id in source.ids() if id in ids and id not in found]
        rows = source.ws.tables.read(source.name, source.version, ids=there) if there else []
        found |= {str(row[ID]): row for row in rows}
        if len(found) == len(ids):
            break
    return found


def _refresh(labeling: Labeling, n_labeled: int, n_known: int) -> None:
    ws = labeling.ws
    progress = ws.assignments.progress(labeling.name)
    state = "done" if progress["items"] and progress["done"] >= progress["items"] else "open"
    n_items, n_answers = progress["items"] - n_known, progress["answers"]
    ws.records.update("labeling", labeling.name, state=state, n_items=n_items, n_labeled=n_labeled, n_answers=n_answers)
    ws.events.emit("labeling", labeling.ref, state=state, n_items=n_items, n_labeled=n_labeled)
