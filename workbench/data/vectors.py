"""The vectors of a dataset's items: those that it holds, or computed from the items, a few hundred at a time."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.dataset import EMBEDDING, ID, MEDIA, SHA256, TEXT, THUMB, Dataset
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.models.embedders.embedder import Embedder
from workbench.tasks import pictures, sounds
from workbench.tasks.modalities import OfSounds

Vectors = NDArray[np.float32]

_log = logging.getLogger(__name__)
_CHUNK = 256
#: So many of the items that cannot be read are named in the log.
_LISTED = 20
#: So many rows are read in one go.
_WHOLE = 65_536


def modality(data: Dataset) -> str:
    """Return what the items are, from what the rows hold: image, audio, text or table."""
    if MEDIA in data.columns and (found := _first(data, MEDIA)):
        return "audio" if found.lower().endswith(OfSounds.suffixes) else "image"
    return "text" if TEXT in data.columns and _first(data, TEXT) is not None else "table"


def decoded(data: Dataset, row: Row, kind: str, *, small: bool = False, column: str = MEDIA) -> Any:
    """Return a row's item: a picture, a `Sound` or a text; raise `InputError` when it cannot be read or is empty.

    With *small*, a picture's thumbnail will do; *column* holds the file.
    """
    if kind == "text":
        if not str(row.get(TEXT) or "").strip():
            raise InputError("The text is empty.")
        return row[TEXT]
    if small and row.get(THUMB) and kind == "image":
        return pictures.read(row[THUMB])
    if not row.get(column):
        raise InputError(f"The row has no {kind}.")
    path = data.media(row, column=column)
    return pictures.read(path) if kind == "image" else sounds.read(path)


def each(
    data: Dataset, ids: Sequence[str], look: Callable[[Row], Any], columns: Sequence[str], *, verb: str
) -> Iterator[list[tuple[str, Any]]]:
    """Yield what *look* says of the rows with these *ids*, or the error that it raised, a few hundred at a time."""
    wanted = [c for c in dict.fromkeys([ID, *columns]) if c in data.columns]
    with ThreadPoolExecutor(min(8, (os.cpu_count() or 1) + 1)) as pool:
        for start in range(0, len(ids), _CHUNK):
            part = list(ids[start : start + _CHUNK])
            rows = data.ws.tables.read(data.name, data.version, columns=wanted, ids=part)
            yield list(zip(part, pool.map(partial(_tried, look), rows), strict=True))
            data.ws.events.emit("progress", data.ref, verb=verb, done=min(start + _CHUNK, len(ids)), total=len(ids))


def computed(data: Dataset, ids: Sequence[str], embedder: Embedder, kind: str, *, verb: str) -> tuple[list[str], Vectors]:
    """Return the ids of the items that could be read, in their order, and their vectors; the others are logged."""
    columns = (TEXT,) if kind == "text" else (MEDIA, SHA256, THUMB)
    look = partial(decoded, data, kind=kind, small=embedder.small)
    kept: list[str] = []
    n_left_out = 0
    made = np.empty((0, 1), np.float32)
    for chunk in each(data, ids, look, columns, verb=verb):
        good = [(id, item) for id, item in chunk if not isinstance(item, InputError)]
        for id, item in chunk:
            if isinstance(item, InputError):
                n_left_out += 1
                if n_left_out <= _LISTED:
                    _log.warning("Left out %s of %s: %s", id, data.ref, item.message)
        if good:
            found = embedder.vectors(kind, [item for _, item in good])
            if not kept:  # once, for all of them: parts put together at the end would be there twice
                made = np.empty((len(ids), found.shape[1]), np.float32)
            made[len(kept) : len(kept) + len(good)] = found
            kept += [id for id, _ in good]
    if n_left_out > _LISTED:
        _log.warning("Left out %d more of %s; wb.audit(data, checks=['invalid']) lists them.", n_left_out - _LISTED, data.ref)
    return kept, made[: len(kept)]


def stored(data: Dataset, ids: Sequence[str] | None = None) -> tuple[list[str], Vectors]:
    """Return the ids of the items that have a vector, and the vectors, in order; of *ids*, or of all of *data*."""
    if EMBEDDING not in data.columns:
        return [], np.empty((0, 1), np.float32)
    wanted = data.ids() if ids is None else list(ids)
    kept: list[str] = []
    made = np.empty((0, 1), np.float32)
    for part in parts(wanted):
        table = data.ws.scans.columns(data.name, data.version, [ID, EMBEDDING], ids=part)
        column = table[EMBEDDING].combine_chunks()
        names = table[ID].filter(column.is_valid()).to_pylist()
        if not names:
            continue
        found = np.asarray(column.drop_null().flatten(), np.float32).reshape(len(names), -1)
        if not kept:
            made = np.empty((len(wanted), found.shape[1]), np.float32)
        made[len(kept) : len(kept) + len(names)] = found
        kept += names
    return kept, made[: len(kept)]


def parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield some ids at a time: fewer than it pays to read a whole table for."""
    size = len(ids) if len(ids) <= _WHOLE else len(ids) // 40
    for start in range(0, len(ids), max(1, size)):
        yield ids[start : start + size]


def _tried(look: Callable[[Row], Any], row: Row) -> Any:
    try:
        return look(row)
    except InputError as exc:
        return exc


def _first(data: Dataset, column: str) -> str | None:
    values = (row.get(column) for row in data.rows([ID, column], limit=100))
    return next((str(value) for value in values if value), None)
