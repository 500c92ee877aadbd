"""A training that several processes share equals that of one, survives the death of a worker, and ends as a whole."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import InputError, RunError
from workbench.core.events import Event
from workbench.core.run import Run
from workbench.models import torch_runtime
from workbench.testing.pictures import colors
from workbench.training import checkpoints, spread
from workbench.wiring import Settings

# The loader strategy is named by MLflow, in SQLAlchemy; nobody here can act on it.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")]

#: Slow to learn on purpose: AdamW's first steps have the size of `lr` whatever the gradient, and so amplify rounding.
RECIPE = wb.recipe("image-classification", epochs=3, batch_size=25, lr=1e-4, image_size=16)

#: One step of gradients of a batch of 7, on as many processes as torchrun starts; rank 0 writes them.
GRADIENTS = """
import os, sys
import numpy as np, torch
from torch import distributed
from workbench.core.recipe import from_ref
from workbench.training.group import ALONE, Group
from workbench.training.loop import Learner, seeded
from safetensors.torch import save_file

recipe, path = from_ref(sys.argv[1]), sys.argv[2]
size = int(os.environ.get("WORLD_SIZE", "1"))
group = ALONE
if size > 1:
    distributed.init_process_group("gloo")
    group = Group(distributed.get_rank(), size)
random = np.random.default_rng(0)
pixels, targets = torch.from_numpy(random.normal(size=(7, 3, 16, 16)).astype(np.float32)), torch.arange(7) % 3
with seeded(recipe):
    learner = Learner(recipe, n_classes=3, n_items=7, group=group)
    batch = np.arange(7)
    mine = group.part(batch)
    learner.step(pixels[mine], targets[mine], group.weight(batch))
assert size > 1 or "torch._dynamo" not in sys.modules  # it takes seconds to load, and one process has no use for it
if group.leads:
    found = {name: p.grad.contiguous() for name, p in learner.network.named_parameters()}
    buffers = {f"buffer.{name}": b.float() for name, b in learner.network.named_buffers()}
    save_file({**found, **buffers}, path)
"""


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo0" if sys.platform == "darwin" else "lo")


def test_gradients_and_statistics_of_two_uneven_parts_are_those_of_the_whole_batch(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    script = tmp_path / "gradients.py"
    script.write_text(GRADIENTS)
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    for launcher, name in (([], "one"), (torchrun, "two")):
        command = [sys.executable, *launcher, str(script), RECIPE.ref, str(tmp_path / name)]
        subprocess.run(command, check=True, capture_output=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    one, two = load_file(tmp_path / "one"), load_file(tmp_path / "two")
    assert one.keys() == two.keys()
    worst = max(float((one[name] - two[name]).abs().max()) for name in one)
    assert worst < 1e-6
    assert min(float(one[name].abs().max()) for name in one if not name.startswith("buffer")) > 1e-6


def shared(ws: wb.Workspace, workers: int) -> wb.Workspace:
    """The workspace as a job with so many workers sees it."""
    return replace(ws, settings=Settings(workers=workers))


def sides(ws: wb.Workspace, workers: int) -> list[wb.Dataset]:
    return [replace(side, ws=shared(ws, workers)) for side in colors(ws, 96, 23)]


def test_two_workers_learn_what_one_learns(real_ws: wb.Workspace) -> None:
    heard: list[Event] = []
    real_ws.events.subscribe(heard.append)
    one, two = (wb.train(RECIPE, *sides(real_ws, n)) for n in (1, 2))
    for alone, together in zip(one.curve(), two.curve(), strict=True):
        assert together["loss"] == pytest.approx(alone["loss"], abs=1e-4)
        assert together["val_loss"] == pytest.approx(alone["val_loss"], abs=1e-4)
    info = two.info()
    assert (info.state, info.more["workers"], info.more["threads"]) == ("done", 2, 1)
    assert info.more["pace"]["workers"] == 2
    assert [(two.folder / f"rank-{rank}.log").read_text().count("done") for rank in (0, 1)] == [1, 1]
    steps = [event.fields["step"] for event in heard if event.name == "metrics" and event.subject == two.ref]
    assert steps == [1, 2, 3]  # who called hears what the workers measured
    assert two.result().predict([real_ws.blobs.path(str(colors(real_ws, 96, 23)[1].rows()[0]["media"]))])


def when(path: Path, holds: Callable[[], bool], act: Callable[[], None]) -> threading.Thread:
    def wait() -> None:
        while not holds():
            time.sleep(0.02)
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def pids(folder: Path, rank: int) -> list[int]:
    path = folder / f"rank-{rank}.log"
    return [int(pid) for pid in re.findall(r"process (\d+)", path.read_text())] if path.exists() else []


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize("rank", [0, 1])
def test_a_killed_worker_costs_a_restart_and_changes_nothing(real_ws: wb.Workspace, rank: int) -> None:
    recipe = replace(RECIPE, epochs=12)
    whole = wb.train(recipe, *sides(real_ws, 2))
    run = Run(real_ws, "train-2")
    killer = when(run.folder, lambda: len(run.curve()) >= 2, lambda: os.kill(pids(run.folder, rank)[0], signal.SIGKILL))
    again = wb.train(recipe, *sides(real_ws, 2))
    killer.join()
    assert again == run
    assert len(pids(run.folder, 1 - rank)) == 2
    assert "goes on from step-" in run.log_path.read_text()
    told = [[{k: v for k, v in point.items() if k != "at"} for point in each.curve()] for each in (whole, again)]
    assert told[0] == told[1]
    kept = [(each.result().path / torch_runtime.FILE).read_bytes() for each in (whole, again)]
    assert kept[0] == kept[1]
    assert not any(is_alive(pid) for r in (0, 1) for pid in pids(run.folder, r))


def test_a_cancelled_training_leaves_no_worker_and_a_checkpoint(real_ws: wb.Workspace) -> None:
    run = Run(real_ws, "train-1")
    asker = when(run.folder, lambda: len(run.curve()) >= 1, run.cancel_path.touch)
    made = wb.train(replace(RECIPE, epochs=100_000), *sides(real_ws, 2))
    asker.join()
    assert made.state == "cancelled"
    assert not any(is_alive(pid) for rank in (0, 1) for pid in pids(run.folder, rank))
    checkpoint = checkpoints.newest(run)
    assert checkpoint is not None
    assert len(checkpoint.state["rng"]) == 2


def test_a_picture_that_no_worker_can_read_is_named_as_by_one_process(real_ws: wb.Workspace) -> None:
    rows = [{"id": f"{i}", "media": real_ws.blobs.put(b"no image %d" % i), "label": "ab"[i % 2]} for i in range(8)]
    data = replace(commit(real_ws, "broken", rows), ws=shared(real_ws, 2))
    with pytest.raises(InputError, match="Sample 0 of dataset:broken@1"):
        wb.train(RECIPE, data.select(["0", "1", "2", "3"]), data.select(["4", "5"]))
    assert real_ws.run("train-1").state == "failed"


def test_a_worker_that_breaks_says_so_with_its_last_lines(real_ws: wb.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = real_ws.root / "planted"
    planted.mkdir()
    (planted / "sitecustomize.py").write_text(
        "import os\nif os.environ.get('RANK') == '1':\n"
        "    from workbench.training import loop\n"
        "    def step(*_): raise ZeroDivisionError('planted')\n"
        "    loop.Learner.step = step\n"
    )
    monkeypatch.syspath_prepend(str(planted))
    with pytest.raises(RunError, match="Worker 1 of train-1 failed: ZeroDivisionError: planted") as caught:
        wb.train(RECIPE, *sides(real_ws, 2))
    assert "raise ZeroDivisionError('planted')" in caught.value.hint
    assert json.loads((real_ws.run("train-1").folder / "failed.json").read_text())["rank"] == 1


def test_batches_that_are_too_small_to_share_are_refused(real_ws: wb.Workspace) -> None:
    with pytest.raises(InputError, match="A batch of 2 samples cannot be shared by 3 workers"):
        wb.train(replace(RECIPE, batch_size=2), *sides(real_ws, 3))


SAID = """
Failures:
[1]:
  time      : 2026-01-01_00:00:00
  rank      : 0 (local_rank: 0)
  exitcode  : 1 (pid: 17)
Root Cause (first observed failure):
[0]:
  time      : 2026-01-01_00:00:00
  rank      : 1 (local_rank: 1)
  exitcode  : -9 (pid: 18)
"""


def test_the_worker_that_was_killed_first_is_the_one_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "torchrun.log").write_text(SAID)
    told = spread._post_mortem(tmp_path, 2)
    assert (told["rank"], told["message"]) == (1, "it was killed by signal 9, after 3 restarts of 2 workers")
