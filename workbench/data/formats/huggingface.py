"""Hugging Face datasets: a folder as `save_to_disk` writes it, with features that say what each column is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from workbench.core import labels
from workbench.core.dataset import LABEL, MEDIA, NAME, PREDICTION, THUMB
from workbench.core.errors import InputError
from workbench.core.need import need
from workbench.core.ports import Row
from workbench.core.task import Task
from workbench.data.formats import about, reading
from workbench.data.formats.base import Contents, Format, Held, Incoming, Item
from workbench.data.formats.columns import called, settled
from workbench.data.formats.huggingface_features import SAID, column_of, features_of, kind_of, media_of, names_of, usual
from workbench.tasks import TASKS
from workbench.tasks import task as task_named

if TYPE_CHECKING:
    from workbench.data.formats.outgoing import Outgoing

_USE = "The format 'huggingface'"
_SPLITS = ("train", "validation", "val", "test")
#: Rows in one file.
_SHARD = 4096


class HuggingFace(Format):
    """Columns `image` or `audio` hold the files; `label` is a ClassLabel, `labels` a list, `objects` boxes as on the hub."""

    name: ClassVar[str] = "huggingface"
    tasks: ClassVar[tuple[str, ...]] = tuple(TASKS)
    columns: ClassVar[frozenset[str] | None] = None

    def read(self, source: Incoming) -> Contents:
        """Return an item per row; of a dictionary of splits, the split is the group."""
        library = need("datasets", extra="exchange", use=_USE)
        if not source.path.is_dir():
            raise InputError(f"{source.path} is no folder.", hint="Name the folder that save_to_disk() wrote.")
        try:
            found = library.load_from_disk(str(source.path))
        except Exception as exc:  # whatever it stumbles on in foreign files
            raise InputError(f"{source.path} cannot be opened as a dataset: {' '.join(str(exc).split())[:200]}.") from exc
        splits: Mapping[str, Any] = found if isinstance(found, dict) else {"": found}
        features = next(iter(splits.values())).features
        known = about.read(source.path)
        task = task_named(self.chosen(source.task, otherwise=known.task or usual(features)))
        files = reading.Files(source.root or source.path)
        here, told = called([name for name in features if name not in media_of(features)], source.columns)
        items = [item for split, data in splits.items() for item in _items(data, split, task, files, here)]
        settled([item.row for item in items])
        names = [str(name) for feature in features.values() for name in names_of(feature)]
        return Contents(task.name, items, known.classes or list(dict.fromkeys(names)), told)

    def write(self, out: Outgoing) -> None:
        """Write Arrow files; the splits are those of the column `group`, if it names them."""
        library = need("datasets", extra="exchange", use=_USE)
        groups = {row.get("group") for row in out.data.rows(["group"])} if "group" in out.data.columns else set()
        split = bool(groups) and groups <= set(_SPLITS)
        features = features_of(library, out)
        writers: dict[str, _Shards] = {}
        for row in out.rows(without=(THUMB,)):
            part = str(row["group"]) if split else ""
            if part not in writers:
                writers[part] = _Shards(out.folder / part, features, part)
            writers[part].add(_cells(row, features, out))
        for shards in writers.values():
            shards.close()
        if split:
            out.write_json("dataset_dict.json", {"splits": sorted(writers)})
        about.written(out)


class _Shards:
    """The files of one split, written a few thousand rows at a time."""

    def __init__(self, folder: Path, features: Any, split: str) -> None:
        self._folder, self._features, self._split = folder, features, split or "train"
        self._rows: list[Row] = []
        self._files: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, cells: Row) -> None:
        """Add a row."""
        self._rows.append(cells)
        if len(self._rows) == _SHARD:
            self._flush()

    def close(self) -> None:
        """Write the rest, and what `load_from_disk` wants to know."""
        if self._rows or not self._files:
            self._flush()
        told: Row = {"_data_files": [{"filename": name} for name in self._files], "_split": self._split}
        mark = hashlib.sha256(repr(told).encode()).hexdigest()[:16]
        told |= {"_fingerprint": mark, "_format_columns": None, "_format_kwargs": {}, "_format_type": None}
        told |= {"_output_all_columns": False}
        (self._folder / "state.json").write_text(json.dumps(told, indent=2), encoding="utf-8")
        features = {"features": self._features.to_dict(), "citation": "", "description": "", "homepage": "", "license": ""}
        (self._folder / "dataset_info.json").write_text(json.dumps(features, indent=2), encoding="utf-8")

    def _flush(self) -> None:
        import pyarrow as pa

        name = f"data-{len(self._files):05d}.arrow"
        schema = self._features.arrow_schema
        with pa.OSFile(str(self._folder / name), "wb") as file, pa.ipc.new_stream(file, schema) as stream:
            stream.write_table(pa.Table.from_pylist(self._rows, schema=schema))
        self._files.append(name)
        self._rows = []


def _items(data: Any, split: str, task: Task, files: reading.Files, here: Mapping[str, str]) -> Iterator[Item]:
    features, media = data.features, media_of(data.features)
    table = data.with_format("arrow")
    for start in range(0, len(data), _SHARD):
        page = _checked(table[start : start + _SHARD])  # mapped from the disk: it takes memory when it is read
        rows = page.drop_columns(media).to_pylist()
        named = [page[name].combine_chunks().field("path").to_pylist() for name in media[:2]]
        for n, told in enumerate(rows):
            row = {here[name]: value for name, value in told.items() if here[name]}
            for used in _used(features, task):
                row.pop(here.get(used, used), None)
            if split:
                row["group"] = split
            names = [str(paths[n] or told.get("name") or start + n) for paths in named]
            held = [Held(names[i], partial(_file, page[name], n, files)) for i, name in enumerate(media[:2])]
            where = f"{split or 'row'} {start + n + 1}"
            first, second = (*held, None, None)[:2]
            label, guess = _label(told, features, task), row.pop(PREDICTION, None)
            yield Item(where, first, file_b=second, row=row, label=label, guess=guess)


def _checked(page: Any) -> Any:
    """Return a page whose offsets lie within it: Arrow itself reads where they point, wherever that is."""
    try:
        page.validate(full=True)
    except ValueError as exc:  # as Arrow's own errors are
        raise InputError(f"A page of the dataset is damaged: {' '.join(str(exc).split())[:200]}.") from exc
    return page


def _file(column: Any, n: int, files: reading.Files) -> bytes:
    """Return the bytes of a cell; one that names a file means one below the folder."""
    told = column[n].as_py() or {}
    if told.get("bytes") is not None:
        return bytes(told["bytes"])
    return reading.content(files.find(told.get("path")))


def _used(features: Mapping[str, Any], task: Task) -> tuple[str, ...]:
    """Return the columns that the label of a task stands in."""
    if task.name == "object-detection" and "objects" in features:
        return ("objects", LABEL)
    if task.shape == "classes" and "labels" in features:
        return ("labels", LABEL)
    if task.name in SAID:
        return (*(name for name in SAID[task.name][:1] if name in features), LABEL)
    return (LABEL,)


def _label(told: Row, features: Mapping[str, Any], task: Task) -> Any:
    if task.name == "object-detection" and "objects" in features:
        return _boxes(told["objects"], features["objects"])
    if task.shape == "classes" and "labels" in features:
        names = names_of(features["labels"])
        found = told["labels"]
        return None if found is None else [names[i] if names else str(i) for i in found]
    name = next((name for name in (*SAID.get(task.name, ()), LABEL) if name in features), LABEL)
    value, names = told.get(name), names_of(features.get(name))
    if names and isinstance(value, int):
        return names[value] if 0 <= value < len(names) else None  # -1 is the hub's way to say: not labeled
    return value if value is None else str(value)


def _boxes(told: Any, feature: Any) -> Any:
    if told is None:
        return None
    names = names_of(feature)
    if isinstance(told, dict):  # a list of structs is kept as a struct of lists
        told = [dict(zip(told, values, strict=True)) for values in zip(*told.values(), strict=True)]
    return [
        {"label": names[one["category"]] if names else str(one["category"]), "box": one["bbox"], **_turn(one)} for one in told
    ]


def _turn(one: Mapping[str, Any]) -> Row:
    return {"rotation": one["rotation"]} if one.get("rotation") else {}


def _cells(row: Row, features: Mapping[str, Any], out: Outgoing) -> Row:
    made = {name: row.get(name) for name in features}
    for column, name in ((MEDIA, column_of(out.task)), (f"{MEDIA}_b", f"{column_of(out.task)}_b")):
        if name in features and row.get(column):
            path = out.data.media(row, column=column)
            made[name] = {"bytes": path.read_bytes(), "path": str(row.get(NAME) or path.name)}
    label = row.get(LABEL)
    if label is None:
        return made
    if "objects" in features:
        made["objects"] = [
            {"bbox": one["box"], "category": features["objects"].feature["category"].str2int(one["label"]), **_turn(one)}
            for one in labels.loads(label)
        ]
    elif "labels" in features:
        made["labels"] = [features["labels"].feature.str2int(name) for name in labels.loads(label)]
    elif LABEL in features and kind_of(features[LABEL]) == "ClassLabel":
        made[LABEL] = features[LABEL].str2int(label)
    elif out.task.name in SAID:
        made[SAID[out.task.name][0]] = label
    return made
