"""A training that was killed goes on from its checkpoint, and ends with the very weights of one that was not."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import workbench as wb
from workbench.core.events import Event
from workbench.core.run import Run, begin
from workbench.models import torch_runtime
from workbench.testing.pictures import colors
from workbench.training import checkpoints
from workbench.wiring import Settings

# The loader strategy is named by MLflow, in SQLAlchemy; nobody here can act on it.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")]

N, BATCH = 96, 16
RECIPE = wb.recipe("image-classification", epochs=3, batch_size=BATCH, image_size=16)

#: Trains, saving before each step, and kills itself at the given one.
TRAINS = """
import os, signal, sys
import workbench as wb
from workbench.core.recipe import from_ref
from workbench.training import checkpoints, loop

root, recipe, data, val, step = sys.argv[1:]
checkpoints.EVERY_S, checkpoints.SHARE = 0.0, float("inf")
before, done = loop.Learner.step, 0

def steps(self, *given):
    global done
    done += 1
    if done == int(step):
        os.kill(os.getpid(), signal.SIGKILL)
    return before(self, *given)

loop.Learner.step = steps
ws = wb.open(root)
wb.train(from_ref(recipe), ws.dataset(data), ws.dataset(val))
"""


def sides(ws: wb.Workspace) -> list[wb.Dataset]:
    return colors(ws, N, 24)


def transformer(folder: Path) -> str:
    """A vision transformer of two layers that drops out at random, so that the random numbers matter."""
    from transformers import ViTConfig, ViTForImageClassification

    torch.manual_seed(0)
    config = ViTConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=16,
        patch_size=8,
        hidden_dropout_prob=0.2,
        attention_probs_dropout_prob=0.2,
    )
    ViTForImageClassification(config).save_pretrained(folder)
    return str(folder)


def trained(ws: wb.Workspace, recipe: wb.Recipe, data: wb.Dataset, val: wb.Dataset, *, kill: int) -> None:
    """Train in a process of its own that is killed at a step."""
    command = [sys.executable, "-c", TRAINS, str(ws.root), recipe.ref, data.ref, val.ref, str(kill)]
    env = {k: v for k, v in os.environ.items() if not k.startswith("WORKBENCH_")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == -signal.SIGKILL, done.stderr


def weights(model: wb.Model) -> bytes:
    return (model.path / torch_runtime.FILE).read_bytes()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("backbone", ["small-cnn", "transformer"])
def test_a_killed_training_goes_on_to_the_same_weights(
    real_ws: wb.Workspace, tmp_path: Path, backbone: str, threads: int
) -> None:
    data, val = sides(real_ws)
    name = transformer(tmp_path / "vit") if backbone == "transformer" else backbone
    recipe = replace(RECIPE, backbone=name, threads=threads)
    whole = wb.train(recipe, data, val)
    kills = {9: "epoch 2, batch 3 of 6", 7: "epoch 2, batch 1 of 6"}
    for kill, where in list(kills.items())[: 3 - threads]:
        trained(real_ws, recipe, data, val, kill=kill)
        former = newest(real_ws)
        assert former.state == "running"  # nobody has noted yet that it is gone
        run = wb.train(recipe, data, val, resume=True)
        assert weights(run.result()) == weights(whole.result())
        assert (run.info().more["continues"], former.info().more["continued_by"]) == (former.ref, run.ref)
        assert former.state == "lost"
        assert [without_time(point) for point in run.curve()] == [without_time(point) for point in whole.curve()]
        assert where in run.log_path.read_text()
        assert not checkpoints.found(run)


def newest(ws: wb.Workspace) -> Run:
    return max((Run(ws, r.id) for r in ws.records.all("run")), key=lambda run: int(run.id.rpartition("-")[2]))


def without_time(point: dict[str, object]) -> dict[str, object]:
    return {k: v for k, v in point.items() if k != "at"}


def test_without_an_interrupted_one_of_the_same_kind_resume_begins_anew(ws: wb.Workspace) -> None:
    data, val = sides(ws)
    assert "continues" not in wb.train(replace(RECIPE, epochs=1), data, val, resume=True).info().more
    cancelled = cancelled_after_an_epoch(ws, data, val)
    other = wb.train(replace(RECIPE, seed=1), data, val, resume=True)
    assert "continues" not in other.info().more
    run = wb.train(RECIPE, data, val, resume=True)
    assert run.info().more["continues"] == cancelled.ref
    assert "continues" not in wb.train(RECIPE, data, val, resume=True).info().more  # it was continued to its end


def cancelled_after_an_epoch(ws: wb.Workspace, data: wb.Dataset, val: wb.Dataset) -> Run:
    def listen(event: Event) -> None:
        if event.name == "metrics":
            Run(ws, event.subject.partition(":")[2]).cancel_path.touch()

    unsubscribe = ws.events.subscribe(listen)
    run = wb.train(RECIPE, data, val)
    unsubscribe()
    assert run.state == "cancelled"
    return run


def test_a_job_that_is_tried_again_continues_each_training_in_its_place(ws: wb.Workspace) -> None:
    data, val = sides(ws)
    job = begin(ws, "job")
    first = replace(ws, settings=Settings(run=job.id))
    done = wb.train(RECIPE, within(first, data), within(first, val))
    cancelled = cancelled_after_an_epoch(first, within(first, data), within(first, val))
    again = replace(ws, settings=Settings(run=job.id, attempt=2))
    data, val = within(again, data), within(again, val)
    assert wb.train(RECIPE, data, val) == done  # it had ended well: there is nothing to do
    continued = wb.train(RECIPE, data, val)
    assert continued.info().more["continues"] == cancelled.ref
    assert weights(continued.result()) == weights(done.result())
    assert "continues" not in wb.train(RECIPE, data, val).info().more  # the former attempt never came so far


def within(ws: wb.Workspace, data: wb.Dataset) -> wb.Dataset:
    return replace(data, ws=ws)


def test_a_checkpoint_that_a_disk_has_damaged_is_passed_over(ws: wb.Workspace) -> None:
    data, val = sides(ws)
    run = cancelled_after_an_epoch(ws, data, val)
    whole = checkpoints.newest(run)
    assert whole is not None
    torn = whole.folder.with_name("step-000000999")
    shutil.copytree(whole.folder, torn)
    (torn / "state.safetensors").write_bytes((torn / "state.safetensors").read_bytes()[:-100])
    unfinished = whole.folder.with_name("step-000001000")
    unfinished.mkdir()
    again = checkpoints.newest(run)
    assert again is not None
    assert again.folder == whole.folder


def test_a_rehearsal_trains_small_and_tells_the_pace_of_the_full_training(ws: wb.Workspace) -> None:
    data, val = sides(ws)
    recipe = replace(RECIPE, epochs=50, batch_size=4)
    rehearsing = replace(ws, settings=Settings(rehearsal=True, workers=4))
    run = wb.train(recipe, within(rehearsing, data), within(rehearsing, val))
    assert [point["step"] for point in run.curve()] == [1]
    assert set(run.result().classes) == {"r", "g", "b"}
    pace = run.info().more["pace"]
    assert (pace["steps"], pace["batch"], pace["done"], pace["workers"]) == (50 * N // 4, 4, 8, 1)
    assert pace["total_s"] > pace["steps"] * pace["step_s"] > 0
