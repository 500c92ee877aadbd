"""Real digits from labels to an optimized model, and what goes wrong on the way."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import DependencyError, InputError
from workbench.core.events import Event
from workbench.core.run import Run
from workbench.models import bundle, torch_runtime
from workbench.models.bundle import Spec
from workbench.models.load import load
from workbench.optimization.passes import Pass, Source
from workbench.optimization.quiet import quiet
from workbench.optimization.search import search
from workbench.testing.workspace import fake_workspace
from workbench.training import checkpoints

# The loader strategy is named by MLflow, in SQLAlchemy; nobody here can act on it.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")]

TASK = "image-classification"
SMALL = wb.recipe(TASK, epochs=2, batch_size=32, image_size=16)


def digits(ws: wb.Workspace, n: int = 1797) -> wb.Dataset:
    """The 8 x 8 digits of the UCI repository, as PNG files in a dataset."""
    from sklearn.datasets import load_digits

    found = load_digits()
    rows = []
    for pixels, label in zip(found.images[:n], found.target[:n], strict=True):
        content = io.BytesIO()
        Image.fromarray((pixels * 15.9375).astype(np.uint8)).save(content, "PNG")
        key = ws.blobs.put(content.getvalue(), suffix=".png")
        rows.append({"id": key[:16], "media": key, "label": str(label)})
    return commit(ws, "digits", rows, task=TASK, classes=[str(i) for i in range(10)])


def parts(data: wb.Dataset, *ends: float) -> list[wb.Dataset]:
    """Cut a dataset in a fixed random order at these shares of it."""
    ids = data.ids()
    order = [ids[i] for i in np.random.default_rng(0).permutation(len(ids))]
    cuts = [0, *(int(end * len(ids)) for end in ends), len(ids)]
    return [data.select(order[a:b]) for a, b in itertools.pairwise(cuts)]


class Story:
    """What one training on all digits came to; made once, as it takes the longest."""

    def __init__(self, root: Path) -> None:
        self.ws = wb.open(root, environment={})
        self.data, self.val, self.test = parts(digits(self.ws), 0.6, 0.8)
        began = time.process_time()
        self.run = wb.train(wb.recipe(TASK), self.data, self.val)
        self.cpu_s = time.process_time() - began
        self.model = self.run.result()
        self.small = wb.optimize(self.model, self.val)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("story") / "digits")


@pytest.fixture
def few(ws: wb.Workspace) -> list[wb.Dataset]:
    return parts(digits(ws, 240), 0.7)


def test_digits_are_learned_in_well_under_a_minute_of_one_core(story: Story) -> None:
    report = wb.evaluate(story.model, story.test)
    report.require(accuracy=0.97, f1=0.97)
    assert story.cpu_s < 60
    assert report.details["intervals"]["accuracy"][0] > 0.94


def test_a_run_tells_its_story(story: Story) -> None:
    info = story.run.info()
    assert (info.state, info.model) == ("done", "model:digits@1")
    assert info.progress == {"done": 8, "total": 8}
    assert info.inputs["data"] == story.data.ref
    curve = story.run.curve()
    assert [step["step"] for step in curve] == list(range(1, 9))
    assert curve[-1]["loss"] < curve[0]["loss"]
    assert "epoch 8/8" in story.run.log_path.read_text()
    best = max(curve, key=lambda step: (step["accuracy"], -step["val_loss"]))
    assert info.metrics["accuracy"] == best["accuracy"] == story.model.facts["metrics"]["accuracy"]
    logged = story.ws.tracker.find(story.run.id)
    assert logged["metrics"]["loss"] == pytest.approx(curve[-1]["loss"])
    told = logged["params"]
    assert (told["epochs"], told["data"], told["threads"], told["seed"]) == ("8", story.data.ref, "1", "0")
    packages = (story.run.folder / "packages.txt").read_bytes()
    assert b"torch==" in packages
    assert told["lock"] == hashlib.sha256(packages).hexdigest()


def test_a_training_is_found_by_what_it_was_made_of_and_what_it_reached(story: Story) -> None:
    search = story.ws.tracker.search
    assert search(params={"data": story.data.ref, "backbone": "small-cnn"}, at_least={"accuracy": 0.9}) == [story.run.id]
    assert search(at_least={"accuracy": 1.1}) == search(params={"seed": 1}) == []


def test_the_model_knows_where_it_came_from(story: Story) -> None:
    facts = story.model.facts
    assert (facts["run"], facts["data"], facts["val"]) == (story.run.ref, story.data.ref, story.val.ref)
    assert facts["size_bytes"] > 100_000
    assert sum(facts["reference"]["scores"]) == sum(facts["reference"]["labels"].values()) == len(story.val)
    with pytest.raises(InputError, match=f"was trained on {len(story.data)} of the {len(story.data)} samples"):
        wb.evaluate(story.model, story.data)


def test_the_optimized_model_is_faster_and_keeps_the_metric(story: Story) -> None:
    assert story.small.ref == "model:digits@2"
    assert story.small.facts["parent"] == "model:digits@1"
    assert story.small.facts["seen"] == story.model.facts["seen"]
    report = story.ws.report(str(story.small.facts["report"]))
    rows = {row["pass"]: row for row in report.details["passes"]}
    assert rows[story.small.facts["pass"]]["verdict"] == "taken"
    assert all(row["reason"] for name, row in rows.items() if name != "baseline")
    assert report.scores["speedup"] > 1
    taken, baseline = rows[story.small.facts["pass"]], rows["baseline"]
    assert all(taken["ms"][n] <= baseline["ms"][n] for n in ("1", "16"))
    assert rows["onnxruntime"]["difference"] < 1e-4
    assert rows["openvino"]["difference"] < 1e-4
    before, after = (wb.evaluate(m, story.test).scores["accuracy"] for m in (story.model, story.small))
    assert after >= before - 0.02


def test_what_torch_and_the_optimized_model_predict_agrees(story: Story) -> None:
    items = [story.test.media(row) for row in story.test.rows()]
    before, after = story.model.predict(items), story.small.predict(items)
    same = sum(a.label == b.label for a, b in zip(before, after, strict=True))
    assert same / len(items) >= 0.98


def test_a_registered_model_that_was_tampered_with_is_refused(story: Story, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(story.model.path, copy)
    weights = bytearray((copy / torch_runtime.FILE).read_bytes())
    weights[-1] ^= 1
    (copy / torch_runtime.FILE).chmod(0o644)
    (copy / torch_runtime.FILE).write_bytes(weights)
    with pytest.raises(InputError, match=r"'weights.safetensors' has other content"):
        load(copy)


def test_the_same_recipe_gives_the_same_weights_bit_for_bit(few: list[wb.Dataset]) -> None:
    first, again, other = (wb.train(recipe, *few).result() for recipe in (SMALL, SMALL, replace(SMALL, seed=1)))
    assert weights(first) == weights(again)
    assert weights(first) != weights(other)


def weights(model: wb.Model) -> bytes:
    return (model.path / torch_runtime.FILE).read_bytes()


def test_training_leaves_the_users_random_numbers_and_threads_alone(few: list[wb.Dataset]) -> None:
    torch.manual_seed(5)
    expected, threads = torch.rand(1), torch.get_num_threads()
    torch.manual_seed(5)
    wb.train(replace(SMALL, epochs=1, threads=2), *few)
    assert torch.rand(1) == expected
    assert torch.get_num_threads() == threads


def test_a_run_that_is_asked_to_end_ends_between_two_steps(ws: wb.Workspace, few: list[wb.Dataset]) -> None:
    def listen(event: Event) -> None:
        if event.name == "metrics":
            Run(ws, event.subject.partition(":")[2]).cancel_path.touch()

    ws.events.subscribe(listen)
    run = wb.train(replace(SMALL, epochs=50), *few)
    assert run.state == "cancelled"
    assert len(run.curve()) == 1
    assert ws.models.names() == []
    assert load(checkpoints.found(run)[-1]).spec.classes == few[0].classes


def test_what_goes_wrong_in_training_is_recorded_and_raised(ws: wb.Workspace) -> None:
    rows = [{"id": f"{i}", "media": ws.blobs.put(b"no image %d" % i), "label": "ab"[i % 2]} for i in range(8)]
    data = commit(ws, "broken", rows)
    with pytest.raises(InputError, match="Sample 0 of dataset:broken@1"):
        wb.train(SMALL, data.select(["0", "1", "2"]), data.select(["3", "4"]))
    [record] = ws.records.all("run")
    assert (record.state, record.fields["error"]["code"]) == ("failed", "input")
    assert "Sample 0" in record.fields["error"]["message"]
    assert "Traceback" in Run(ws, record.id).log_path.read_text()


def test_a_batch_of_one_left_over_does_not_stop_the_training(few: list[wb.Dataset]) -> None:
    data = few[0].select(few[0].ids()[:33])
    keep = {str(label) for label in data.labels()}
    val = few[1].select([row["id"] for row in few[1].rows() if row["label"] in keep])
    assert wb.train(replace(SMALL, backbone="resnet-18", epochs=1), data, val).state == "done"


def test_a_local_pretrained_folder_is_probed_with_its_body_frozen(few: list[wb.Dataset], tmp_path: Path) -> None:
    from transformers import ResNetConfig, ResNetForImageClassification

    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", num_labels=3)
    ResNetForImageClassification(config).save_pretrained(tmp_path / "tiny")
    recipe = wb.recipe(TASK, backbone=str(tmp_path / "tiny"), strategy="linear-probe", epochs=2, image_size=32)
    model = wb.train(recipe, *few).result()
    from safetensors.torch import load_file

    before, after = load_file(tmp_path / "tiny" / "model.safetensors"), load_file(model.path / torch_runtime.FILE)
    body = [name for name in before if not name.startswith("classifier")]
    assert all(torch.equal(before[name], after[f"model.{name}"]) for name in body)
    assert after["model.classifier.1.weight"].shape == (10, 16)
    (tmp_path / "tiny" / "config.json").unlink()  # the bundle stands for itself
    assert load(model.path).predict([Image.new("L", (8, 8))])[0].label in model.classes


def test_weights_that_may_run_code_are_refused(tmp_path: Path, few: list[wb.Dataset]) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(InputError, match="no weights in the format safetensors"):
        wb.train(replace(SMALL, backbone=str(tmp_path)), *few)


def mixed_up(source: Source, folder: Path) -> Spec:
    """A pass gone wrong: the head's rows are turned, so that every class is taken for the next."""
    network = torch_runtime.restore(source.folder, source.spec)
    with torch.no_grad():
        network.head.weight.copy_(network.head.weight.roll(1, 0))
    return torch_runtime.save(folder, source.spec, network)


def nudged(source: Source, folder: Path) -> Spec:
    """A pass gone wrong in small: the outputs are a little off, though every prediction stays."""
    network = torch_runtime.restore(source.folder, source.spec)
    with torch.no_grad():
        network.head.bias.add_(0.1)
    return torch_runtime.save(folder, source.spec, network)


def missing(source: Source, folder: Path) -> Spec:
    raise DependencyError("It needs the package 'x'.", hint="Run: pip install x")


def broken(source: Source, folder: Path) -> Spec:
    raise RuntimeError("no such operator\nand more")


def test_a_bad_pass_is_left_with_its_reason_and_the_model_stays(story: Story) -> None:
    planted = {
        "mixed-up": Pass(build=mixed_up),
        "nudged": Pass(build=nudged, exact=True),
        "missing": Pass(build=missing),
        "broken": Pass(build=broken),
    }
    kept = search(story.model, story.val, max_drop=0.005, metric="f1", threads=1, passes=planted)
    assert kept == story.model
    rows = {row["pass"]: row for row in newest_report(story.ws).details["passes"]}
    assert {row["verdict"] for row in rows.values()} == {"baseline", "left"}
    assert "f1 drops by" in rows["mixed-up"]["reason"]
    assert "an exact pass may by 0.001" in rows["nudged"]["reason"]
    assert rows["missing"]["reason"] == "It needs the package 'x'. Run: pip install x"
    assert rows["broken"]["reason"] == "It broke: RuntimeError: no such operator"


def newest_report(ws: wb.Workspace) -> wb.Report:
    number = max(int(r.id.rpartition("-")[2]) for r in ws.records.all("report") if r.id.startswith("optimize-"))
    return ws.report(f"optimize-{number}")


def test_a_score_that_the_task_does_not_have_is_named(story: Story) -> None:
    with pytest.raises(InputError, match="has no score named 'map50'"):
        search(story.model, story.val, max_drop=0.0, metric="map50", threads=1, passes={})


WRITES = """
import sys
from pathlib import Path
from workbench.core.run import begin
from workbench.models.backbones import create
from workbench.models.bundle import Spec
from workbench.testing.workspace import fake_workspace
from workbench.training import checkpoints

run = begin(fake_workspace(Path(sys.argv[1])), "train")
network = create("small-cnn", n_classes=2, image_size=16)
spec = Spec(task="image-classification", classes=("a", "b"), runtime="torch", backbone="small-cnn", settings=network.settings)
for number in range(1, 10_000):
    checkpoints.write(run, spec, network.state_dict(), step=number)
    print(number, flush=True)
"""


@pytest.mark.parametrize("delay_s", [0.0, 0.0013, 0.0031, 0.0057, 0.0101])
def test_a_kill_in_the_middle_of_a_checkpoint_leaves_one_that_loads(tmp_path: Path, delay_s: float) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITES, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        time.sleep(delay_s)
        process.send_signal(signal.SIGKILL)
    left = checkpoints.found(Run(fake_workspace(tmp_path), "train-1"))
    assert left
    for folder in left:
        assert load(folder).outputs(np.zeros((1, 3, 16, 16), np.float32)).shape == (1, 2)


def test_openvino_computes_in_f32_unless_the_bundle_says_otherwise(story: Story, tmp_path: Path) -> None:
    from workbench.optimization import openvino_passes

    (tmp_path / "work").mkdir()
    predictor = load(story.model.path)
    array = predictor.inputs([story.test.media(row) for row in story.test.rows()[:32]])
    source = Source(story.model.path, predictor.spec, array, tmp_path / "work")
    with quiet():
        openvino_passes.FLOAT.build(source, tmp_path / "f32")
    assert json.loads((tmp_path / "f32" / "model.json").read_text())["settings"]["precision"] == "f32"
    expected = predictor.outputs(array)
    assert np.abs(load(tmp_path / "f32").outputs(array) - expected).max() < 1e-4 * np.abs(expected).max()
    assert bundle.read(tmp_path / "f32").runtime == "openvino"


COUNTED = """
import json, sys
seen = []
sys.addaudithook(lambda event, given: seen.append(event) if event in ("os.fork", "socket.connect", "os.mkdir") else None)
from workbench.models.openvino_runtime import openvino
openvino(use="this test")
import nncf
print(json.dumps(seen))
"""


def test_openvino_and_nncf_report_to_nobody(tmp_path: Path) -> None:
    home = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", COUNTED], env=home, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []
    assert not (tmp_path / "intel").exists()
