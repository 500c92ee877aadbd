"""The verb `search`: the items most like a text, a file or another item."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.dataset import EMBEDDING, Dataset
from workbench.core.errors import InputError, NotFoundError
from workbench.data.embed import embedded_by

if TYPE_CHECKING:
    from workbench.data.vectors import Vectors


def search(data: Dataset, query: str, *, k: int = 20) -> Dataset:
    """Return up to *k* items most like *query*, most like it first, by the vectors that `wb.embed()` made.

    Args:
        data: An embedded dataset.
        query: The id of an item of it, which is left out of what is found; a path to a file; or any other text.
        k: How many.

    Raises:
        InputError: when *data* has no vectors, or what made them does not take such a query.
    """
    if k < 1:
        raise InputError(f"`k` must be at least 1, got {k}.")
    if not query.strip():
        raise InputError("The query is empty.", hint="Give the id of an item, a path or a text.")
    by = embedded_by(data)
    if not by:
        raise InputError(f"{data.ref} has no vectors.", hint="Call wb.embed(data) first; for words, with a CLIP folder.")
    own = _vector_of(data, query)
    vector = _vector_by(data, query, by) if own is None else own
    found = _nearest(data, vector, k + (own is not None))
    return data.select([id for id in found if own is None or id != query][:k])


def _vector_of(data: Dataset, id: str) -> Vectors | None:
    """Return the vector of an item, None when no item has that id."""
    from workbench.data.vectors import stored

    try:
        names, vectors = stored(data, [id])
    except NotFoundError:
        return None
    if not names:
        raise InputError(f"Item {id!r} has no vector.", hint="wb.embed(data) makes those that are missing.")
    vector: Vectors = vectors[0]
    return vector


def _vector_by(data: Dataset, query: str, by: str) -> Vectors:
    """Return the vector of a file or a text, made as those of *data* were."""
    from workbench.data.vectors import modality
    from workbench.models.embedders.embedder import find
    from workbench.tasks import pictures, sounds, writings

    path, kind = _path(query), modality(data)
    try:
        is_file = path.is_file()
    except OSError:  # a text too long to be a name
        is_file = False
    if not is_file and _looks_like_path(query):
        raise InputError(f"There is no file {path.absolute()}.")
    readers: dict[str, Any] = {"image": pictures.read, "audio": sounds.read, "text": writings.read}
    embedder = find(data.ws, by, modality=kind)
    if not is_file and "text" not in embedder.takes:
        raise InputError(
            f"{query!r:.80} is no item of {data.ref} and no file, and its vectors by {by!r} know no words.",
            hint='Embed with a model of pictures and texts: wb.embed(data, model="path/to/clip").',
        )
    found = embedder.vectors(kind, [readers[kind](path)]) if is_file else embedder.vectors("text", [query])
    vector: Vectors = found[0]
    return vector


def _nearest(data: Dataset, vector: Vectors, k: int) -> list[str]:
    if not data.selection:
        return [id for id, _ in data.ws.scans.nearest(data.name, data.version, EMBEDDING, vector.tolist(), k)]
    from workbench.data.vectors import stored
    from workbench.ops.vectors import nearest

    names, vectors = stored(data)
    if not names:
        raise InputError(f"{data.ref} has no vectors.", hint="Call wb.embed(data) first.")
    places, _ = nearest(vectors, vector[None], k)
    return [names[i] for i in places[0]]


def _path(query: str) -> Path:
    return Path.home() / query[2:] if query.startswith("~/") else Path(query)


def _looks_like_path(query: str) -> bool:
    return (
        "/" in query and " " not in query and Path(query).suffix.lower() in (".png", ".jpg", ".jpeg", ".webp", ".wav", ".flac")
    )
