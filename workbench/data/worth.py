"""How much a label of each item would tell: what a model is unsure of, and what is far from all that is labeled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.dataset import ID, MEDIA, SCORE, TEXT, Dataset
from workbench.core.errors import InputError
from workbench.core.model import Model
from workbench.data.embed import embedded_by
from workbench.data.vectors import Vectors, computed, modality, stored
from workbench.models.embedders.embedder import DEFAULT, find
from workbench.models.predict import loaded
from workbench.ops import sampling
from workbench.ops.probe import Probe, committee

Probabilities = NDArray[np.float64]

MEMBERS = 5
_WORTH: Mapping[str, Callable[[Probabilities], NDArray[np.float64]]] = {
    "uncertainty": sampling.uncertainty,
    "margin": sampling.narrowness,
}


def order(
    by: str, n: int, *, pool: Vectors, seen: Vectors, labels: Sequence[str], seed: int, probe: Probe | None = None
) -> list[int]:
    """Return the places in *pool* of the *n* items most worth a label, given the vectors and labels that there are."""
    if by == "random":
        return [int(i) for i in np.random.default_rng(seed).permutation(len(pool))[:n]]
    if by == "diversity":
        return sampling.farthest_points(pool, n, seed=seed)
    if by == "coverage":
        return sampling.representatives(pool, n, seed=seed, taken=seen)
    if by == "disagreement":
        members = committee(seen, labels, MEMBERS, seed=seed)
        return sampling.most(sampling.disagreement([each.probabilities(pool) for each in members]), n)
    return sampling.most(_WORTH[by]((probe or Probe(seen, labels)).probabilities(pool)), n)


def spread(data: Dataset, ids: Sequence[str], known: Mapping[str, str], n: int, *, by: str, seed: int) -> list[str]:
    """Return *n* of *ids* that differ from each other, or that stand for what nothing labeled stands for."""
    names, pool = vectors_of(data, ids)
    seen = vectors_of(data, sorted(known))[1] if by == "coverage" and known else pool[:0]
    return [names[i] for i in order(by, min(n, len(names)), pool=pool, seen=seen, labels=(), seed=seed)]


def doubtful(
    data: Dataset, ids: Sequence[str], known: Mapping[str, str], n: int, *, by: str, model: Model | None, seed: int
) -> list[str]:
    """Return the *n* of *ids* that a model, or a committee, is least sure of."""
    if model is not None:
        return [ids[i] for i in sampling.most(_by_model(data, ids, by, model), n)]
    if by == "uncertainty" and SCORE in data.columns and (scored := _scored(data, ids)):
        return scored[:n]
    labels = [known[id] for id in sorted(known)]
    if len(set(labels)) < 2:
        raise InputError(
            f"{data.ref} has no predictions, and labels of fewer than 2 classes to learn from.",
            hint='Give pick() a `model`, or begin with by="diversity" or by="coverage".',
        )
    (kept, seen), (names, pool) = vectors_of(data, sorted(known)), vectors_of(data, ids)
    said = [known[id] for id in kept]
    return [names[i] for i in order(by, min(n, len(names)), pool=pool, seen=seen, labels=said, seed=seed)]


def vectors_of(data: Dataset, ids: Sequence[str], *, like: Dataset | None = None) -> tuple[list[str], Vectors]:
    """Return the ids of the items that have or get a vector, and the vectors: those that *data* holds, else new ones.

    With *like*, they are by what made the vectors of that dataset, so that they can be compared.
    """
    kind = modality(data)
    name = embedded_by(like or data) or DEFAULT.get(kind, "")
    if embedded_by(data) == name:
        names, vectors = stored(data, ids)
        if len(names) == len(ids):
            return names, vectors
    if not name:
        raise InputError(f"{data.ref} has rows without pictures, texts or recordings.", hint='Pick by="random".')
    names, vectors = computed(data, ids, find(data.ws, name, modality=kind), kind, verb="pick")
    if not names:
        raise InputError(f"None of {len(ids)} items of {data.ref} can be read.", hint="wb.audit(data) tells why.")
    return names, vectors


def _scored(data: Dataset, ids: Sequence[str]) -> list[str]:
    wanted = set(ids)
    rows = [row for row in data.rows([ID, SCORE]) if row.get(SCORE) is not None and str(row[ID]) in wanted]
    return [id for _, id in sorted((float(row[SCORE]), str(row[ID])) for row in rows)]


def _by_model(data: Dataset, ids: Sequence[str], by: str, model: Model) -> NDArray[np.float64]:
    items = _items(data, ids)
    if by != "disagreement":
        return _WORTH[by](_asked(model, items))
    versions = [v.version for v in model.ws.models.versions(model.name) if v.version <= model.version][-MEMBERS:]
    if len(versions) < 2:
        raise InputError(f"{model.ref} is the only version, and one alone does not disagree.", hint="Leave `model` out.")
    return sampling.disagreement([_asked(model.ws.model(f"{model.name}@{v}"), items, model.classes) for v in versions])


def _asked(model: Model, items: Sequence[Any], classes: Sequence[str] = ()) -> Probabilities:
    names = classes or model.classes
    said = loaded(model).predict(items)
    return np.array([[each.scores.get(name, 0.0) for name in names] for each in said])


def _items(data: Dataset, ids: Sequence[str]) -> list[Any]:
    rows = data.ws.tables.read(data.name, data.version, columns=[c for c in (ID, MEDIA, TEXT) if c in data.columns], ids=ids)
    return [data.media(row) if row.get(MEDIA) else row.get(TEXT) for row in rows]
