"""The checks of `workbench doctor`: each looks at a machine and says what it found."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Literal

from workbench.core.need import DISTRIBUTION

LEAST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Finding:
    """What one check found; "broken" stops the workbench from working, "note" costs a part of it."""

    name: str
    state: Literal["ok", "note", "broken"]
    said: str
    mend: str = ""


def _installed() -> dict[str, str]:
    return {d.metadata["Name"].lower().replace("_", "-"): d.version for d in metadata.distributions() if d.metadata["Name"]}


def _say(command: list[str]) -> str:
    """Return what a command prints, empty when it is not there or ends badly."""
    if shutil.which(command[0]) is None and not Path(command[0]).exists():
        return ""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr if done.returncode == 0 else ""


def _library_path() -> tuple[str, ...]:
    return tuple(filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(":")))


@dataclass(frozen=True)
class Machine:
    """What a check may look at; tests plant their own."""

    python: tuple[int, int, int] = field(default_factory=lambda: sys.version_info[:3])
    packages: dict[str, str] = field(default_factory=_installed)
    say: Callable[[list[str]], str] = _say
    system: str = field(default_factory=platform.platform)
    library_path: tuple[str, ...] = field(default_factory=_library_path)


def interpreter(machine: Machine) -> Iterator[Finding]:
    """Check the version of Python."""
    said = f"{'.'.join(map(str, machine.python))} on {machine.system}"
    if machine.python[:2] < LEAST_PYTHON:
        yield Finding("python", "broken", said, f"Use Python {'.'.join(map(str, LEAST_PYTHON))} or newer.")
    else:
        yield Finding("python", "ok", said)


def torch_build(machine: Machine) -> Iterator[Finding]:
    """Check that torch, its CUDA build and the driver fit, and that no torchvision breaks it."""
    version = machine.packages.get("torch")
    if version is None:
        yield Finding("torch", "note", "not installed", f"pip install '{DISTRIBUTION}[train]'")
        return
    built = re.search(r"\+cu(\d+)(\d)$", version)
    driver = machine.say(["nvidia-smi"])
    runs = re.search(r"CUDA Version:\s*(\d+)\.(\d+)", driver)
    if built and not runs:
        yield Finding(
            "torch", "note", f"{version}, built for CUDA, but no driver answers", "Install the driver, or a CPU build of torch."
        )
    elif built and runs and int(built[1]) > int(runs[1]):
        said = f"{version} needs CUDA {built[1]}.{built[2]}, the driver has {runs[1]}.{runs[2]}"
        yield Finding("torch", "broken", said, "Update the driver, or install torch for that CUDA.")
    elif runs and version.endswith("+cpu"):
        yield Finding("torch", "note", f"{version} leaves the GPU idle", f"Install torch for CUDA {runs[1]}.{runs[2]}.")
    else:
        yield Finding("torch", "ok", version)
    vision = machine.packages.get("torchvision")
    if vision is not None and ("+cpu" in vision) != ("+cpu" in version):
        said = f"torchvision {vision} was built for another torch than {version} and breaks transformers"
        yield Finding("torchvision", "broken", said, "pip uninstall torchvision")


def cuda_libraries(machine: Machine) -> Iterator[Finding]:
    """Check that the CUDA libraries beside torch are those of its build, and that no other cuDNN comes before them."""
    built = re.search(r"\+cu(\d+)\d$", machine.packages.get("torch", ""))
    if not built:
        return
    others = sorted(
        f"{name} {version}"
        for name, version in machine.packages.items()
        if (told := re.fullmatch(r"nvidia-\w+(?:-\w+)*-cu(\d+)", name)) and told[1] != built[1]
    )
    if others:
        said = f"torch was built for CUDA {built[1]}, beside it are {', '.join(others)}"
        yield Finding("cuda libraries", "broken", said, f"pip uninstall {' '.join(o.partition(' ')[0] for o in others)}")
    strangers = [f for f in machine.library_path if any(Path(f).glob("libcudnn.so*"))]
    if strangers:
        said = f"LD_LIBRARY_PATH puts the cuDNN in {strangers[0]} before torch's own"
        yield Finding("cudnn", "broken", said, f"Take {strangers[0]} out of LD_LIBRARY_PATH.")
    elif not others:
        cudnn = next((v for n, v in machine.packages.items() if n.startswith("nvidia-cudnn")), "torch's own")
        yield Finding("cudnn", "ok", cudnn)


def packages(machine: Machine) -> Iterator[Finding]:
    """Check that what is installed fits together, and say which extras are incomplete."""
    from packaging.requirements import Requirement  # only the doctor reads requirements

    conflicts = []
    for package in metadata.distributions():
        for text in package.requires or ():
            need = Requirement(text)
            if need.marker is not None and not need.marker.evaluate({"extra": ""}):
                continue
            name = need.name.lower().replace("_", "-")
            has = machine.packages.get(name)
            if has is not None and not need.specifier.contains(has, prereleases=True):
                conflicts.append(f"{package.metadata['Name']} needs {need.name}{need.specifier}, found {has}")
    for conflict in conflicts[:8]:
        yield Finding("conflict", "broken", conflict, "pip check names them all; reinstall with -c constraints.txt")
    if not conflicts:
        yield Finding("packages", "ok", f"{len(machine.packages)} installed, none in conflict")
    yield from _extras(machine)


def _extras(machine: Machine) -> Iterator[Finding]:
    from packaging.requirements import Requirement  # only the doctor reads requirements

    try:
        own = metadata.distribution(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        yield Finding("workbench", "broken", "is not installed, only importable", f"pip install {DISTRIBUTION}")
        return
    for extra in sorted(set(own.metadata.get_all("Provides-Extra") or ()) - {"all", "dev"}):
        wanted = [Requirement(text) for text in own.requires or ()]
        here = [
            r
            for r in wanted
            if r.marker is not None and not r.marker.evaluate({"extra": ""}) and r.marker.evaluate({"extra": extra})
        ]
        missing = sorted(r.name for r in here if r.name.lower().replace("_", "-") not in machine.packages)
        if missing:
            yield Finding(f"extra {extra}", "note", f"lacks {', '.join(missing)}", f"pip install '{DISTRIBUTION}[{extra}]'")
        else:
            yield Finding(f"extra {extra}", "ok", "complete")


def extensions(machine: Machine) -> Iterator[Finding]:
    """Check that JupyterLab and the Jupyter server see our extensions."""
    bin_folder = Path(sys.executable).parent
    server = machine.say([str(bin_folder / "jupyter"), "server", "extension", "list"])
    lab = machine.say([str(bin_folder / "jupyter"), "labextension", "list"])
    for name, said, key in (("server extension", server, "workbench.server"), ("lab extension", lab, DISTRIBUTION)):
        line = next((part for part in said.splitlines() if key in part and "{" not in part), "")
        if "disabled" in line or "X" in line.split(key)[-1]:
            mend = f"jupyter {name.replace(' ', ' ').replace('lab extension', 'labextension')} enable {key}"
            yield Finding(name, "broken", "is there, but disabled or incompatible", mend)
        elif not line:
            yield Finding(name, "broken", "is not there", f"pip install --force-reinstall --no-deps {DISTRIBUTION}")
        else:
            yield Finding(name, "ok", "enabled")


def label_studio(_: Machine) -> Iterator[Finding]:
    """Check that Label Studio has its environment."""
    from workbench.labeling import studio_server  # only this check needs it

    path = studio_server.installed()
    if path is None:
        yield Finding("label studio", "note", "not installed", "workbench labels install")
    else:
        yield Finding("label studio", "ok", str(path))


def ray(machine: Machine) -> Iterator[Finding]:
    """Check for Ray, which runs jobs on several machines."""
    version = machine.packages.get("ray")
    if version is None:
        yield Finding("ray", "note", "not installed; jobs run on this machine", f"pip install '{DISTRIBUTION}[scale]'")
    else:
        yield Finding("ray", "ok", version)


def node(machine: Machine) -> Iterator[Finding]:
    """Check for Node.js, which builds the front ends from a clone; a wheel needs none."""
    try:
        editable = json.loads(metadata.distribution(DISTRIBUTION).read_text("direct_url.json") or "{}").get("dir_info", {})
    except metadata.PackageNotFoundError:
        editable = {}
    said = machine.say(["node", "--version"]).strip()
    if said:
        yield Finding("node", "ok", said)
    elif editable.get("editable"):
        yield Finding("node", "note", "not found; the front ends cannot be built anew", "Install Node.js 20.19 or newer.")


CHECKS: tuple[Callable[[Machine], Iterator[Finding]], ...] = (
    interpreter,
    torch_build,
    cuda_libraries,
    packages,
    extensions,
    label_studio,
    ray,
    node,
)
