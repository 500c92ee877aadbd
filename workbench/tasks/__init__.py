"""One file per perception task: the only place that knows its shapes."""

from __future__ import annotations

from collections.abc import Callable

from workbench.core.registry import Registry
from workbench.core.task import Task

TASKS: Registry[Callable[[], Task]] = Registry(
    "task",
    {"image-classification": "workbench.tasks.image_classification:ImageClassification"},
)


def task(name: str) -> Task:
    """Return the task of this name; raise `NotFoundError` with close names."""
    return TASKS[name]()
