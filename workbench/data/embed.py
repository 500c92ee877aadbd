"""The verb `embed`: a vector for every item, so that like items are found, mapped and compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.dataset import COMPUTED, EMBEDDING, ID, Dataset, commit
from workbench.core.dataset import find as find_dataset
from workbench.core.errors import InputError
from workbench.core.refs import Ref
from workbench.models.embedders.embedder import DEFAULT, find, full_name

if TYPE_CHECKING:
    from workbench.data.vectors import Vectors


def embed(data: Dataset, *, model: str = "") -> Dataset:
    """Return the next version of *data* with the column `embedding`; items that have a vector by *model* keep it.

    Args:
        data: A dataset of pictures, texts or recordings.
        model: "pixels" or "color" for pictures, "ngrams" or "minilm" for texts, "spectrum" for recordings; a model of the
            workspace, such as "model:caps@4"; or a local folder with a pretrained model as transformers saves them. One
            of two towers, such as CLIP, takes pictures and texts into one space, so that words find pictures.
            Empty: as before, else the first of each.

    Raises:
        InputError: when *model* does not take such items; when part of a dataset would get vectors of another model than
            the rest; when nothing can be read. Single items that cannot be read get no vector and are logged.
    """
    from workbench.data.vectors import computed, modality, stored  # numpy, when something is computed

    if not len(data):
        raise InputError(f"{data.ref} has no items.")
    kind = modality(data)
    if kind not in DEFAULT:
        raise InputError(
            f"{data.ref} has rows without pictures, texts or recordings.", hint="wb.audit() reads them as they are."
        )
    # Changes are made to the newest version: who embeds an older one brings no row back that has gone since.
    newest = find_dataset(data.ws, Ref("dataset", data.name))
    there = set(newest.ids())
    ids = [id for id in data.ids() if id in there]
    before = embedded_by(newest)
    name = full_name(data.ws, model or before or DEFAULT[kind])
    if before not in ("", name) and len(ids) < len(there):
        raise InputError(
            f"{newest.name}@{newest.version} has vectors by {before!r}; part of it cannot have others.",
            hint=f"Embed the whole dataset by {name!r}, or this part by {before!r}.",
        )
    done = set(stored(newest)[0]) if before == name else set()
    missing = [id for id in ids if id not in done]
    if missing:
        embedder = find(data.ws, name, modality=kind)
        kept, vectors = computed(newest, missing, embedder, kind, verb="embed")
        if not kept:
            raise InputError(f"None of {len(missing)} items of {data.ref} can be read.", hint="wb.audit(data) tells why.")
        removed, changed = _since(newest)
        rows = _column(missing, kept, vectors)
        if removed or changed:  # by somebody, meanwhile: what it was has no vector any more
            rows = rows.filter([id not in removed and id not in changed for id in missing])
            ids = [id for id in ids if id not in removed]
        newest = commit(
            data.ws, data.name, rows, note=f"{len(kept)} vectors by {name}", meta={"embedding_by": name}, verb="embed"
        )
    return newest.select(ids) if data.selection else newest


def _since(data: Dataset) -> tuple[set[str], set[str]]:
    """Return the items of *data* that are gone in the newest version, and those whose content is another."""
    newest = find_dataset(data.ws, Ref("dataset", data.name))
    if newest.version == data.version:
        return set(), set()
    found = data.ws.histories.changes(data.name, data.version, newest.version)
    parts = [ID, *COMPUTED[EMBEDDING]]
    both = [data.ws.tables.read(data.name, of.version, ids=found["changed"]) for of in (data, newest)]
    pairs = zip(*([{part: row.get(part) for part in parts} for row in rows] for rows in both), strict=True)
    return set(found["removed"]), {str(was[ID]) for was, now in pairs if was != now}


def _column(ids: Sequence[str], kept: Sequence[str], vectors: Vectors) -> Any:
    """Return the vectors as a table; an item that could not be read has none, nor keeps one of another model."""
    import numpy as np
    import pyarrow as pa

    read = set(kept)
    absent = np.array([id not in read for id in ids])
    whole = vectors
    if absent.any():
        whole = np.zeros((len(ids), vectors.shape[1]), np.float32)
        whole[~absent] = vectors
    column = pa.FixedSizeListArray.from_arrays(pa.array(whole.ravel()), vectors.shape[1], mask=pa.array(absent))
    return pa.table({ID: pa.array(list(ids)), EMBEDDING: column})


def embedded_by(data: Dataset) -> str:
    """Return the full name of what computed the vectors of *data*, '' when it has none."""
    if EMBEDDING not in data.columns:
        return ""
    return str(data.ws.tables.versions(data.name)[data.version - 1].meta.get("embedding_by", ""))
