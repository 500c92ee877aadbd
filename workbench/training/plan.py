"""The plan of a training: what is trained on what; as `plan.json` it is all that a worker is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core import files
from workbench.core.dataset import ID, LABEL, Dataset
from workbench.core.recipe import Recipe, from_ref
from workbench.core.workspace import Workspace

FILE = "plan.json"

#: A rehearsal trains on so many samples at most, and so many steps.
_SMALL, _STEPS = 256, 8


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is trained on what; *name* is the model's, *full* the training that a small one stands for."""

    recipe: Recipe
    data: Dataset
    val: Dataset
    classes: tuple[str, ...]
    name: str
    workers: int = 1
    threads: int = 1
    full: Plan | None = None


def write(folder: Path, plan: Plan) -> Path:
    """Write *plan* for the workers that share the training in *folder*."""
    path = folder / FILE
    told = {
        "recipe": plan.recipe.ref,
        "data": plan.data.ref,
        "val": plan.val.ref,
        "classes": list(plan.classes),
        "name": plan.name,
        "workers": plan.workers,
        "threads": plan.threads,
    }
    files.write_json(path, told)
    return path


def read(ws: Workspace, folder: Path) -> Plan:
    """Return the plan in *folder*."""
    told: Mapping[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
    return Plan(
        recipe=from_ref(told["recipe"]),
        data=ws.dataset(told["data"]),
        val=ws.dataset(told["val"]),
        classes=tuple(told["classes"]),
        name=told["name"],
        workers=int(told["workers"]),
        threads=int(told["threads"]),
    )


def small(plan: Plan) -> Plan:
    """Return a training of a handful of steps on few samples of every class, to try *plan* and to time its steps."""
    n_items = min(_SMALL, _STEPS * plan.recipe.batch_size)
    data, val = (few(side, n_items) for side in (plan.data, plan.val))
    return replace(plan, recipe=replace(plan.recipe, epochs=1), data=data, val=val, workers=1, full=plan)


def few(data: Dataset, n_items: int, *, seed: int = 0) -> Dataset:
    """Return at most *n_items* labeled samples, at least two of each class where there are, in shares as in *data*."""
    if len(data) <= n_items:
        return data
    rows = data.rows([ID, LABEL])
    random = np.random.default_rng(seed)
    order = [rows[i] for i in random.permutation(len(rows))]
    by_label: dict[str, list[str]] = {}
    for row in order:
        by_label.setdefault(str(row[LABEL]), []).append(str(row[ID]))
    share = n_items / len(rows)
    kept = {i for ids in by_label.values() for i in ids[: max(2, int(len(ids) * share))]}
    return data.select([str(row[ID]) for row in rows if row[ID] in kept])
