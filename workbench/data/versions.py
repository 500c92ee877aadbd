"""The actions `tag`, `diff`, `restore`, `history` and `compact`: what happened to a dataset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workbench.core.dataset import ID, LABEL, PROVENANCE, Dataset, commit
from workbench.core.errors import ConflictError, InputError
from workbench.core.ports import Row, TableVersion
from workbench.core.refs import Ref

#: Rows are compared so many at a time.
_CHUNK = 20_000
#: A list that is longer than this is told by its length.
_LONG = 16


def tag(data: Dataset, tag: str, *, remove: bool = False) -> Dataset:
    """Let *tag* stand for this version from now on: `dataset:caps@gold` is it; with *remove*, take the tag away.

    A reference with a tag becomes one with the version's number as soon as it is looked up, so a run knows what it used
    also after the tag has moved.
    """
    _whole(data, "tagged")
    ws = data.ws
    if remove and ws.histories.tags(data.name).get(tag) not in (None, data.version):
        raise ConflictError(f"The tag {tag!r} of {data.name} stands for another version.", hint="Take it from that one.")
    ws.histories.tag(data.name, tag, None if remove else data.version)
    if any(record.id == data.name for record in ws.records.all("dataset")):
        ws.records.update("dataset", data.name, tags=ws.histories.tags(data.name))
    return data


def diff(data: Dataset, other: Dataset | str, *, limit: int = 1000) -> dict[str, Any]:
    """Return what changed from *data* to *other*, two versions of a dataset or selections of its rows.

    *other* may be a reference as well, such as "caps@2".

    Returns:
        `before`, `after` (references), `n_added`, `n_removed`, `n_changed`, up to *limit* ids as `added` and `removed`,
        up to *limit* rows as `changed`: `{"id": ..., "columns": {"label": ["ok", "crack"]}}`; how many labels were
        `added`, `removed` and `changed`, as `labels`, and up to *limit* of them, also those of rows that came or went,
        as `relabeled`: `{"id": ..., "label": ["ok", None]}`.
    """
    if isinstance(other, str):
        other = data.ws.dataset(other)
    if not isinstance(other, Dataset):
        raise InputError(f"`other` must be a Dataset, got {other!r:.80}.", hint=f'Give it one, or "{data.name}@1".')
    if data.name != other.name:
        raise InputError(f"{data.ref} and {other.ref} are not of one dataset.", hint="Compare two versions of one.")
    found = _between(data, other)
    changed: list[dict[str, Any]] = []
    relabeled: list[dict[str, Any]] = []
    labels = {"added": 0, "removed": 0, "changed": 0}
    for before, after in _pairs(data, other, found):
        was, is_now = before.get(LABEL), after.get(LABEL)
        if was != is_now:
            labels["added" if was is None else "removed" if is_now is None else "changed"] += 1
            if len(relabeled) < limit:
                relabeled.append({"id": (before or after)[ID], "label": [was, is_now]})
        if before and after and len(changed) < limit:
            changed.append({"id": before[ID], "columns": _differing(before, after)})
    return {
        "before": data.ref,
        "after": other.ref,
        **{f"n_{kind}": len(ids) for kind, ids in found.items()},
        "added": list(found["added"][:limit]),
        "removed": list(found["removed"][:limit]),
        "changed": changed,
        "labels": labels,
        "relabeled": relabeled,
    }


def restore(data: Dataset, *, note: str = "") -> Dataset:
    """Return a new version with the content of *data*, an older one; nothing in between is lost.

    Its digest is that of *data*, so what was made from the one is known to be made from the other.
    """
    _whole(data, "restored")
    ws, versions = data.ws, data.ws.tables.versions(data.name)
    newest = versions[-1]
    if newest.version == data.version:
        return data
    found = ws.histories.changes(data.name, data.version, newest.version)
    back = sorted([*found["changed"], *found["removed"]])
    rows = ws.scans.columns(data.name, data.version, data.columns, ids=back)
    for column in newest.columns:
        if column not in rows.column_names:
            rows = rows.append_column(column, [[None] * len(rows)])
    was = next(v for v in versions if v.version == data.version).meta
    lasting = {key: value for key, value in was.items() if key not in PROVENANCE}
    note = note or f"{data.name}@{data.version} again"
    return commit(
        ws, data.name, rows, remove=found["added"], meta=lasting, task=data.task, classes=data.classes,
        note=note, verb="restore", inputs=[data.ref],
    )  # fmt: skip


def history(data: Dataset, id: str = "") -> list[dict[str, Any]]:
    """Return the life of the row *id*: each version that changed it, who made it, how, from what, and what changed.

    Without *id*, that of the dataset: every version up to this one with its number of rows, its tags and where it came from.
    """
    if id:
        return list(_life(data, id))
    tags = data.ws.histories.tags(data.name)
    return [
        _origin(version) | {"n_items": version.n_rows, "tags": sorted(t for t, v in tags.items() if v == version.version)}
        for version in data.ws.tables.versions(data.name)
        if version.version <= data.version
    ]


def compact(data: Dataset) -> dict[str, int]:
    """Put small files together; every version stays. Return `files_before`, `files_after` and `bytes_freed`."""
    return dict(data.ws.histories.compact(data.name))


def _life(data: Dataset, id: str) -> Iterator[dict[str, Any]]:
    before: Row = {}
    for version, row in data.ws.histories.of(data.name, id):
        if version.version > data.version:
            return
        did = "removed" if not row else "changed" if before else "added"
        yield _origin(version) | {"did": did, "columns": _differing(before, row)}
        before = row


def _origin(version: TableVersion) -> dict[str, Any]:
    told = {key: version.meta.get(key) or ([] if key == "inputs" else "") for key in sorted(PROVENANCE)}
    ref = str(Ref("dataset", version.name, str(version.version), version.digest[:12]))
    return {"version": version.version, "ref": ref, "at": version.created, **told}


def _between(data: Dataset, other: Dataset) -> Mapping[str, Sequence[str]]:
    found = data.ws.histories.changes(data.name, data.version, other.version)
    if not (data.selection or other.selection):
        return found
    was, is_now = set(data.ids()), set(other.ids())
    changed = [id for id in found["changed"] if id in was and id in is_now]
    return {"added": sorted(is_now - was), "removed": sorted(was - is_now), "changed": changed}


def _pairs(data: Dataset, other: Dataset, found: Mapping[str, Sequence[str]]) -> Iterator[tuple[Row, Row]]:
    """Return each row that differs as it was and as it is, empty where it is not; of those only in one, just the label."""
    for ids, one, two in ((found["removed"], data, None), (found["added"], None, other), (found["changed"], data, other)):
        for start in range(0, len(ids), _CHUNK):
            part = ids[start : start + _CHUNK]
            columns = None if one and two else [ID, LABEL]
            yield from zip(_rows(one, part, columns), _rows(two, part, columns), strict=True)


def _rows(data: Dataset | None, ids: Sequence[str], columns: Sequence[str] | None) -> list[Row]:
    if data is None:
        return [{} for _ in ids]
    known = [c for c in columns if c in data.columns] if columns is not None else None
    return data.ws.tables.read(data.name, data.version, columns=known, ids=ids)


def _differing(before: Row, after: Row) -> dict[str, list[Any]]:
    columns = [c for c in dict.fromkeys([*before, *after]) if c != ID and before.get(c) != after.get(c)]
    return {c: [_short(before.get(c)), _short(after.get(c))] for c in columns}


def _short(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    return f"{len(value):,} values" if isinstance(value, list) and len(value) > _LONG else value


def _whole(data: Dataset, done: str) -> None:
    if data.selection:
        raise InputError(f"{data.ref} is a selection of rows; whole versions are {done}.", hint="Commit its rows first.")
