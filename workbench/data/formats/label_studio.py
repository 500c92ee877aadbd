"""Label Studio: its JSON export, which is also what it imports; every task, with answers and predictions apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, quote, urlsplit

from workbench.core.dataset import ID, LABEL, LABEL_AT, LABEL_BY, MEDIA, NAME, PREDICTION, PREDICTION_BY, SCORE, TEXT
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.core.task import Task
from workbench.data.formats import about, reading
from workbench.data.formats.base import Contents, Format, Incoming, Item, LeftOut
from workbench.tasks import TASKS
from workbench.tasks import task as task_named

if TYPE_CHECKING:
    from workbench.data.formats.outgoing import Outgoing

_FILE, _CONFIG = "tasks.json", "config.xml"
#: Where a task's data holds the id of our sample, when we pushed it there.
_SAMPLE = "sample"
_LOCAL = "/data/local-files/?d="

#: What each column of a row is called where it is shown, beside the file.
_SHOWN = {TEXT: ("text", "question", "prompt"), "text_b": ("right",), "prompt": ("prompt",)}
#: Whose answers a kind of region is; relations first, as they come with spans.
_MARKS = {
    "relation": "relation-extraction",
    "rectanglelabels": "object-detection",
    "polygonlabels": "instance-segmentation",
    "brushlabels": "semantic-segmentation",
    "keypointlabels": "keypoint-detection",
    "ranker": "ranking",
}


class LabelStudio(Format):
    """A list of tasks with their annotations; of several to one task the newest counts, as when pulling."""

    name: ClassVar[str] = "label-studio"
    tasks: ClassVar[tuple[str, ...]] = tuple(TASKS)
    columns: ClassVar[frozenset[str] | None] = frozenset(
        {TEXT, "text_b", "prompt", "candidates", LABEL_AT, LABEL_BY, PREDICTION, PREDICTION_BY, SCORE, "label_seconds"}
    )
    told_in: ClassVar[tuple[str, ...]] = ("tasks.json", "dataset.json")

    def read(self, source: Incoming) -> Contents:
        """Return an item per task; predictions stay predictions, and an answer that was skipped is none."""
        path = source.path / _FILE if source.path.is_dir() else source.path
        told = reading.parsed(path)
        if not isinstance(told, list) or not all(isinstance(one, dict) and isinstance(one.get("data"), dict) for one in told):
            raise InputError(f"{path} is no export of Label Studio: it is no list of tasks with `data`.")
        known = about.read(path.parent)
        kind = task_named(self.chosen(source.task, otherwise=known.task or _usual(told)))
        files = reading.Files(source.root or path.parent)
        n_more = sum(max(len(_given(one)) - 1, 0) for one in told)
        losses = [f"further answers to tasks that have one ({n_more:,})"] if n_more else []
        items = [_item(one, kind, files, f"task {one.get('id', n)}") for n, one in enumerate(told, start=1)]
        return Contents(kind.name, items, known.classes, losses)

    def write(self, out: Outgoing) -> None:
        """Write `tasks.json` to import, `config.xml` to set the project up with, and the files into `files`."""
        tasks = []
        for n, row in enumerate(out.rows(), start=1):
            data = {k: _address(v) if isinstance(v, Path) else v for k, v in out.task.shown(*_placed(out, row)).items()}
            made: dict[str, Any] = {"id": n, "data": {**data, _SAMPLE: row[ID]}, "annotations": [], "predictions": []}
            if row.get(LABEL) is not None:
                said = {"id": n, "result": list(out.task.result_of(row[LABEL], row=row)), "was_cancelled": False}
                said |= {"updated_at": row.get(LABEL_AT) or ""}
                made["meta"] = {LABEL_BY: row.get(LABEL_BY)}  # a server refuses answers of people that it does not know
                made["annotations"] = [said | {"lead_time": row.get("label_seconds")}]
            if row.get(PREDICTION) is not None:
                result = list(out.task.result_of(row[PREDICTION], row=row, score=row.get(SCORE)))
                guess = {"result": result, "model_version": row.get(PREDICTION_BY) or "", "score": row.get(SCORE)}
                made["predictions"] = [guess]
            tasks.append(made)
        out.write_json(_FILE, tasks)
        about.written(out)
        classes = out.classes()
        if classes or out.task.shape in ("text", "order"):
            out.write(_CONFIG, out.task.labeling_config(classes))


def _placed(out: Outgoing, row: Row) -> tuple[Row, Path | None]:
    name = out.place(row, under="files")
    second = out.place(row, under="files_b", column=f"{MEDIA}_b")
    return (row | {f"{MEDIA}_b": Path(second)} if second else row), (Path(name) if name else None)


def _address(path: Path) -> str:
    return _LOCAL + quote(path.as_posix())


def _given(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the answers to a task that were not skipped, the one that counts last."""
    said = reading.dicts(told.get("annotations") or told.get("completions"))
    answers = [one for one in said if not one.get("was_cancelled")]
    return sorted(answers, key=lambda one: (bool(one.get("ground_truth")), _when(one)))


def _when(answer: Mapping[str, Any]) -> str:
    return str(answer.get("updated_at") or answer.get("created_at") or "")


def _usual(told: Sequence[Mapping[str, Any]]) -> str:
    """Return the task whose answers these are, by the kinds of their regions and what is shown."""
    regions = [one for task in told for said in _given(task) for one in reading.dicts(said.get("result"))]
    kinds = {str(one.get("type")) for one in regions}
    data: Mapping[str, Any] = told[0]["data"] if told else {}
    shown = _modality(data)
    marked = next((task for kind, task in _MARKS.items() if kind in kinds), "")
    if marked or shown == "table":
        return marked or "tabular-classification"
    if "pairwise" in kinds or {"left", "right"} <= set(data):
        return "image-preference" if shown == "image" else "preference"
    if "labels" in kinds:
        return "audio-event-detection" if shown == "audio" else "token-classification"
    if "textarea" in kinds:
        asked = "visual-question-answering" if "question" in data else "image-captioning"
        return "automatic-speech-recognition" if shown == "audio" else asked
    several = any(len((one.get("value") or {}).get("choices") or ()) > 1 for one in regions)
    return f"multi-label-{shown}-classification" if several and shown != "audio" else f"{shown}-classification"


def _modality(data: Mapping[str, Any]) -> str:
    if isinstance(data.get("table"), dict):
        return "table"
    for shown in ("image", "audio"):
        suffixes = task_named(f"{shown}-classification").suffixes
        if any(isinstance(value, str) and _path(value).lower().endswith(suffixes) for value in data.values()):
            return shown
    return "text"


def _item(told: Mapping[str, Any], task: Task, files: reading.Files, where: str) -> Item | LeftOut:
    data = told["data"]
    row = _row(data, task)
    named = data.get(_SAMPLE)
    if isinstance(named, str):
        row[ID] = named
    try:
        found = _files(data, task, files)
    except InputError as exc:
        if ID not in row:
            return LeftOut(where, exc.message)
        found = []  # an item that may be here, under that id
    answers = _given(told)
    label = None
    if answers:
        meta = told.get("meta")
        by = (meta.get(LABEL_BY) if isinstance(meta, dict) else None) or answers[-1].get("completed_by")
        row[LABEL_BY] = str(by.get("email") or by.get("id") if isinstance(by, dict) else by if by else "") or None
        row[LABEL_AT] = _when(answers[-1]) or None
        row["label_seconds"] = reading.number(answers[-1].get("lead_time"))
        label = partial(_label, task, answers[-1].get("result") or [])
    guess = _guess(told)
    if guess:
        row[PREDICTION_BY] = str(guess.get("model_version") or "unknown")
        row[SCORE] = reading.number(guess.get("score"))
    said = partial(_label, task, guess["result"]) if guess else None
    first, second = (*found, None, None)[:2]
    return Item(where, first, file_b=second, row=row, label=label, guess=said)


def _row(data: Mapping[str, Any], task: Task) -> Row:
    """Return the columns that were shown, by their names here."""
    row: Row = {NAME: data["name"]} if isinstance(data.get("name"), str) and data["name"] else {}
    if "table" in data and isinstance(data["table"], dict):
        return row | {str(key): value for key, value in data["table"].items()}
    if task.name == "preference":
        return row | {"prompt": data.get("prompt"), TEXT: data.get("left"), "text_b": data.get("right")}
    if isinstance(candidates := data.get("candidates"), list):
        row["candidates"] = [str(one.get("body") or one.get("id")) if isinstance(one, dict) else str(one) for one in candidates]
    if task.modality == "text" and not any(isinstance(data.get(name), str) for name in _SHOWN[TEXT]):
        said = next((value for key, value in data.items() if isinstance(value, str) and key not in ("name", _SAMPLE)), None)
        return row | {TEXT: said}
    return row | {TEXT: next((data[name] for name in _SHOWN[TEXT] if isinstance(data.get(name), str)), None)}


def _files(data: Mapping[str, Any], task: Task, files: reading.Files) -> list[Path]:
    """Return the files that are shown: those whose addresses end as the task's files do."""
    if not task.suffixes or task.modality == "text":
        return []
    usual = ("image", "audio", "left", "right")
    shown = [data[key] for key in (*usual, *sorted(set(data) - {*usual, "name", _SAMPLE})) if isinstance(data.get(key), str)]
    named = [_path(value) for value in shown if _path(value).lower().endswith(task.suffixes)]
    if not named:
        raise InputError("It shows no file.")
    return [files.nearest(name) for name in named[: 2 if f"{MEDIA}_b" in task.made_of else 1]]


def _path(address: str) -> str:
    """Return the path in an address, whatever the way that Label Studio shows the file."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    told = parse_qs(parts.query).get("d", [""])[0]
    return told or (f"{parts.netloc}{parts.path}" if parts.scheme else parts.path)


def _label(task: Task, result: Sequence[Mapping[str, Any]], row: Row) -> str | None:
    if not isinstance(result, list) or not all(isinstance(one, dict) for one in result):
        raise InputError("Its `result` is no list of regions.")
    try:
        return task.label_of(result, row=row)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as exc:
        raise InputError(f"Its `result` is none of {task.name}: {exc}.".replace("..", ".")) from exc


def _guess(told: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what a model guessed of a task: an export tells it once more beside the answer that began with it."""
    beside = [one.get("prediction") for one in reading.dicts(told.get("annotations"))]
    found = [one for one in reading.dicts([*beside, *reading.dicts(told.get("predictions"))]) if one.get("result") is not None]
    return found[-1] if found else None
