"""The task image classification: labels, tensors, predictions, scores."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench import tasks
from workbench.core.errors import InputError, NotFoundError

TASK = tasks.task("image-classification")
SETTINGS = {"image_size": 8, "channels": 3, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}

STRANGE = ["ok", 'a "b" <c>', "O'Neil & Söhne", "裂け目", "a\tb", "-1", "a,b"]


def test_classes_come_back_from_the_config_whatever_they_are_called() -> None:
    view = ET.fromstring(TASK.labeling_config(STRANGE))
    assert [choice.get("value") for choice in view.iter("Choice")] == STRANGE
    assert [image.get("value") for image in view.iter("Image")] == ["$image"]


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (["a", "a"], "'a' is there twice"),
        (["a", " "], "' ' is empty"),
        (["a", "b\x00"], "control character"),
        (["a"], "at least 2"),
        ([], "at least 2"),
    ],
)
def test_classes_that_cannot_be_told_apart_are_refused(classes: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        TASK.labeling_config(classes)


@pytest.mark.parametrize("label", STRANGE)
def test_a_label_comes_back_from_its_result(label: str) -> None:
    assert TASK.label_of(TASK.result_of(label)) == label
    assert TASK.label_of(TASK.result_of(label, score=0.5)) == label


@pytest.mark.parametrize(
    "result", [[], [{"type": "choices", "value": {"choices": []}}], [{"type": "textarea", "value": {"text": ["x"]}}]]
)
def test_a_skipped_item_has_no_label(result: list[dict[str, object]]) -> None:
    assert TASK.label_of(result) is None


def test_the_result_names_the_parts_of_the_config() -> None:
    view = ET.fromstring(TASK.labeling_config(["a", "b"]))
    [region] = TASK.result_of("a")
    assert [region["from_name"]] == [choices.get("name") for choices in view.iter("Choices")]
    assert [region["to_name"]] == [image.get("name") for image in view.iter("Image")]


def test_inputs_are_scaled_pixels_channel_by_channel() -> None:
    array = TASK.inputs([Image.new("RGB", (3, 9), (255, 0, 51)), Image.new("RGB", (8, 8))], settings=SETTINGS)
    assert (array.shape, array.dtype, array.flags["C_CONTIGUOUS"]) == ((2, 3, 8, 8), np.float32, True)
    assert array[0, :, 0, 0].tolist() == pytest.approx([2.0, -2.0, -1.2])
    assert (array[1] == -2).all()


def test_one_channel_is_gray() -> None:
    array = TASK.inputs([Image.new("RGB", (8, 8), (255, 255, 255))], settings={"image_size": 4, "channels": 1})
    assert array.shape == (1, 1, 4, 4)
    assert (array == 1).all()


def test_no_items_are_an_empty_batch() -> None:
    assert TASK.inputs([], settings=SETTINGS).shape == (0, 3, 8, 8)
    assert TASK.predictions(np.zeros((0, 2)), ["a", "b"]) == []


def test_a_prediction_is_the_likeliest_class_with_the_scores_of_all() -> None:
    [said] = TASK.predictions(np.array([[0.0, np.log(3.0)]], np.float32), ["a", "b"])
    assert said.label == "b"
    assert dict(said.scores) == pytest.approx({"a": 0.25, "b": 0.75})
    assert said.score == pytest.approx(0.75)


def test_the_metrics_have_the_main_one() -> None:
    found = TASK.metrics(np.eye(3), [0, 1, 1], ["a", "b", "c"])
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert set(found) == {"accuracy", "f1", "precision", "recall"}
    assert TASK.main_metric in found


def test_a_file_is_described_by_its_size_and_a_small_jpeg(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (400, 200), (9, 99, 200)).save(path)
    row = TASK.describe(path)
    assert (row["width"], row["height"]) == (400, 200)
    thumb = Image.open(io.BytesIO(row["thumb"]))
    assert (thumb.format, thumb.size) == ("JPEG", (96, 48))


def test_a_missing_task_is_named_with_its_neighbours() -> None:
    with pytest.raises(NotFoundError, match="Did you mean 'image-classification'"):
        tasks.task("image-clasification")
