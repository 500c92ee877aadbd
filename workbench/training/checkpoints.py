"""Checkpoints: model bundles that also hold all that a training needs to go on; each appears whole or not at all.

`model.json` names every file by its hash and is written before the folder gets its name: it marks the checkpoint complete.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file

from workbench.core.errors import WorkbenchError
from workbench.core.files import disk, read_json
from workbench.core.run import Run
from workbench.models import bundle
from workbench.models.bundle import Spec
from workbench.models.torch_runtime import FILE, encode
from workbench.training.loop import Epoch

_PREFIX = "step-"
_STATE, _BEST, _FACTS = "state.safetensors", "best.safetensors", "state.json"

#: Seconds between two checkpoints within an epoch.
EVERY_S = 20.0
#: Saving may take this share of the time: a large network is saved less often.
SHARE = 0.03


@dataclass(frozen=True)
class Best:
    """The best epoch so far, and the bundle that it makes: its head and the weights after it."""

    epoch: Epoch
    spec: Spec
    weights: Mapping[str, Any]


@dataclass(frozen=True)
class Checkpoint:
    """What is read back; `facts` and `state` are those of `Learner.state`."""

    folder: Path
    weights: Mapping[str, Any]
    state: Mapping[str, Any]
    facts: Mapping[str, Any]
    best: Best | None


class Pacer:
    """Says when the next checkpoint is due: each epoch, and every so often within one, unless that costs too much."""

    def __init__(self) -> None:
        self._saved = time.monotonic()
        self._cost_s = 0.0

    def is_due(self, *, within: bool) -> bool:
        """Return whether to save now, at the end of an epoch or *within* one."""
        passed = time.monotonic() - self._saved
        return passed >= max(self._cost_s / SHARE, EVERY_S if within else 0.0)

    def saved(self, began: float) -> None:
        """Note that a checkpoint was written which *began* at that time."""
        self._saved = time.monotonic()
        self._cost_s = self._saved - began


def write(
    run: Run,
    spec: Spec,
    weights: Mapping[str, Any],
    *,
    step: int,
    state: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    best: Best | None = None,
) -> Path:
    """Write a checkpoint and take away the one before; return its folder."""
    folder = run.folder / "checkpoints" / f"{_PREFIX}{step:09d}"
    if folder.exists():
        return folder  # nothing has been learned since
    told = {**(facts or {}), "best": _told(best.epoch) if best else None}
    files = {FILE: encode(weights), _STATE: encode(state or {}), _FACTS: json.dumps(told).encode()}
    if best:
        files[_BEST] = encode({**{f"weights.{k}": v for k, v in best.weights.items()}, "outputs": _tensor(best.epoch.outputs)})
    bundle.write(folder, spec, files)
    keep(run, folder)
    return folder


def found(run: Run) -> list[Path]:
    """Return the folders of the run's checkpoints, oldest first."""
    return sorted((run.folder / "checkpoints").glob(f"{_PREFIX}*"))


def keep(run: Run, *folders: Path) -> None:
    """Take away every checkpoint but these."""
    for folder in found(run):
        if folder not in folders:
            # Renamed first, so that a kill in between leaves no half of a checkpoint under its name.
            hidden = folder.with_name(f".{folder.name}.old")
            folder.rename(hidden)
            shutil.rmtree(hidden, ignore_errors=True)


def clear(run: Run) -> None:
    """Take away all checkpoints, and what a kill has left of half-written ones."""
    shutil.rmtree(run.folder / "checkpoints", ignore_errors=True)


def newest(run: Run) -> Checkpoint | None:
    """Return the newest checkpoint that is whole; one that a disk has damaged is passed over."""
    for folder in reversed(found(run)):
        try:
            return _read(folder, bundle.read(folder))  # which compares every hash
        except (WorkbenchError, SafetensorError, OSError, KeyError, ValueError):
            continue
    return None


def adopt(run: Run, former: Run) -> bool:
    """Let *run* begin where the newest checkpoint of *former* ends; return whether there is one."""
    checkpoint = newest(former)
    if checkpoint is None:
        return False
    home = run.folder / "checkpoints"
    with disk(home):
        home.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=home, prefix=".adopted."))
        # Links cost nothing: the files of a checkpoint never change.
        shutil.copytree(checkpoint.folder, part, copy_function=_link, dirs_exist_ok=True)
        part.rename(home / checkpoint.folder.name)
    return True


def _read(folder: Path, spec: Spec) -> Checkpoint:
    facts = read_json(folder / _FACTS)
    told = facts.pop("best")
    best = None
    if told:
        tensors = load_file(folder / _BEST)
        outputs = tensors.pop("outputs").numpy()
        best = Best(
            Epoch(**told, outputs=outputs), replace(spec, files={}), {k.removeprefix("weights."): v for k, v in tensors.items()}
        )
    return Checkpoint(folder, load_file(folder / FILE), load_file(folder / _STATE), facts, best)


def _told(epoch: Epoch) -> dict[str, Any]:
    return {k: v for k, v in asdict(epoch).items() if k != "outputs"} | {"metrics": dict(epoch.metrics)}


def _tensor(array: Any) -> Any:
    import torch

    return torch.from_numpy(array)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one that has no links
        shutil.copy2(source, target)
