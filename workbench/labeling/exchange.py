"""The actions `push` and `pull`: items go to the annotators, labels come back as the next version of the dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.core import refs
from workbench.core.dataset import ID, LABEL, LABEL_AT, LABEL_BY, MEDIA, PREDICTION, PREDICTION_BY, SCORE, Dataset, commit
from workbench.core.errors import InputError
from workbench.core.labeling import Labeling
from workbench.core.ports import Answer, LabelTask, Row
from workbench.core.task import Task
from workbench.store.locks import locked
from workbench.tasks import task as find_task

_SHOWN = "name"


def push(labeling: Labeling, data: Dataset) -> Labeling:
    """Add the items of *data* that the labeling lacks, with their predictions as pre-labels, and return the labeling.

    Raises `InputError` when *data* has no media to show, `ExternalError` when no server answers.
    """
    ws, info = labeling.ws, labeling.info()
    if MEDIA not in data.columns:
        raise InputError(
            f"Dataset {data.name}@{data.version} has no column {MEDIA!r} to show.", hint="Make it with wb.ingest()."
        )
    task = find_task(info.task)
    items = [_item(data, row, task, info.classes) for row in data.rows([ID, MEDIA, _SHOWN, PREDICTION, PREDICTION_BY, SCORE])]
    # Two pushes at once would each find the same items missing, and each add them.
    with locked(ws.root / "labels" / f"{labeling.name}.lock", timeout_s=600):
        sources = list(ws.records.get("labeling", labeling.name).fields["sources"])
        if data.ref not in sources:
            # Before the items go: an answer to an item whose row nobody remembers could not be pulled.
            ws.records.update("labeling", labeling.name, sources=[*sources, data.ref])
        n_new = ws.labeler.push(info.project, items)
    _refresh(labeling)
    ws.events.emit("push", labeling.ref, n_new=n_new, n_items=data.n_items)
    return labeling


def pull(labeling: Labeling) -> Dataset:
    """Return the next version of the dataset, with every label given so far; the same labels make no new version.

    Rows of items that were pushed from another dataset are taken over. All answers are read before anything is written,
    and written as one version: a server that goes away in between leaves the dataset as it was, and the answers where
    they are. Raises `ExternalError` (retryable) then.
    """
    ws, info = labeling.ws, labeling.info()
    task, name = find_task(info.task), refs.parse(info.dataset).name
    answers = ws.labeler.pull(info.project)
    labels = {answer.id: _label(answer, said) for answer, said in newest(answers, task)}
    data = ws.dataset(name)
    rows = [*_known(data, labels), *_taken_over(labeling, data, labels)]
    if rows:
        data = commit(ws, name, rows, task=info.task, classes=info.classes, note=f"labels of {labeling.ref}")
    _refresh(labeling)
    ws.events.emit("pull", labeling.ref, n_answers=len(answers), n_labels=len(rows), dataset=data.ref)
    return data


def newest(answers: Iterable[Answer], task: Task) -> list[tuple[Answer, str]]:
    """Return one answer per item with the label it gives: the one given last; skipped items have none."""
    chosen: dict[str, tuple[Answer, str]] = {}
    for answer in sorted(answers, key=lambda a: a.at):
        said = task.label_of(answer.result)
        if said is not None:
            chosen[answer.id] = (answer, said)
    return list(chosen.values())


def _item(data: Dataset, row: Row, task: Task, classes: tuple[str, ...]) -> LabelTask:
    shown = {task.modality: data.media(row), _SHOWN: row.get(_SHOWN) or row[ID]}
    guess = row.get(PREDICTION)
    if guess is None or guess not in classes:
        return LabelTask(str(row[ID]), shown)
    score = None if row.get(SCORE) is None else float(row[SCORE])
    prediction = {"result": list(task.result_of(guess, score=score)), "model_version": row.get(PREDICTION_BY) or "unknown"}
    return LabelTask(str(row[ID]), shown, prediction if score is None else {**prediction, "score": score})


def _label(answer: Answer, said: str) -> Row:
    return {ID: answer.id, LABEL: said, LABEL_BY: answer.annotator, LABEL_AT: answer.at}


def _known(data: Dataset, labels: Mapping[str, Row]) -> list[Row]:
    return [labels[id] for id in data.ids() if id in labels]


def _taken_over(labeling: Labeling, data: Dataset, labels: Mapping[str, Row]) -> list[Row]:
    """Return the rows of labeled items that the dataset lacks, from the datasets they were pushed from."""
    missing = set(labels) - set(data.ids())
    found: dict[str, Row] = {}
    for ref in reversed(labeling.ws.records.get("labeling", labeling.name).fields["sources"]):
        if not missing - set(found):
            break
        source = labeling.ws.dataset(ref)
        there = [id for id in source.ids() if id in missing and id not in found]
        rows = source.ws.tables.read(source.name, source.version, ids=there) if there else []
        found |= {str(row[ID]): row | labels[str(row[ID])] for row in rows}
    return list(found.values())


def _refresh(labeling: Labeling) -> None:
    ws, project = labeling.ws, labeling.info().project
    n_items, n_labeled = ws.labeler.counts(project)
    state = "done" if n_items and n_labeled >= n_items else "open"
    url = ws.labeler.url(project)
    ws.records.update("labeling", labeling.name, state=state, n_items=n_items, n_labeled=n_labeled, url=url)
    ws.events.emit("labeling", labeling.ref, state=state, n_items=n_items, n_labeled=n_labeled)
