"""The actions `publish` and `attach`: a dataset for others to read, and one of others read where it lies."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.core import refs
from workbench.core.dataset import MEDIA, Dataset
from workbench.core.errors import InputError
from workbench.core.workspace import Workspace

_CHUNK = 20_000
_ADDRESS = re.compile(r"(?P<root>.+)/(?P<name>[^/@#]+)(?P<rest>[@#].*)?")


def publish(data: Dataset, to: str) -> str:
    """Write this version, its tags and its media to a folder or an address such as `s3://lab/line-3`; return where it is.

    Others open it with `ws.dataset("s3://lab/line-3/caps")`. A version that is there already is not written again, nor are
    media. Media that are addresses stay where they are.

    Raises `ConflictError` when that place has other content under the same number.
    """
    import pyarrow as pa

    from workbench.store import sharing

    if data.selection:
        raise InputError(f"{data.ref} is a selection of rows; whole versions are published.", hint="Commit its rows first.")
    root = _absolute(to)
    ws, version = data.ws, next(v for v in data.ws.tables.versions(data.name) if v.version == data.version)
    sharing.publish_media(root, _media(data))
    ids = data.ids()
    schema = ws.scans.columns(data.name, data.version, data.columns, ids=ids[:1]).schema

    def batches() -> Iterator[Any]:
        for start in range(0, len(ids), _CHUNK):
            part = ws.scans.columns(data.name, data.version, data.columns, ids=ids[start : start + _CHUNK])
            yield from part.cast(schema).combine_chunks().to_batches()

    tags = {tag: number for tag, number in ws.histories.tags(data.name).items() if number == data.version}
    facts = dataclasses.asdict(version) | {"meta": dict(version.meta), "columns": list(version.columns)}
    sharing.publish(root, facts, pa.RecordBatchReader.from_batches(schema, batches()), tags=tags)
    return f"{root}/{data.name}@{data.version}"


def attach(ws: Workspace, address: str) -> Dataset:
    """Let a dataset that lies elsewhere be one of this workspace too, to be read; return it.

    *address* is the folder of another workspace, or where something was published, with the dataset's name at its end:
    `/data/line-3/caps@2` or `s3://lab/line-3/caps`. From then on `ws.dataset("caps")` finds it, also in jobs. Nothing
    is copied but the media that are looked at from behind an address. Who writes to it is refused.
    """
    from workbench.store import sharing

    found = _ADDRESS.fullmatch(address.strip())
    if not found:
        raise InputError(f"{address!r} is not the address of a dataset.", hint="Write s3://bucket/folder/name, or a path.")
    name = refs.check_name(found["name"], what="dataset")
    sharing.link(ws.root / "data", name, _absolute(found["root"]))
    forget = getattr(getattr(ws.tables, "shelf", None), "forget", None)
    if forget is not None:
        forget()
    data = ws.dataset(f"{name}{found['rest'] or ''}")
    if not any(record.id == name for record in ws.records.all("dataset")):
        ws.records.put("dataset", name, data.to_json() | {"note": f"read from {found['root']}"}, state="ready")
        ws.events.emit("dataset", data.ref, n_items=data.n_items)
    return data


def _absolute(place: str) -> str:
    return place.rstrip("/") if "://" in place else str(Path(place).expanduser().resolve())


def _media(data: Dataset) -> Iterator[tuple[str, Path]]:
    columns = [c for c in (MEDIA, f"{MEDIA}_b") if c in data.columns]
    if not columns:
        return
    for start in range(0, data.n_items, _CHUNK):
        for row in data.rows(columns, offset=start, limit=_CHUNK):
            for key in (row[c] for c in columns if row[c] is not None and "/" not in row[c]):
                yield key, data.ws.blobs.path(key)
