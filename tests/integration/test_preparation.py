"""What was fitted on training data, and a function of the user's own, travel with the model into jobs and services."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import workbench as wb
from workbench.core.errors import NotFoundError
from workbench.core.workspace import Workspace
from workbench.models import bundle
from workbench.models.samples import Samples
from workbench.testing.notebooks import write_notebook
from workbench.testing.pictures import colors
from workbench.transforms import custom, vocabulary

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),  # named by MLflow, in SQLAlchemy
]

STEP = """
import numpy as np

def darker(pixels):
    return (np.asarray(pixels) // 2).astype(np.uint8)
"""

TRAIN = """
import workbench as wb
ws = wb.open()
recipe = wb.recipe("image-classification", epochs=1, image_size=16, prepare={prepare!r})
wb.train(recipe, ws.dataset({data!r}), ws.dataset({val!r}))
"""


def test_a_step_of_ones_own_runs_in_a_job_and_in_a_service_from_the_source_that_was_kept(
    real_ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, val = colors(real_ws, 48, 12)
    (tmp_path / "own_steps.py").write_text(STEP)
    monkeypatch.syspath_prepend(str(tmp_path))
    prepared = wb.prepare(data, ["resize?width=24&height=24", wb.transform("own_steps:darker", ws=real_ws)])
    (tmp_path / "own_steps.py").write_text("def darker(pixels): raise SystemError\n")
    sys.modules.pop("own_steps")
    source = TRAIN.format(prepare=prepared.ref, data=data.ref, val=val.ref)
    job = wb.promote(write_notebook(tmp_path / "train.ipynb", source), rehearsal_s=0, ws=real_ws)
    assert job.follow(str, timeout_s=120).state == "done", job.log_path.read_text()
    model = real_ws.run(str(real_ws.records.all("run")[-1].id)).info().model
    items = [val.media(row) for row in val.rows()]
    here = [p.scores for p in real_ws.model(model).predict(items)]
    service = wb.serve(real_ws.model(model), "dark")
    try:
        there = [service.predict(item).scores for item in items]
    finally:
        service.stop()
    assert there == [pytest.approx(scores, abs=1e-5) for scores in here]
    for file in (real_ws.root / "transforms").glob("darker@*.py"):
        file.unlink()
    custom.load.cache_clear()  # this process has read it
    with pytest.raises(NotFoundError, match="darker"):
        wb.evaluate(real_ws.model(model), val)


def test_the_statistics_of_the_training_data_go_with_the_model_and_nothing_else_changes_them(real_ws: Workspace) -> None:
    data, val = colors(real_ws, 48, 12)
    run = wb.train(wb.recipe("image-classification", epochs=1, image_size=16, standardize=True), data, val)
    model = real_ws.model(str(run.info().model))
    settings = bundle.read(model.path).settings
    plain = Samples(data, task=data.task, classes=data.classes, settings={**settings, "mean": 0.0, "std": 1.0})
    values = plain.inputs(range(len(plain)))
    assert settings["mean"] == pytest.approx(values.mean(axis=(0, 2, 3)), abs=1e-5)
    standard = Samples(data, task=data.task, classes=data.classes, settings=settings).inputs(range(len(data)))
    assert abs(standard.mean(axis=(0, 2, 3))).max() < 1e-5
    assert abs(standard.std(axis=(0, 2, 3)) - 1).max() < 1e-4
    others = Samples(val, task=data.task, classes=data.classes, settings=settings).inputs(range(len(val)))
    raw = Samples(val, task=data.task, classes=data.classes, settings={**settings, "mean": 0.0, "std": 1.0}).inputs(
        range(len(val))
    )
    mean, std = (np.asarray(settings[k], np.float32)[:, None, None] for k in ("mean", "std"))
    assert np.allclose(others, (raw - mean) / std, atol=1e-5)


@pytest.mark.parametrize("how", [{"augment": "flip,rotate?degrees=20"}, {"mix": "mixup"}, {"augment": "flip", "mix": "cutmix"}])
def test_an_augmented_training_is_the_same_again_bit_for_bit(real_ws: Workspace, how: dict[str, str]) -> None:
    data, val = colors(real_ws, 48, 12)
    recipe = wb.recipe("image-classification", epochs=2, image_size=16, **how)
    plain = wb.recipe("image-classification", epochs=2, image_size=16)
    curves = [[point["loss"] for point in wb.train(told, data, val).curve()] for told in (recipe, recipe, plain)]
    assert curves[0] == curves[1] != curves[2]


def test_filling_up_a_batch_of_texts_does_not_change_what_a_network_says_of_them() -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, "vocab_size": 20}
    wide = {"initializer_range": 1.0}  # so that what is attended to shows
    network = transformers.BertForSequenceClassification(transformers.BertConfig(**sizes, **wide)).eval()
    texts = [[5, 6, 7], [8, 9, 10, 11, 12, 13, 14]]
    ids, mask = (torch.from_numpy(array) for array in vocabulary.padded(texts))
    with torch.inference_mode():
        together = network(ids, attention_mask=mask).logits
        alone = torch.cat([network(torch.tensor([text])).logits for text in texts])
        careless = network(ids).logits
    assert torch.allclose(together, alone, atol=1e-5)
    assert not torch.allclose(careless, alone, atol=1e-3)
