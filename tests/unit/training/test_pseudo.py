"""Labels that only a model gave."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench.core.dataset import Dataset, commit
from workbench.core.errors import InputError
from workbench.core.workspace import Workspace
from workbench.training.pseudo import settled


@pytest.fixture
def mixed(ws: Workspace) -> Dataset:
    return commit(
        ws,
        "caps",
        [
            {"id": "a", "label": "ok", "label_by": "ann"},
            {"id": "b", "prediction": "crack", "prediction_by": "model:caps@1", "score": 0.9},
            {"id": "c", "label": "ok", "label_by": "model:caps@1"},
            {"id": "d", "label": "ok", "label_by": "model:caps@1", "reviewed_by": "max"},
            {"id": "e", "label": "crack", "label_by": "ann", "prediction": "ok"},
            {"id": "f"},
        ],
        task="image-classification",
        classes=["ok", "crack"],
    )


def test_rows_that_nobody_looked_at_are_refused_with_their_number(mixed: Dataset) -> None:
    with pytest.raises(InputError, match=r"caps@1 has 2 of 6 rows that only a model labeled\. .*allow_pseudo=True") as caught:
        settled(mixed, allow=False)
    assert caught.value.n_guessed == 2
    assert "data.select()" in caught.value.hint
    with pytest.raises(InputError, match="1 of 2 rows") as caught:
        settled(mixed.select(["a", "b"]), allow=False)
    assert caught.value.hint == "Leave them out with data.labeled(), review them, or say allow_pseudo=True."


def test_who_wants_them_learns_from_a_dataset_that_says_which_they_are(mixed: Dataset) -> None:
    made = settled(mixed, allow=True)
    rows = {row["id"]: (row["label"], row["label_by"]) for row in made}
    assert made.name == "caps-pseudo"
    assert rows == {
        "a": ("ok", "ann"),
        "b": ("crack", "model:caps@1"),
        "c": ("ok", "model:caps@1"),
        "d": ("ok", "model:caps@1"),
        "e": ("crack", "ann"),
    }
    assert mixed.ws.dataset("caps").ref == mixed.ref, "the dataset itself keeps labels and predictions apart"


def test_labels_of_people_are_taken_as_they_are(mixed: Dataset) -> None:
    people = mixed.select(["a", "d", "e", "f"])
    assert settled(people, allow=False) is people


def test_training_refuses_them_before_it_begins(mixed: Dataset) -> None:
    val = commit(mixed.ws, "val", [{"id": "v", "label": "ok"}, {"id": "w", "label": "crack"}])
    with pytest.raises(InputError, match="2 of 6 rows that only a model labeled"):
        wb.train(wb.recipe("image-classification"), mixed, val)
    guessed = commit(mixed.ws, "val", [{"id": "w", "label": "crack", "label_by": "model:caps@1"}])
    with pytest.raises(InputError, match="1 of 2 labels that val@2 would measure by are a model's"):
        wb.train(wb.recipe("image-classification"), mixed, guessed, allow_pseudo=True)
    assert mixed.ws.records.all("run") == []
