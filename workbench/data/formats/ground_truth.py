"""Ground Truth: the augmented manifest of SageMaker's labeling jobs, a JSON object per line with a label per job."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from workbench.core import labels
from workbench.core.dataset import LABEL, LABEL_AT, LABEL_BY, MEDIA, PREDICTION_BY, SCORE, TEXT
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.data.formats import reading
from workbench.data.formats.base import Contents, Format, Incoming, Item, LeftOut
from workbench.data.formats.outgoing import regions_of, upright

if TYPE_CHECKING:
    from workbench.data.formats.outgoing import Outgoing

Line = Mapping[str, Any]

_FILE, _ATTRIBUTE = "output.manifest", "label"
_BOXES, _SPANS = "object-detection", "token-classification"
_SIDES = ("left", "top", "width", "height")
#: What a job's metadata call each task.
_TYPES = {
    "image-classification": "groundtruth/image-classification",
    "multi-label-image-classification": "groundtruth/image-classification-multilabel",
    _BOXES: "groundtruth/object-detection",
    "text-classification": "groundtruth/text-classification",
    "multi-label-text-classification": "groundtruth/text-classification-multilabel",
    _SPANS: "groundtruth/text-span",
}
_TASKS = {kind: task for task, kind in _TYPES.items()}


class GroundTruth(Format):
    """An output manifest; of several jobs on the same items the last counts. What a machine labeled is a prediction."""

    name: ClassVar[str] = "ground-truth"
    tasks: ClassVar[tuple[str, ...]] = tuple(_TYPES)
    columns: ClassVar[frozenset[str] | None] = frozenset({TEXT, LABEL_AT, LABEL_BY})
    told_in: ClassVar[tuple[str, ...]] = ("output.manifest",)

    def read(self, source: Incoming) -> Contents:
        """Return an item per line; files are found below `root` by the longest part of their address."""
        path = source.path / _FILE if source.path.is_dir() else source.path
        lines: list[tuple[str, Line] | LeftOut] = []
        for n, said in enumerate(reading.text(path).split("\n"), start=1):
            if said.strip():
                lines.append(_line(said, f"{path.name} line {n}"))
        told = [line[1] for line in lines if not isinstance(line, LeftOut)]
        if not any("source" in line or "source-ref" in line for line in told):
            raise InputError(f"{path} is no manifest: no line has `source` or `source-ref`.", hint="It may be cut off.")
        jobs = [job for line in told for job in _jobs(line)]
        job = jobs[-1] if jobs else ""
        about = [line[f"{job}-metadata"] for line in told if job and isinstance(line.get(f"{job}-metadata"), dict)]
        usual = next((_TASKS[kind] for one in about if (kind := str(one.get("type"))) in _TASKS), "")
        task = self.chosen(source.task, otherwise=usual)
        files = reading.Files(source.root or path.parent)
        items = [line if isinstance(line, LeftOut) else _item(*line, job=job, task=task, files=files) for line in lines]
        others = sorted({other for other in jobs if other != job})
        listed = _listed(told, job) if task == _SPANS else _classes(about)
        return Contents(task, items, listed, [f"labels of the jobs {', '.join(others)}"] if others else [])

    def write(self, out: Outgoing) -> None:
        """Write `output.manifest`, and the files into `files`; their names are relative, for an upload to any bucket."""
        names = out.classes()
        places = {name: i for i, name in enumerate(names)}
        lines = []
        for row in out.rows():
            line: dict[str, Any] = {"source-ref": out.place(row, under="files")} if row.get(MEDIA) else {"source": row[TEXT]}
            if row.get(LABEL) is not None:
                line |= _told(row, places, out)
            lines.append(json.dumps(line, ensure_ascii=False) + "\n")
        out.write(_FILE, "".join(lines))


def _line(said: str, where: str) -> tuple[str, Line] | LeftOut:
    try:
        told = reading.json_of(said, what="The line")
    except InputError as exc:
        return LeftOut(where, exc.message)
    return (where, told) if isinstance(told, dict) else LeftOut(where, "It is no JSON object.")


def _jobs(line: Line) -> list[str]:
    """Return the attributes of a line that are labels: those which have metadata, in their order."""
    return [key for key in line if isinstance(line.get(f"{key}-metadata"), dict)]


def _classes(about: Sequence[Line]) -> list[str]:
    """Return the classes by their numbers, as far as the metadata of any line tell them."""
    found: dict[str, str] = {}
    for one in about:
        listed = one.get("class-map")
        found |= {str(k): str(v) for k, v in listed.items()} if isinstance(listed, dict) else {}
        if "class-name" in one:
            found.setdefault(str(one.get("class-index", one["class-name"])), str(one["class-name"]))
    return list(
        dict.fromkeys(found[key] for key in sorted(found, key=lambda k: (not k.isdigit(), int(k) if k.isdigit() else 0, k)))
    )


def _listed(told: Sequence[Line], job: str) -> list[str]:
    """Return the classes of spans, which every label lists."""
    said = [line[job].get("annotations") for line in told if isinstance(line.get(job), dict)]
    found = [one for about in said if isinstance(about, dict) for one in reading.dicts(about.get("labels"))]
    return list(dict.fromkeys(str(one["label"]) for one in found if "label" in one))


def _item(where: str, line: Line, *, job: str, task: str, files: reading.Files) -> Item | LeftOut:
    row: Row = {}
    file = None
    if "source-ref" in line:
        try:
            file = files.nearest(str(line["source-ref"]).partition("://")[2] or str(line["source-ref"]))
        except InputError as exc:
            return LeftOut(where, exc.message)
    else:
        row[TEXT] = str(line.get("source") or "")
    if job not in line or not isinstance(line.get(f"{job}-metadata"), dict):
        return Item(where, file, row=row)
    about = line[f"{job}-metadata"]
    said = partial(_label, line[job], about, task)
    name = f"ground-truth:{str(about.get('job-name') or job).rpartition('/')[2]}"
    if about.get("human-annotated") == "no":
        row |= {PREDICTION_BY: name, SCORE: reading.number(about.get("confidence"))}
        return Item(where, file, row=row, guess=said)
    row |= {LABEL_BY: str(about.get("annotator") or name), LABEL_AT: about.get("creation-date")}
    return Item(where, file, row=row, label=said)


def _label(value: Any, about: Line, task: str, row: Row) -> Any:
    listed = about.get("class-map")
    names: Line = listed if isinstance(listed, dict) else {}

    def named(number: Any) -> str:
        if str(number) not in names:
            raise InputError(f"There is no class {number!r} in its class map.")
        return str(names[str(number)])

    try:
        if task == _BOXES:
            _fits(value, row)
            return [{"label": named(one["class_id"]), "box": [one[side] for side in _SIDES]} for one in value["annotations"]]
        if task == _SPANS:
            found = value["annotations"]["entities"]
            return [{"label": str(one["label"]), "start": one["startOffset"], "end": one["endOffset"]} for one in found]
        if task.startswith("multi-label"):
            return [named(number) for number in value]
        return str(about["class-name"]) if "class-name" in about else named(value)
    except (KeyError, TypeError, IndexError) as exc:
        raise InputError(f"It is not as {_TYPES[task]} has it: {exc!r:.80}.") from exc


def _fits(value: Line, row: Row) -> None:
    for size in value.get("image_size") or ():
        if (size["width"], size["height"]) != (row["width"], row["height"]):
            seen = f"{row['width']} x {row['height']}"
            raise InputError(f"Its boxes are for {size['width']} x {size['height']} pixels, the upright picture has {seen}.")


def _told(row: Row, places: Mapping[str, int], out: Outgoing) -> dict[str, Any]:
    """Return the label of a row and its metadata."""
    label, task = str(row[LABEL]), out.task.name
    about: dict[str, Any] = {"type": _TYPES[task], "human-annotated": "yes", "job-name": "labeling-job/workbench"}
    about |= {"creation-date": row.get(LABEL_AT) or "", "annotator": row.get(LABEL_BY) or ""}
    listed = {str(i): name for name, i in places.items()}
    value: Any
    if task == _BOXES:
        regions = regions_of(row) or []
        size = {"width": row["width"], "height": row["height"], "depth": 3}
        boxes = [
            {"class_id": places[one["label"]], **dict(zip(_SIDES, upright(one, row, out), strict=True))} for one in regions
        ]
        value = {"image_size": [size], "annotations": boxes}
        about |= {"class-map": listed, "objects": [{"confidence": 1}] * len(boxes)}
    elif task == _SPANS:
        spans = regions_of(row) or []
        entities = [{"label": one["label"], "startOffset": one["start"], "endOffset": one["end"]} for one in spans]
        value = {"annotations": {"entities": entities, "labels": [{"label": name} for name in places]}}
    elif task.startswith("multi-label"):
        value = [places[name] for name in labels.loads(label)]
        about |= {"class-map": listed}
    else:
        value = places[label]
        about |= {"class-name": label, "class-map": listed, "confidence": 1}
    return {_ATTRIBUTE: value, f"{_ATTRIBUTE}-metadata": about}
