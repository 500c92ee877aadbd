"""The inputs that a service has kept, as a dataset: production samples on their way to an annotator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench import tasks
from workbench.core.dataset import ID, LABEL, LABEL_AT, LABEL_BY, MEDIA, PREDICTION, PREDICTION_BY, SCORE, Dataset, commit
from workbench.core.ports import Row
from workbench.core.service import Service
from workbench.core.workspace import Workspace
from workbench.store.requests import Request, RequestLog

_LABELED = (LABEL, LABEL_BY, LABEL_AT)
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
    known = {str(row[ID]): row for row in data.rows([ID, *_LABELED, *_PREDICTED])} if data else {}
    kind = tasks.task(task)
    fresh: list[Row] = []
    for key, request in newest.items():
        before = known.get(key[:16], {})
        predicted: Row = {PREDICTION: request.label, PREDICTION_BY: request.model, SCORE: request.score}
        if any(before.get(column) != predicted[column] for column in _PREDICTED):
            path = log.media(key)
            row = {ID: key[:16], MEDIA: _stored(ws, path), "name": request.id, "group": service.name}
            labeled = {column: before[column] for column in _LABELED if before.get(column) is not None}
            fresh.append(row | kind.describe(path) | predicted | labeled)
    if fresh or data is None:
        data = commit(ws, name, fresh, task=task, classes=classes, note=f"traffic of {service.ref}")
    return data.select([key[:16] for key in newest])


#: How files of these kinds begin; a browser that shows one wants its kind in the name.
_BEGINNINGS = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"GIF8", ".gif"),
    (b"BM", ".bmp"),
    (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"),
)


def _stored(ws: Workspace, path: Path) -> str:
    content = path.read_bytes()
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    suffix = ".webp" if is_webp else next((end for start, end in _BEGINNINGS if content.startswith(start)), "")
    return ws.blobs.put(content, suffix=suffix)
