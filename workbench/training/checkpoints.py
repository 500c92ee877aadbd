"""Checkpoints of a run: bundles that appear whole, so that one which is there can be loaded, whatever ended the run."""

from __future__ import annotations

import shutil
from pathlib import Path

from workbench.core.run import Run
from workbench.models import torch_runtime
from workbench.models.backbones import Network
from workbench.models.bundle import Spec

_PREFIX = "epoch-"


def write(run: Run, spec: Spec, network: Network, *, number: int) -> Path:
    """Write the weights after an epoch and return the bundle's folder."""
    folder = run.folder / "checkpoints" / f"{_PREFIX}{number:04d}"
    torch_runtime.save(folder, spec, network)
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
