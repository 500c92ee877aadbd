"""Labeled samples as arrays."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import InputError
from workbench.models.samples import Samples, known

SETTINGS = {"image_size": 4, "channels": 1}


@pytest.fixture
def data(ws: wb.Workspace) -> wb.Dataset:
    rows = []
    for i, level in enumerate([0, 51, 102, 255]):
        content = io.BytesIO()
        Image.new("L", (8, 8), level).save(content, "PNG")
        rows.append({"id": str(i), "media": ws.blobs.put(content.getvalue()), "label": "ab"[i % 2]})
    return commit(ws, "tones", rows)


def samples(data: wb.Dataset, **told: int) -> Samples:
    return Samples(data, task="image-classification", classes=("a", "b"), settings=SETTINGS, **told)


@pytest.mark.parametrize("memory", [0, 10**9])
def test_inputs_are_those_asked_for_whether_kept_in_memory_or_not(data: wb.Dataset, memory: int) -> None:
    found = samples(data, memory=memory)
    for picked in ([3, 0, 3], np.array([1, 2]), range(4)):
        expected = [[0.0, 0.2, 0.4, 1.0][i] for i in picked]
        assert found.inputs(picked)[:, 0, 0, 0].tolist() == pytest.approx(expected)
    assert found.targets.tolist() == [0, 1, 0, 1]


def test_a_selection_keeps_its_own_order(data: wb.Dataset) -> None:
    found = samples(data.select(["3", "1"]))
    assert found.ids == ["3", "1"]
    assert found.inputs([0, 1])[:, 0, 0, 0].tolist() == pytest.approx([1.0, 0.2])


def test_outputs_come_in_order_in_batches(data: wb.Dataset) -> None:
    sizes = []

    def run(array: np.ndarray) -> np.ndarray:
        sizes.append(len(array))
        return array.mean(axis=(1, 2, 3), keepdims=False)[:, None]

    assert samples(data).outputs(run, size=3)[:, 0].tolist() == pytest.approx([0.0, 0.2, 0.4, 1.0])
    assert sizes == [3, 1]


def test_labels_outside_the_classes_are_named(data: wb.Dataset) -> None:
    with pytest.raises(InputError, match=r"tones@1 has labels that model:m@1 does not know: 'b'. Known: 'a', 'c'."):
        known(data, ["a", "c"], of="model:m@1")
