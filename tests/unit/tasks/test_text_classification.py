"""The task text classification: tensors, predictions, scores."""

from __future__ import annotations

import numpy as np
import pytest

from workbench import tasks
from workbench.core.errors import InputError
from workbench.models import names
from workbench.training.recipe import recipe

TASK = tasks.learnable("text-classification")


def test_inputs_are_a_row_of_numbers_per_text() -> None:
    array = TASK.inputs(["the cap is cracked", "", TASK.blank()], settings={"buckets": 32})
    assert (array.shape, array.dtype) == ((3, 32), np.float32)
    assert np.linalg.norm(array, axis=1) == pytest.approx([1, 0, 0])


def test_a_recipe_for_texts_gets_a_backbone_that_takes_texts() -> None:
    assert recipe("text-classification", epochs=2).ref == "recipe:text-classification?backbone=ngrams&epochs=2"
    assert recipe("image-classification").ref == "recipe:image-classification"
    with pytest.raises(InputError, match="The backbone 'small-cnn' takes image items, and the task has text items") as caught:
        recipe("text-classification", backbone="small-cnn")
    assert caught.value.hint == "Write backbone='ngrams'."
    assert names.check("ngrams", modality="text") == "ngrams"
