"""Without extras: each verb that lacks a package names the line that brings it, before it has done anything."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.core.errors import DependencyError
from workbench.core.model import register
from workbench.testing.bundles import linear
from workbench.testing.host import FakeHost

FOREIGN = ("torch", "transformers", "safetensors", "sklearn", "scipy", "onnx", "onnxruntime", "onnxscript", "openvino", "nncf")
ALSO = ("uvicorn", "prometheus_client", "label_studio_sdk", "voila", "ray")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the packages of all extras be missing, as in an environment that never had them."""
    real = builtins.__import__
    missing = {*FOREIGN, *ALSO}

    def absent(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest, **more)

    def not_there(name: str, package: str | None = None) -> Any:
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return imported(name, package)

    import importlib

    imported = importlib.import_module
    monkeypatch.setattr(builtins, "__import__", absent)
    monkeypatch.setattr("workbench.core.need.import_module", not_there)


@pytest.fixture
def labeled(ws: wb.Workspace, photos: Path) -> wb.Dataset:
    return wb.ingest(ws, "caps", str(photos), labels="folder")


@pytest.fixture
def model(ws: wb.Workspace, tmp_path: Path) -> wb.Model:
    facts = {"task": "image-classification", "classes": ["dark", "light"], "runtime": "onnxruntime"}
    return register(ws, "caps", linear(tmp_path / "bundle"), facts=facts)


def test_training_names_its_extra_and_leaves_no_run(ws: wb.Workspace, labeled: wb.Dataset, bare: None) -> None:
    train, val = wb.split(labeled, 0.5, 0.5, by="label")
    with pytest.raises(DependencyError, match=r"wb.train\(\) needs the package 'torch'.*perception-workbench\[train\]"):
        wb.train(wb.recipe("image-classification"), train, val)
    assert ws.records.all("run") == []


def test_optimizing_names_its_extra(model: wb.Model, labeled: wb.Dataset, bare: None) -> None:
    from dataclasses import replace

    with pytest.raises(DependencyError, match=r"perception-workbench\[train\]"):
        wb.optimize(replace(model, facts={**model.facts, "runtime": "torch"}), labeled)


def test_predicting_names_the_extra_of_the_runtime(model: wb.Model, photos: Path, bare: None) -> None:
    with pytest.raises(DependencyError, match=r"'onnxruntime'.*perception-workbench\[optimize\]"):
        model.predict([photos / "ok" / "0.png"])


def test_serving_names_its_extra(ws: wb.Workspace, model: wb.Model, bare: None) -> None:
    assert isinstance(ws.host, FakeHost)
    with pytest.raises(DependencyError, match=r"perception-workbench\[(serve|optimize)\]"):
        wb.serve(model, "check")
