"""What a browser is shown of an item: texts as they are, media as bytes that every browser can show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.core.dataset import ID, NAME, PREDICTION, PREDICTION_BY, SCORE, Dataset
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.core.task import Task
from workbench.tasks import shown
from workbench.widgets.media import viewable


def exhibit(data: Dataset, row: Row, task: Task) -> tuple[dict[str, Any], list[bytes]]:
    """Return an item as JSON, and the bytes of its media; `media` tells which is which.

    What cannot be shown is told in `problem`: whoever labels can skip it, and the others go on.
    """
    item, buffers = _item(row), list[bytes]()
    try:
        for name, value in shown(task, data, row).items():
            if not isinstance(value, Path):
                item["shown"][name] = value
                continue
            content, kind, size = viewable(value)
            if not kind.startswith(("image/", "audio/")):
                raise InputError(f"{item['name']} is damaged, or in a format that is not shown here.")
            told = dict(zip(("width", "height"), size, strict=False))
            item |= told  # of the original: regions are in its pixels, also when it travels scaled down
            item["media"].append({"name": name, "type": kind, **told})
            buffers.append(content)
    except InputError as exc:
        item["problem"] = exc.message
    except OSError as exc:
        item["problem"] = f"{item['name']} cannot be read: {exc.strerror}."
    return item, buffers


def _item(row: Row) -> dict[str, Any]:
    guess, score = row.get(PREDICTION), row.get(SCORE)
    return {
        "id": str(row[ID]),
        "name": str(row.get(NAME) or row[ID]),
        "width": row.get("width"),
        "height": row.get("height"),
        "shown": {},
        "media": [],
        "prediction": None if guess is None else str(guess),
        "prediction_by": str(row.get(PREDICTION_BY) or ""),
        "score": None if score is None else float(score),
    }
