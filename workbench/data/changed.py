"""Rows as steps change them: read, changed, and written as rows of a dataset of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from typing import Any

from workbench.core import labels
from workbench.core.dataset import EMBEDDING, ID, LABEL, MEDIA, NAME, PREDICTION, PREDICTION_BY, SCORE, TEXT, THUMB, Dataset
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.core.task import Task
from workbench.tasks import task as task_named
from workbench.transforms import content
from workbench.transforms.sample import Sample

#: What was true of the content before it changed.
_STALE = (EMBEDDING, PREDICTION, PREDICTION_BY, SCORE, THUMB)
_AT_ONCE = 256

Change = Callable[[Sample, str], Sample]


def changed(data: Dataset, change: Change, *, verb: str, copies: int = 1) -> Iterator[Row]:
    """Yield each row of *data* as *change*, which is told its id, and the number of the copy after a slash, makes it."""
    task = task_of(data)
    for start in range(0, data.n_items, _AT_ONCE):
        for row in data.rows(offset=start, limit=_AT_ONCE):
            sample = sample_of(data, row, task)
            for copy in range(1, copies + 1):
                key = f"{row[ID]}/{copy}" if copies > 1 else str(row[ID])
                yield _row(data, row, task, change(sample, key), key)
        done = min(data.n_items, start + _AT_ONCE)
        data.ws.events.emit("progress", f"dataset:{data.name}", verb=verb, done=done, total=data.n_items)


def task_of(data: Dataset) -> Task:
    """Return the task of *data*; raise `InputError` when it has none."""
    if not data.task:
        raise InputError(f"{data.ref} has no task, so nobody knows what is in its rows.", hint="Ingest it with task=.")
    return task_named(data.task)


def sample_of(data: Dataset, row: Row, task: Task) -> Sample:
    """Return a row decoded; raise `InputError` that names it when it cannot be."""
    label = row.get(LABEL)
    regions = labels.loads(label) if label and task.shape == "regions" else []
    regions = regions["spans"] if isinstance(regions, Mapping) else regions
    try:
        item = task.read(_source(data, row, task))
    except InputError as exc:
        raise InputError(f"Item {row[ID]} of {data.ref}: {exc.message}", hint=exc.hint) from exc
    return Sample(content.opened(task.modality, item), tuple(regions), label or "", row)


def _source(data: Dataset, row: Row, task: Task) -> Any:
    if task.modality == "table":
        return row
    if task.modality == "text":
        return row.get(TEXT) or ""
    return data.media(row)


def _row(data: Dataset, row: Row, task: Task, sample: Sample, key: str) -> Row:
    made = {name: value for name, value in sample.row.items() if value is not None and name not in _STALE}
    if task.shape == "regions" and row.get(LABEL) is not None:
        made[LABEL] = labels.dumps(list(sample.regions))
    if task.modality == "table":
        return {**made, **sample.content}
    if task.modality == "text":
        if isinstance(sample.content, str):
            made[TEXT] = sample.content
        else:
            made["word_ids"] = [int(number) for number in sample.content]
        return {**made, ID: _id(key, str(sample.content).encode())}
    bytes_, suffix = content.encoded(task.modality, sample.content)
    made[MEDIA] = data.ws.blobs.put(bytes_, suffix=suffix)
    made[NAME] = f"{PurePath(str(row.get(NAME) or row[ID])).stem}-{key.partition('/')[2] or 1}{suffix}"
    return {**made, **task.describe(data.ws.blobs.path(made[MEDIA])), ID: _id(key, bytes_)}


def _id(key: str, what: bytes) -> str:
    """Return the id of changed content: two items that became alike stay two."""
    return hashlib.sha256(key.encode() + b"\0" + what).hexdigest()[:16]
