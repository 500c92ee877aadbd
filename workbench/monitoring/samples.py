"""The inputs that a service has kept, as a dataset: production samples on their way to an annotator."""

from __future__ import annotations

from collections.abc import Sequence

from workbench import tasks
from workbench.core.dataset import ID, LABEL, MEDIA, PREDICTION, PREDICTION_BY, SCORE, Dataset, commit
from workbench.core.ports import Row
from workbench.core.service import Service
from workbench.core.task import Task
from workbench.store.requests import Request, RequestLog

_PREDICTED = (PREDICTION, PREDICTION_BY, SCORE)


def collect(
    service: Service, log: RequestLog, requests: Sequence[Request], *, task: str, classes: Sequence[str]
) -> Dataset | None:
    """Return the kept inputs of *requests* as rows of `<service>-traffic`, None when none was kept.

    An input that came several times is one row, with its newest prediction; a label that it has got stays.
    """
    newest = {r.media: r for r in requests if r.media is not None and log.media(r.media).is_file()}
    if not newest:
        return None
    ws, name = service.ws, f"{service.name}-traffic"
    data = ws.dataset(name) if name in ws.tables.names() else None
    known = {str(row[ID]): row for row in data.rows([ID, LABEL, *_PREDICTED])} if data else {}
    kind = tasks.task(task)
    fresh = [row for key, r in newest.items() if (row := _row(service, kind, log, key, r, known)) is not None]
    if fresh or data is None:
        data = commit(ws, name, fresh, task=task, classes=classes, note=f"traffic of {service.ref}")
    return data.select([key[:16] for key in newest])


def _row(service: Service, kind: Task, log: RequestLog, key: str, request: Request, known: dict[str, Row]) -> Row | None:
    predicted: Row = {PREDICTION: request.label, PREDICTION_BY: request.model, SCORE: request.score}
    before = known.get(key[:16])
    if before is not None and all(before.get(column) == predicted[column] for column in _PREDICTED):
        return None
    path = log.media(key)
    stored = service.ws.blobs.put(path.read_bytes())
    row = {ID: key[:16], MEDIA: stored, "name": f"{request.id}", "group": service.name, **kind.describe(path), **predicted}
    return row | {LABEL: before[LABEL]} if before is not None and before.get(LABEL) is not None else row
