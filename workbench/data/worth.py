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
from workbench.ops.probe import Label, Probe, SetProbe, disagreement, probe
from workbench.tasks import task as find_task

Probabilities = NDArray[np.float64]

MEMBERS = 5
_WORTH: Mapping[str, Callable[[Probabilities], NDArray[np.float64]]] = {
    "uncertainty": sampling.uncertainty,
    "margin": sampling.narrowness,
}
#: Orders that look at the vectors alone; they need no labels.
SPREAD = ("diversity", "coverage")
#: What is nearly a tie counts, what is half clear hardly does.
_SHARP = 4


def order(
    by: str,
    n: int,
    *,
    pool: Vectors,
    seen: Vectors,
    labels: Sequence[Label] = (),
    seed: int,
    learned: Probe | SetProbe | None = None,
    doubt: NDArray[np.float64] | None = None,
) -> list[int]:
    """Return the places in *pool* of the *n* items most worth a label, given the vectors and labels that there are.

    For "hybrid", *doubt* says how unsure someone else than a small model is of each item; 1 is a tie.
    """
    if by == "random":
        return [int(i) for i in np.random.default_rng(seed).permutation(len(pool))[:n]]
    if by == "diversity":
        return sampling.farthest_points(pool, n, seed=seed, taken=seen)
    if by == "coverage":
        return sampling.representatives(pool, n, seed=seed, taken=seen)
    if by == "disagreement":
        return sampling.most(disagreement(seen, labels, pool, members=MEMBERS, seed=seed), n)
    if by == "hybrid":
        if doubt is None and len(set(labels)) > 1:
            doubt = sampling.narrowness((learned or probe(seen, labels)).probabilities(pool))
        weights = None if doubt is None else doubt**_SHARP
        return sampling.representatives(pool, n, seed=seed, taken=seen, weights=weights)
    return sampling.most(_WORTH[by]((learned or probe(seen, labels)).probabilities(pool)), n)


def chosen(
    data: Dataset, ids: Sequence[str], known: Mapping[str, str], n: int, *, by: str, model: Model | None, seed: int
) -> list[str]:
    """Return the *n* of *ids*, which nobody has labeled, that are most worth a label; *known* are the labels of others."""
    if by in SPREAD:
        return _placed(data, ids, known, n, by=by, seed=seed)
    if model is not None:
        doubt = _by_model(data, ids, by, model)
        if by == "hybrid":
            return _placed(data, ids, known, n, by=by, seed=seed, doubt=dict(zip(ids, doubt.tolist(), strict=True)))
        return [ids[i] for i in sampling.most(doubt, n)]
    scored = _scored(data, ids) if by in ("uncertainty", "hybrid") and SCORE in data.columns else {}
    if scored and by == "uncertainty":
        return [id for _, id in sorted((score, id) for id, score in scored.items())][:n]
    if scored:
        doubt_of = {id: 1 - min(max(scored.get(id, 0.0), 0.0), 1.0) for id in ids}
        return _placed(data, ids, known, n, by=by, seed=seed, doubt=doubt_of)
    return _placed(data, ids, known, n, by=by, seed=seed, learns=_can_learn(data, known, by=by))


def reader(data: Dataset) -> Callable[[str], Label] | None:
    """Return what makes a class or a set of classes of a label; None where a label is more than that."""
    task = find_task(data.task) if data.task else None
    if task is None or task.shape == "class":
        return str
    return (lambda label: frozenset(task.names_in(label))) if task.shape == "classes" else None


def _can_learn(data: Dataset, known: Mapping[str, str], *, by: str) -> bool:
    """Return whether the labels are something to be unsure by; raise `InputError` where the order needs that."""
    learned = reader(data) is not None
    if learned and len(set(known.values())) > 1:
        return True
    if by == "hybrid":
        return False
    if learned:
        raise InputError(
            f"{data.ref} has no predictions, and labels of fewer than 2 classes to learn from.",
            hint='Give pick() a `model`, or begin with by="hybrid".',
        )
    raise InputError(
        f"A small model learns names of classes, and the labels of {data.ref} for {data.task} are more than that.",
        hint='by="uncertainty" takes rows by their `score`, by="hybrid" any.',
    )


def _placed(
    data: Dataset,
    ids: Sequence[str],
    known: Mapping[str, str],
    n: int,
    *,
    by: str,
    seed: int,
    doubt: Mapping[str, float] | None = None,
    learns: bool = False,
) -> list[str]:
    names, pool = vectors_of(data, ids)
    kept, seen = vectors_of(data, sorted(known)) if known else ([], pool[:0])
    read = reader(data) if learns else None
    said = [read(known[id]) for id in kept] if read else []
    unsure = None if doubt is None else np.array([doubt[name] for name in names])
    return [names[i] for i in order(by, min(n, len(names)), pool=pool, seen=seen, labels=said, seed=seed, doubt=unsure)]


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


def _scored(data: Dataset, ids: Sequence[str]) -> dict[str, float]:
    wanted = set(ids)
    rows = data.rows([ID, SCORE])
    return {str(row[ID]): float(row[SCORE]) for row in rows if row.get(SCORE) is not None and str(row[ID]) in wanted}


def _by_model(data: Dataset, ids: Sequence[str], by: str, model: Model) -> NDArray[np.float64]:
    items = _items(data, ids)
    if by != "disagreement":
        return _WORTH.get(by, sampling.narrowness)(_asked(model, items))
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
