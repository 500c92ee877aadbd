"""Dataset: an immutable version of a table of samples, or a selection of its rows."""

from __future__ import annotations

import getpass
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from workbench.core import refs
from workbench.core.errors import InputError, NotFoundError, not_found
from workbench.core.ports import Row
from workbench.core.verbs import act
from workbench.core.workspace import Workspace

#: Columns that every dataset of samples has. A label is what a person said, a prediction what a model guessed.
ID, MEDIA, LABEL, LABEL_BY, LABEL_AT = "id", "media", "label", "label_by", "label_at"
PREDICTION, PREDICTION_BY, SCORE = "prediction", "prediction_by", "score"
#: The classes in a label that is more than one name; who looked at the label once more; how much its annotators agreed.
LABEL_NAMES, REVIEWED_BY, AGREEMENT = "label_names", "reviewed_by", "agreement"
#: A medium that stays where it is has its address in `media` and the hash of its content in `sha256`.
SHA256 = "sha256"
#: What is shown of a row: its name, a small JPEG, its text; where it came from, and what people tagged it with.
NAME, THUMB, TEXT, SOURCE, TAGS = "name", "thumb", "text", "source", "tags"
#: A vector that stands for the item; what computed it is in the version's meta as `embedding_by`.
EMBEDDING = "embedding"
#: What is computed of an item, and of which of its columns: it goes when these change and it is not given anew.
COMPUTED = {EMBEDDING: (MEDIA, SHA256, TEXT), THUMB: (MEDIA, SHA256)}
#: What the meta of a version says of how it was made, not of what it is: the same content made again is the same version.
PROVENANCE = frozenset({"note", "by", "run", "verb", "inputs"})


@dataclass(frozen=True)
class Dataset:
    """One version of a table of samples; with `selection` (a blob of ids), only some of its rows, in that order."""

    ws: Workspace = field(repr=False)
    name: str
    version: int
    digest: str = field(repr=False)
    n_items: int
    columns: tuple[str, ...] = field(default=(), repr=False)
    task: str = ""
    classes: tuple[str, ...] = ()
    selection: str = field(default="", repr=False)

    @property
    def ref(self) -> str:
        """Return the reference string, such as `dataset:caps@2#9f3c01ab77de`; the digest tells a selection apart."""
        return str(refs.Ref("dataset", self.name, str(self.version), self.digest[:12]))

    def __len__(self) -> int:
        return self.n_items

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows())

    def ids(self) -> list[str]:
        """Return the sample ids, in order."""
        if self.selection:
            return list(json.loads(self.ws.blobs.path(self.selection).read_text(encoding="utf-8")))
        return [str(row[ID]) for row in self.ws.tables.read(self.name, self.version, columns=[ID])]

    def rows(self, columns: Sequence[str] | None = None, *, offset: int = 0, limit: int | None = None) -> list[Row]:
        """Return rows as dictionaries; all columns by default."""
        wanted = [c for c in columns if c in self.columns] if columns is not None else None
        if not self.selection:
            return self.ws.tables.read(self.name, self.version, columns=wanted, offset=offset, limit=limit)
        ids = self.ids()[offset : None if limit is None else offset + limit]
        return self.ws.tables.read(self.name, self.version, columns=wanted, ids=ids)

    def labels(self) -> list[str | None]:
        """Return the label of each row, None where nobody has labeled it."""
        return [row.get(LABEL) for row in self.rows([ID, LABEL])]

    @property
    def has_labels(self) -> bool:
        """Return whether at least one row has a label that a person gave."""
        return LABEL in self.columns and bool(self._labeled(limit=None if self.selection else 1))

    def labeled(self) -> Dataset:
        """Return the rows that have a label; raise `InputError` when none has."""
        ids = self._labeled() if LABEL in self.columns else []
        if not ids:
            raise InputError(f"Dataset {self.name}@{self.version} has no labels.", hint="Call wb.label() first.")
        return self if len(ids) == self.n_items else self.select(ids)

    def _labeled(self, *, limit: int | None = None) -> list[str]:
        ids = self.ids() if self.selection else None
        where = f"{LABEL} is not null"
        found = self.ws.tables.read(self.name, self.version, columns=[ID], ids=ids, where=where, limit=limit)
        return [str(row[ID]) for row in found]

    def select(self, ids: Sequence[str]) -> Dataset:
        """Return the rows with these ids, in this order, as a dataset of its own reference."""
        content = json.dumps(list(ids)).encode()
        key = self.ws.blobs.put(content, suffix=".ids")
        chosen = hashlib.sha256(content).hexdigest()
        return replace(self, selection=key, digest=chosen, n_items=len(ids))

    def media(self, row: Row, *, column: str = MEDIA) -> Path:
        """Return the file that holds a row's image or recording; what lies elsewhere is fetched and checked by its hash."""
        key = str(row[column])
        if "/" not in key:
            return self.ws.blobs.path(key)
        return self.ws.blobs.fetch(key, sha256=str(row.get(column.replace(MEDIA, SHA256)) or ""))

    def tag(self, tag: str, *, remove: bool = False) -> Dataset:
        """Let *tag* stand for this version from now on, or no longer."""
        return cast("Dataset", act("tag", self, tag, remove=remove))

    def mark(self, *tags: str, remove: Sequence[str] = ()) -> Dataset:
        """Return the next version, in which these items have *tags* and no longer those of *remove*."""
        return cast("Dataset", act("mark", self, tags, remove=remove))

    def diff(self, other: Dataset | str) -> dict[str, Any]:
        """Return what changed from this version to *other*, a version or its reference."""
        return cast("dict[str, Any]", act("diff", self, other))

    def restore(self, *, note: str = "") -> Dataset:
        """Return a new version with the content of this older one."""
        return cast("Dataset", act("restore", self, note=note))

    def history(self, id: str = "") -> list[dict[str, Any]]:
        """Return the life of a row, or of the dataset: who changed what, when, how and from what."""
        return cast("list[dict[str, Any]]", act("history", self, id))

    def preview(self, steps: Sequence[str], *, n: int = 6, seed: int = 0) -> Any:
        """Return *n* items before and after the steps of `wb.augment()`, as a picture; nothing is written."""
        return act("preview", self, steps, n=n, seed=seed)

    def compact(self) -> dict[str, int]:
        """Put many small files together; every version stays."""
        return cast("dict[str, int]", act("compact", self))

    def publish(self, to: str) -> str:
        """Write this version to a folder or an address for others to read; return where it is."""
        return cast("str", act("publish", self, to))

    def to_json(self) -> dict[str, Any]:
        """Return the facts that the faces show."""
        return {
            "ref": self.ref,
            "name": self.name,
            "version": self.version,
            "n_items": self.n_items,
            "task": self.task,
            "classes": list(self.classes),
        }


def commit(
    ws: Workspace,
    name: str,
    rows: Any,
    *,
    task: str = "",
    classes: Sequence[str] = (),
    note: str = "",
    remove: Sequence[str] = (),
    meta: Mapping[str, Any] | None = None,
    verb: str = "",
    inputs: Sequence[str] = (),
) -> Dataset:
    """Upsert *rows* and return the next version; the same content returns the newest version.

    Args:
        ws: The workspace.
        name: The dataset's name; made on first use.
        rows: Dictionaries with `id`, or a `pyarrow.Table` or `RecordBatchReader`. What a dictionary does not say of a row
            that is there stays as it is.
        task: What the samples are for; that of the version before by default.
        classes: The classes of the labels; those of the version before by default.
        note: A line on what changed.
        remove: The ids of rows that go.
        meta: What else the version says of itself, such as `embedding_by`; what the version before said stays.
        verb: What made the version.
        inputs: References of what it was made from.
    """
    refs.check_name(name, what="dataset")
    before = ws.tables.versions(name)[-1].meta if name in ws.tables.names() else {}
    told = {key: value for key, value in before.items() if key not in PROVENANCE} | dict(meta or {})
    told |= {"task": task or before.get("task", ""), "classes": list(classes or before.get("classes", ())), "note": note}
    run = getattr(ws.settings, "run", "")
    origin = {"by": getpass.getuser(), "run": f"run:{run}" if run else "", "verb": verb, "inputs": list(inputs)}
    made = ws.tables.commit(name, rows, meta=told | {key: value for key, value in origin.items() if value}, remove=remove)
    ws.pins.pop(f"dataset:{name}", None)  # from now on the name stands for what was made here
    data = find(ws, refs.Ref("dataset", name, str(made.version)))
    shown = {"note": note, "created": made.created, "tags": ws.histories.tags(name)}
    ws.records.put("dataset", name, data.to_json() | shown, state="ready")
    ws.events.emit("dataset", data.ref, n_items=data.n_items)
    return data


def outdated(before: Row, said: Row) -> list[str]:
    """Return the columns that were computed of a row and no longer hold when *said* is said of it.

    >>> outdated({"text": "a gull", "embedding": [1.0]}, {"text": "a pump"})
    ['embedding']
    """
    changed = {name for name, value in said.items() if value != before.get(name)}
    return [name for name, parts in COMPUTED.items() if name not in said and not changed.isdisjoint(parts)]


def find(ws: Workspace, ref: refs.Ref) -> Dataset:
    """Return the dataset of *ref*: a version, or the selection of its rows that the digest names."""
    if ref.name not in ws.tables.names():
        raise not_found("dataset", ref.name, ws.tables.names(), hint="Make one with wb.ingest().")
    versions = {str(v.version): v for v in ws.tables.versions(ref.name)}
    found = versions.get(ref.version) if ref.version else list(versions.values())[-1]
    if found is None:
        tags = ws.histories.tags(ref.name)
        found = versions.get(str(tags.get(str(ref.version))))
        if found is None:
            raise not_found(f"version of dataset {ref.name}", str(ref.version), [*versions, *tags])
    data = Dataset(
        ws,
        found.name,
        found.version,
        found.digest,
        found.n_rows,
        found.columns,
        str(found.meta.get("task", "")),
        tuple(found.meta.get("classes", ())),
    )
    if ref.digest is None or found.digest.startswith(ref.digest):
        return data
    try:
        key = ws.blobs.find(ref.digest)
    except NotFoundError as exc:
        raise not_found(f"content of dataset {ref.name}@{found.version}", f"#{ref.digest}", [data.ref]) from exc
    return data.select(json.loads(ws.blobs.path(key).read_text(encoding="utf-8")))
