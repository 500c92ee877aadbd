"""One file per perception task: the only place that knows its shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.core.dataset import MEDIA, Dataset
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.core.registry import Registry
from workbench.core.task import Learnable, Task

TASKS: Registry[Callable[[], Task]] = Registry(
    "task",
    {
        "image-classification": "workbench.tasks.image_classification:ImageClassification",
        "multi-label-image-classification": "workbench.tasks.multi_label_image_classification:MultiLabelImageClassification",
        "object-detection": "workbench.tasks.object_detection:ObjectDetection",
        "instance-segmentation": "workbench.tasks.instance_segmentation:InstanceSegmentation",
        "semantic-segmentation": "workbench.tasks.semantic_segmentation:SemanticSegmentation",
        "keypoint-detection": "workbench.tasks.keypoint_detection:KeypointDetection",
        "text-classification": "workbench.tasks.text_classification:TextClassification",
        "multi-label-text-classification": "workbench.tasks.multi_label_text_classification:MultiLabelTextClassification",
        "token-classification": "workbench.tasks.token_classification:TokenClassification",
        "relation-extraction": "workbench.tasks.relation_extraction:RelationExtraction",
        "audio-classification": "workbench.tasks.audio_classification:AudioClassification",
        "audio-event-detection": "workbench.tasks.audio_event_detection:AudioEventDetection",
        "automatic-speech-recognition": "workbench.tasks.automatic_speech_recognition:AutomaticSpeechRecognition",
        "image-captioning": "workbench.tasks.image_captioning:ImageCaptioning",
        "visual-question-answering": "workbench.tasks.visual_question_answering:VisualQuestionAnswering",
        "image-text-matching": "workbench.tasks.image_text_matching:ImageTextMatching",
        "preference": "workbench.tasks.preference:Preference",
        "image-preference": "workbench.tasks.preference:ImagePreference",
        "ranking": "workbench.tasks.ranking:Ranking",
        "tabular-classification": "workbench.tasks.tabular_classification:TabularClassification",
    },
)


def task(name: str) -> Task:
    """Return the task of this name; raise `NotFoundError` with close names."""
    return TASKS[name]()


def learnable(name: str) -> Learnable:
    """Return the task of this name as models are trained for it; raise `InputError` when none are, yet."""
    found = task(name)
    if not isinstance(found, Learnable):
        known = [other for other in TASKS if isinstance(task(other), Learnable)]
        raise InputError(
            f"Models are not trained for {name} here; it is labeled and browsed.", hint=f"Trained: {', '.join(known)}."
        )
    return found


def shown(task: Task, data: Dataset, row: Row) -> Mapping[str, Any]:
    """Return what a labeling config of *task* shows of a row of *data*; files are paths."""
    files = {column: data.media({**row, MEDIA: row[column]}) for column in (MEDIA, "media_b") if row.get(column)}
    return task.shown({**row, **files}, files.get(MEDIA))
