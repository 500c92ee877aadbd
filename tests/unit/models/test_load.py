"""Loading bundles and predicting with them, on a model that tells dark from light."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import workbench as wb
from workbench.core.errors import InputError, NotFoundError
from workbench.core.model import register
from workbench.models import bundle
from workbench.models import predict as module
from workbench.models.bundle import Spec
from workbench.models.load import load
from workbench.testing.bundles import linear


def png(level: int) -> bytes:
    content = io.BytesIO()
    Image.new("L", (8, 8), level).save(content, "PNG")
    return content.getvalue()


def test_a_loaded_model_tells_dark_from_light(tmp_path: Path) -> None:
    predictor = load(linear(tmp_path / "m"))
    assert [p.label for p in predictor.predict([png(10), png(240)])] == ["dark", "light"]
    assert predictor.spec.classes == ("dark", "light")


def test_more_items_than_fit_at_once_keep_their_order(tmp_path: Path) -> None:
    levels = [10, 240, 240] * 50
    said = load(linear(tmp_path / "m")).predict([png(level) for level in levels])
    assert [p.label for p in said] == ["dark" if level < 128 else "light" for level in levels]


def test_outputs_are_the_same_from_many_threads(tmp_path: Path) -> None:
    predictor = load(linear(tmp_path / "m"))
    arrays = [np.random.default_rng(i).random((4, 1, 8, 8), np.float32) for i in range(32)]
    alone = [predictor.outputs(array) for array in arrays]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(predictor.outputs, arrays))
    assert all((a == b).all() for a, b in zip(alone, together, strict=True))


def test_an_unknown_runtime_is_named(tmp_path: Path) -> None:
    spec = Spec(task="image-classification", classes=("a", "b"), runtime="onnx", backbone="x")
    bundle.write(tmp_path / "m", spec, {})
    with pytest.raises(NotFoundError, match="Did you mean 'onnxruntime'"):
        load(tmp_path / "m")


def test_threads_are_at_least_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`threads` must be at least 1, got 0"):
        load(tmp_path, threads=0)


def registered(ws: wb.Workspace, folder: Path) -> wb.Model:
    return register(ws, "tones", linear(folder), facts={"task": "image-classification", "classes": ["dark", "light"]})


def test_a_model_predicts_paths_and_uploads(ws: wb.Workspace, tmp_path: Path) -> None:
    model = registered(ws, tmp_path / "m")
    path = tmp_path / "light.png"
    path.write_bytes(png(250))
    assert [p.label for p in model.predict([path, png(3)])] == ["light", "dark"]


@pytest.mark.parametrize("kind", [str, Path])
def test_a_lone_path_is_one_item(ws: wb.Workspace, tmp_path: Path, kind: type) -> None:
    model = registered(ws, tmp_path / "m")
    path = tmp_path / "light.png"
    path.write_bytes(png(250))
    assert [p.label for p in model.predict(kind(path))] == ["light"]


def test_a_model_is_loaded_once_and_few_are_kept(ws: wb.Workspace, tmp_path: Path) -> None:
    models = [registered(ws, tmp_path / f"m{i}") for i in range(6)]
    assert module.loaded(models[0]) is module.loaded(models[0])
    first = module.loaded(models[0])
    for model in models[1:]:
        module.loaded(model)
    assert module.loaded(models[0]) is not first
