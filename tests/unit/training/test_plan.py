"""A plan travels to the workers as it is; a small one keeps every class."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import workbench as wb
from workbench.core.dataset import commit
from workbench.training import plan
from workbench.training.plan import Plan, few, small


def dataset(ws: wb.Workspace, labels: str) -> wb.Dataset:
    rows = [{"id": f"{i:04}", "media": f"{i}", "label": label} for i, label in enumerate(labels)]
    return commit(ws, "caps", rows, task="image-classification")


def whole(ws: wb.Workspace, labels: str = "a" * 400 + "b" * 100) -> Plan:
    data = dataset(ws, labels)
    ids = data.ids()
    recipe = wb.recipe("image-classification", epochs=7, batch_size=16)
    return Plan(recipe=recipe, data=data.select(ids[1::2]), val=data.select(ids[::2]), classes=("a", "b"), name="caps")


def test_few_samples_have_the_shares_of_all_and_at_least_two_of_each_class(ws: wb.Workspace) -> None:
    data = dataset(ws, "a" * 700 + "b" * 290 + "c" * 10)
    chosen = few(data, 100)
    assert Counter(chosen.labels()) == {"a": 70, "b": 29, "c": 2}
    assert few(data, 100).ref == chosen.ref
    assert few(data, 100, seed=1).ref != chosen.ref
    assert few(data, 5000) is data


def test_a_small_training_is_one_epoch_of_a_few_steps_alone_and_knows_the_full_one(ws: wb.Workspace) -> None:
    full = replace(whole(ws), workers=4)
    made = small(full)
    assert (made.recipe.epochs, made.workers, made.full) == (1, 1, full)
    assert 7 * 16 < len(made.data) <= 8 * 16
    assert set(made.data.labels()) == set(made.val.labels()) == {"a", "b"}


def test_a_plan_is_read_as_it_was_written(ws: wb.Workspace, tmp_path: Path) -> None:
    made = replace(whole(ws), workers=2, threads=3)
    plan.write(tmp_path, made)
    assert plan.read(ws, tmp_path) == made
