"""What every registry of models and every log of runs does."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.errors import NotFoundError
from workbench.core.ports import Models, Tracker
from workbench.store.tracking import MlflowModels, MlflowTracker
from workbench.testing.store import FakeModels, FakeTracker

REAL = pytest.param(
    "mlflow", marks=[pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
)  # MLflow warns of its own use of others


@pytest.fixture(params=["fake", REAL])
def models(request: pytest.FixtureRequest, tmp_path: Path) -> Models:
    if request.param == "fake":
        return FakeModels(tmp_path / "models")
    return MlflowModels(tmp_path / "models", f"sqlite:///{tmp_path / 'mlflow.db'}")


@pytest.fixture(params=["fake", REAL])
def tracker(request: pytest.FixtureRequest, tmp_path: Path) -> Tracker:
    return FakeTracker() if request.param == "fake" else MlflowTracker(f"sqlite:///{tmp_path / 'mlflow.db'}", experiment="ws")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(b"123")
    return folder


def test_each_save_is_a_version_with_its_own_files(models: Models, bundle: Path) -> None:
    first = models.save("caps", bundle, facts={"task": "image-classification"})
    (bundle / "weights.bin").write_bytes(b"456")
    second = models.save("caps", bundle, facts={})
    assert [v.version for v in models.versions("caps")] == [1, 2]
    assert (first.path / "weights.bin").read_bytes() == b"123"
    assert first.digest != second.digest
    assert models.find("caps") == second
    assert models.find("caps", "1").facts == {"task": "image-classification"}
    assert models.names() == ["caps"]


def test_an_alias_stands_for_a_version(models: Models, bundle: Path) -> None:
    models.save("caps", bundle, facts={})
    models.save("caps", bundle, facts={})
    models.alias("caps", "production", 1)
    assert models.find("caps", "production").version == 1


@pytest.mark.parametrize("version", ["9", "production"])
def test_a_missing_version_is_named_with_the_known_ones(models: Models, bundle: Path, version: str) -> None:
    models.save("caps", bundle, facts={})
    with pytest.raises(NotFoundError, match=f"No version of model caps named '{version}'. Known: 1."):
        models.find("caps", version)


def test_a_missing_model_is_named_with_its_neighbours(models: Models, bundle: Path) -> None:
    models.save("caps", bundle, facts={})
    with pytest.raises(NotFoundError, match="Did you mean 'caps'"):
        models.find("cap")


def test_a_logged_run_is_found_again(tracker: Tracker) -> None:
    id = tracker.log("train-1", kind="train", params={"lr": 0.1}, metrics={"loss": [3.0, 2.0]})
    found = tracker.find("train-1")
    assert (found["id"], found["params"], found["metrics"]) == (id, {"lr": "0.1"}, {"loss": 2.0})
    with pytest.raises(NotFoundError, match="train-2"):
        tracker.find("train-2")


def test_logged_runs_are_found_by_a_parameter_and_a_metric(tracker: Tracker) -> None:
    assert tracker.search() == []
    for number, (lr, accuracy) in enumerate([(0.1, 0.7), (0.1, 0.9), (0.01, 0.95)], start=1):
        params = {"lr": lr, "data": "dataset:caps@1#9f3c"}
        tracker.log(f"train-{number}", kind="train", params=params, metrics={"accuracy": [0.99, accuracy]})
    assert tracker.search(params={"lr": 0.1}) == ["train-1", "train-2"]
    assert tracker.search(at_least={"accuracy": 0.9}) == ["train-2", "train-3"]
    assert tracker.search(params={"lr": 0.1, "data": "dataset:caps@1#9f3c"}, at_least={"accuracy": 0.8}) == ["train-2"]
    assert tracker.search(params={"lr": "it's"}) == tracker.search(at_least={"f1": 0}) == []
