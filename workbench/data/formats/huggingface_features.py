"""What the columns of a Hugging Face dataset are: files, classes, boxes, text; and which task they are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.dataset import EMBEDDING, ID, LABEL, LABEL_NAMES, MEDIA, SHA256, SOURCE, THUMB
from workbench.core.task import Task

if TYPE_CHECKING:
    from workbench.data.formats.outgoing import Outgoing

#: What a column of text is called that is the label of a task.
SAID = {
    "image-captioning": ("caption", "text"),
    "automatic-speech-recognition": ("transcription", "sentence", "text"),
    "visual-question-answering": ("answer",),
}
_COMPUTED = frozenset({THUMB, LABEL, LABEL_NAMES, MEDIA, f"{MEDIA}_b", SHA256, f"{SHA256}_b", SOURCE, EMBEDDING})
_COMPUTED |= {"width", "height", "seconds", "rate", "channels"}


def kind_of(feature: Any) -> str:
    """Return what a column is: Image, Audio, ClassLabel, Value, List, ..."""
    return str(getattr(feature, "_type", type(feature).__name__))


def _inner(feature: Any) -> Any:
    """Return the feature of a list's members, None when it is no list."""
    return feature[0] if isinstance(feature, list) else getattr(feature, "feature", None)


def media_of(features: Mapping[str, Any]) -> list[str]:
    """Return the columns that hold files, `image` and `audio` first."""
    found = [name for name, feature in features.items() if kind_of(feature) in ("Image", "Audio")]
    return sorted(found, key=lambda name: (name not in ("image", "audio"), found.index(name)))


def names_of(feature: Any) -> Sequence[str]:
    """Return the classes of a column, of its members, or of what its objects are of."""
    if kind_of(feature) == "ClassLabel":
        return list(feature.names)
    inner = _inner(feature)
    if inner is not None:
        return names_of(inner)
    return [name for one in feature.values() for name in names_of(one)] if isinstance(feature, dict) else []


def usual(features: Mapping[str, Any]) -> str:
    """Return the task that columns like these are most likely for."""
    media = media_of(features)
    kind = kind_of(features[media[0]]) if media else ""
    spoken = any(name in features for name in SAID["automatic-speech-recognition"])
    if kind == "Audio":
        return "audio-classification" if LABEL in features or not spoken else "automatic-speech-recognition"
    if "objects" in features:
        return "object-detection"
    if "answer" in features and kind:
        return "visual-question-answering"
    shown = "image" if kind else "text" if "text" in features else ""
    if not shown:
        return "tabular-classification"
    if _inner(features.get("labels")) is not None:
        return f"multi-label-{shown}-classification"
    return "image-captioning" if kind and LABEL not in features and "caption" in features else f"{shown}-classification"


def features_of(library: Any, out: Outgoing) -> Any:
    """Return the features of what is written: files, the label as the hub has it for the task, and the other columns."""
    made: dict[str, Any] = {ID: library.Value("string")}
    if MEDIA in out.data.columns:
        file = library.Audio() if out.task.modality == "audio" else library.Image()
        made[column_of(out.task)] = file
        if f"{MEDIA}_b" in out.data.columns:
            made[f"{column_of(out.task)}_b"] = file
    classes = library.ClassLabel(names=out.classes()) if out.classes() else library.Value("string")
    if out.task.name == "object-detection":
        number = library.Value("float64")
        made["objects"] = library.List({"bbox": library.List(number, length=4), "category": classes, "rotation": number})
    elif out.task.shape == "classes":
        made["labels"] = library.List(classes)
    elif out.task.shape == "class":
        made[LABEL] = classes
    else:
        made[SAID.get(out.task.name, (LABEL,))[0]] = library.Value("string")
    for name in out.data.columns:
        if name not in made and name not in _COMPUTED:
            made[name] = _value(library, name, out)
    return library.Features(made)


def _value(library: Any, column: str, out: Outgoing) -> Any:
    """Return the feature of a column by its first value."""
    data = out.data
    rows = data.ws.tables.read(data.name, data.version, columns=[ID, column], where=f"`{column}` is not null", limit=1)
    value = rows[0][column] if rows else ""
    if isinstance(value, list):
        return library.List(library.Value(_typed(value[0] if value else "")))
    return library.Value(_typed(value))


def _typed(value: Any) -> str:
    return {bool: "bool", int: "int64", float: "float64", bytes: "binary"}.get(type(value), "string")


def column_of(task: Task) -> str:
    """Return what the column of a task's files is called."""
    return "audio" if task.modality == "audio" else "image"
