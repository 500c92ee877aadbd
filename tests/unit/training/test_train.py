"""What cannot be trained is refused before torch is loaded, with all that is in the way."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import InputError, NotFoundError


def dataset(ws: wb.Workspace, labels: dict[str, str | None], *, name: str = "caps", task: str = "") -> wb.Dataset:
    return commit(ws, name, [{"id": i, "media": i, "label": label} for i, label in labels.items()], task=task)


def test_a_recipe_is_its_reference() -> None:
    made = wb.recipe("image-classification", epochs=3, strategy="linear-probe")
    assert made.ref == "recipe:image-classification?strategy=linear-probe&epochs=3"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"task": "image-clasification"}, "'image-classification'"),
        ({"backbone": "small-cmm"}, "'small-cnn'"),
        ({"strategy": "ful"}, "'full'"),
    ],
)
def test_a_missing_name_is_named_with_its_neighbours(told: dict[str, str], said: str) -> None:
    with pytest.raises(NotFoundError, match=said):
        wb.recipe(**{"task": "image-classification", **told})


def test_a_backbone_may_be_a_folder_and_the_error_says_so() -> None:
    with pytest.raises(NotFoundError, match=r"A folder with a pretrained model \(config.json, \*.safetensors\) will do too"):
        wb.recipe("image-classification", backbone="/nowhere")


def test_data_without_labels_is_refused_with_the_way_out(ws: wb.Workspace) -> None:
    data = dataset(ws, {"1": None, "2": None})
    with pytest.raises(InputError, match=r"Dataset caps@1 has no labels. Call wb.label\(\) first."):
        wb.train(wb.recipe("image-classification"), data, data)


def test_everything_in_the_way_is_told_at_once(ws: wb.Workspace) -> None:
    data = dataset(ws, {"1": "a", "2": "a", "3": "b"}, task="image-classification")
    with pytest.raises(InputError) as caught:
        wb.train(wb.recipe("image-classification"), data.select(["1", "2"]), data.select(["2", "3"]))
    assert "only the label 'a'" in caught.value.message
    assert "`val` has labels that `data` lacks: 'b'" in caught.value.message
    assert "share 1 of their samples" in caught.value.message
    assert "wb.split" in caught.value.hint


def test_data_of_another_task_is_refused(ws: wb.Workspace) -> None:
    data = dataset(ws, {"1": "a", "2": "b"}, task="text-classification")
    with pytest.raises(InputError, match="is for text-classification, the recipe for image-classification"):
        wb.train(wb.recipe("image-classification"), data, data)


def test_nothing_is_begun_for_a_call_that_is_refused(ws: wb.Workspace) -> None:
    data = dataset(ws, {"1": None})
    with pytest.raises(InputError):
        wb.train(wb.recipe("image-classification"), data, data)
    with pytest.raises(InputError, match="cannot name a model"):
        wb.train(wb.recipe("image-classification"), data, data, name="../x")
    assert ws.records.all("run") == []
