"""Dataset: an immutable version of a table of samples, or a selection of its rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.core import refs
from workbench.core.errors import InputError, NotFoundError, not_found
from workbench.core.ports import Row
from workbench.core.workspace import Workspace

#: Columns that every dataset of samples has. A label is what a person said, a prediction what a model guessed.
ID, MEDIA, LABEL, LABEL_BY, LABEL_AT = "id", "media", "label", "label_by", "label_at"
PREDICTION, PREDICTION_BY, SCORE = "prediction", "prediction_by", "score"


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
        return LABEL in self.columns and any(label is not None for label in self.labels())

    def labeled(self) -> Dataset:
        """Return the rows that have a label; raise `InputError` when none has."""
        ids = [row[ID] for row in self.rows([ID, LABEL]) if row.get(LABEL) is not None]
        if not ids:
            raise InputError(f"Dataset {self.name}@{self.version} has no labels.", hint="Call wb.label() first.")
        return self if len(ids) == self.n_items else self.select(ids)

    def select(self, ids: Sequence[str]) -> Dataset:
        """Return the rows with these ids, in this order, as a dataset of its own reference."""
        content = json.dumps(list(ids)).encode()
        key = self.ws.blobs.put(content, suffix=".ids")
        chosen = hashlib.sha256(content).hexdigest()
        return replace(self, selection=key, digest=chosen, n_items=len(ids))

    def media(self, row: Row) -> Path:
        """Return the file that holds a row's image, recording or text."""
        return self.ws.blobs.path(str(row[MEDIA]))

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
    ws: Workspace, name: str, rows: Iterable[Row], *, task: str = "", classes: Sequence[str] = (), note: str = ""
) -> Dataset:
    """Upsert *rows* (each with `id`) and return the next version; the same content returns the newest version."""
    refs.check_name(name, what="dataset")
    before = ws.tables.versions(name)[-1].meta if name in ws.tables.names() else {}
    meta = {"task": task or before.get("task", ""), "classes": list(classes or before.get("classes", ())), "note": note}
    made = ws.tables.commit(name, rows, meta=meta)
    ws.pins.pop(f"dataset:{name}", None)  # from now on the name stands for what was made here
    data = find(ws, refs.Ref("dataset", name, str(made.version)))
    ws.records.put("dataset", name, data.to_json() | {"note": note, "created": made.created}, state="ready")
    ws.events.emit("dataset", data.ref, n_items=data.n_items)
    return data


def find(ws: Workspace, ref: refs.Ref) -> Dataset:
    """Return the dataset of *ref*: a version, or the selection of its rows that the digest names."""
    if ref.name not in ws.tables.names():
        raise not_found("dataset", ref.name, ws.tables.names(), hint="Make one with wb.ingest().")
    versions = {str(v.version): v for v in ws.tables.versions(ref.name)}
    found = versions.get(ref.version) if ref.version else list(versions.values())[-1]
    if found is None:
        raise not_found(f"version of dataset {ref.name}", str(ref.version), versions)
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
