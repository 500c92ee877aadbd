"""Which tool of the annotator makes the labels of a task; a task that is not named here gets the one of its shape."""

from __future__ import annotations

from workbench.core.task import Task

#: The tools that the front end has: `part` is the module that it loads for one, '' when it is in the first one.
PARTS = {
    "choose": "",
    "pair": "",
    "write": "",
    "rank": "",
    "boxes": "annotate_shapes",
    "polygons": "annotate_shapes",
    "areas": "annotate_brush",
    "points": "annotate_shapes",
    "spans": "annotate_spans",
    "relations": "annotate_spans",
    "sounds": "annotate_sounds",
}

_BY_TASK = {
    "object-detection": "boxes",
    "instance-segmentation": "polygons",
    "semantic-segmentation": "areas",
    "keypoint-detection": "points",
    "token-classification": "spans",
    "relation-extraction": "relations",
    "audio-event-detection": "sounds",
    "preference": "pair",
    "image-preference": "pair",
}
_BY_SHAPE = {"class": "choose", "classes": "choose", "text": "write", "order": "rank"}
_BY_MODALITY = {"text": "spans", "audio": "sounds"}


def tool_of(task: Task) -> str:
    """Return the name of the tool for a task.

    >>> from workbench.tasks import task
    >>> tool_of(task("image-classification"))
    'choose'
    """
    return _BY_TASK.get(task.name) or _BY_SHAPE.get(task.shape) or _BY_MODALITY.get(task.modality, "boxes")
