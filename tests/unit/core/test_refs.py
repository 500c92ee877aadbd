"""References go through text and back."""

from __future__ import annotations

import pytest

from workbench.core.errors import InputError
from workbench.core.recipe import Recipe, from_ref
from workbench.core.refs import Ref, check_name, parse


@pytest.mark.parametrize("text", ["dataset:line-3@2#9f3c", "model:caps@4", "run:train-17", "model:caps@production"])
def test_a_reference_survives_the_way_through_text(text: str) -> None:
    assert str(parse(text)) == text


def test_a_bare_name_is_of_the_expected_kind() -> None:
    assert parse("caps@2", kind="dataset") == Ref("dataset", "caps", "2")


@pytest.mark.parametrize(
    "text", ["", "caps", "cat:caps", "dataset:", "dataset:a/b", "dataset:../a", "dataset:a@", "dataset:a#xyz", "a b"]
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse(text)


def test_another_kind_than_expected_is_named() -> None:
    with pytest.raises(InputError, match="Expected a model, got the dataset 'dataset:caps'."):
        parse("dataset:caps", kind="model")


@pytest.mark.parametrize("name", ["..", "a/b", "a\\b", "-a", ".a", "a b", "a\n", "", "x" * 101, "a."])
def test_a_name_that_could_leave_its_folder_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="cannot name a dataset"):
        check_name(name, what="dataset")


def test_a_recipe_is_all_in_its_reference() -> None:
    recipe = Recipe(task="image-classification", backbone="resnet-18", epochs=3, lr=0.01)
    assert from_ref(recipe.ref) == recipe
    assert recipe.ref == "recipe:image-classification?backbone=resnet-18&epochs=3&lr=0.01"


def test_every_problem_of_a_recipe_is_told_at_once() -> None:
    with pytest.raises(InputError, match=r"`epochs` must be at least 1, got 0; .*`lr` must be greater than 0, got -1"):
        Recipe(task="image-classification", epochs=0, lr=-1)


def test_an_unknown_setting_of_a_recipe_is_named_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="unknown key 'epoch'") as told:
        from_ref("recipe:image-classification?epoch=4")
    assert "epochs" in told.value.hint
