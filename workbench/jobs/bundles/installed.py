"""Which distributions are installed for an interpreter, which one brings a module, and the lock made of them; fast."""

from __future__ import annotations

import importlib.machinery
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from workbench.core.errors import ExternalError

_INFO = re.compile(r"^(?P<name>.+?)-(?P<version>[^-]+)(-py[\d.]+)?\.(dist|egg)-info$")
_ASK = "import json,sys,platform; print(json.dumps([sys.path, platform.python_version(), platform.python_implementation()]))"
#: Distributions whose name is not that of their module; others are found by their list of files.
_BRINGS = {"PIL": "pillow", "cv2": "opencv-python", "sklearn": "scikit-learn", "yaml": "pyyaml", "skimage": "scikit-image"}


@dataclass(frozen=True)
class Interpreter:
    """A Python: where it looks for modules, and its version."""

    path: tuple[str, ...]
    version: str
    implementation: str = "CPython"

    def packages(self) -> dict[str, str]:
        """Return the version of every installed distribution, by its normalised name."""
        found: dict[str, str] = {}
        for folder in reversed(self.path):  # the first one on the path is the one that is imported
            found |= _distributions(folder, _changed_at(folder))
        return dict(sorted(found.items()))

    def local(self) -> dict[str, str]:
        """Return the distributions that were not installed from an index, with where they are from."""
        found: dict[str, str] = {}
        for folder in reversed(self.path):
            found |= _from_elsewhere(folder, _changed_at(folder))
        return dict(sorted(found.items()))

    def has(self, module: str) -> bool:
        """Return whether `import module` finds something, without importing it."""
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names or top in sys.builtin_module_names:
            return True
        return importlib.machinery.PathFinder.find_spec(top, list(self.path)) is not None

    def distribution(self, module: str) -> str:
        """Return the distribution that brings a module, empty when it is of the standard library or nobody's."""
        for folder in self.path:
            if name := _bringing(folder, _changed_at(folder), module.partition(".")[0]):
                return name
        return ""


def here() -> Interpreter:
    """Return this interpreter, without what a session added to `sys.path`."""
    beginning = tuple(p for p in sys.path if _is_lasting(p))
    version = ".".join(map(str, sys.version_info[:3]))
    return Interpreter(beginning, version, {"cpython": "CPython"}.get(sys.implementation.name, sys.implementation.name))


@lru_cache(maxsize=16)
def of(python: str) -> Interpreter:
    """Return the interpreter *python*, asked once; raise `ExternalError` when it does not answer."""
    try:
        told = subprocess.run([python, "-I", "-c", _ASK], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError) as exc:
        raise ExternalError(
            f"The interpreter {python} does not answer.", hint="Make its environment again.", system="python", retryable=False
        ) from exc
    path, version, implementation = json.loads(told.stdout)
    return Interpreter(tuple(path), version, implementation)


def normal(name: str) -> str:
    """Return a distribution's name as indexes compare it.

    >>> normal("Label_Studio.SDK")
    'label-studio-sdk'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def lock(packages: Mapping[str, str], local: Mapping[str, str]) -> str:
    """Return a requirements file that pins every distribution; what no index has is told in a comment.

    >>> print(lock({"numpy": "2.2.6", "torch": "2.13.0+cpu", "mine": "1"}, {"mine": "/src/mine"}), end="")
    numpy==2.2.6
    torch==2.13.0
    # mine==1 is installed from /src/mine
    """
    pinned = [f"{name}=={version.partition('+')[0]}" for name, version in sorted(packages.items()) if name not in local]
    told = [
        f"# {name}=={packages[name]} is installed from {place}" for name, place in sorted(local.items()) if name in packages
    ]
    return "".join(f"{line}\n" for line in pinned + told)


def pins(text: str) -> dict[str, str]:
    """Return name and version of each line of a lock."""
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    return {normal(name): version for name, _, version in (line.partition("==") for line in lines if "==" in line)}


def lacking(wanted: Mapping[str, str], python: str = "") -> dict[str, str]:
    """Return what an interpreter lacks of *wanted*: its version there, empty when it is not installed at all."""
    there = (of(python) if python else here()).packages()
    plain = {name: version.partition("+")[0] for name, version in there.items()}
    return {n: plain.get(n, "") for n, v in sorted(wanted.items()) if plain.get(n) != v.partition("+")[0]}


def containerfile(version: str, command: Sequence[str] = ("python", "-m", "workbench.jobs.running.runner")) -> str:
    """Return a build file for an image that has the lock installed."""
    base = ".".join(version.split(".")[:2])
    told = json.dumps(list(command))
    return (
        f"FROM docker.io/library/python:{base}-slim\nWORKDIR /job\nCOPY requirements.lock .\n"
        f"RUN python -m pip install --no-cache-dir -r requirements.lock\nCOPY . .\nENTRYPOINT {told}\n"
    )


def _is_lasting(path: str) -> bool:
    if not path or path.endswith(".zip"):
        return bool(path)
    told = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return path in told or path.startswith((sys.prefix, sys.base_prefix)) or "site-packages" in path or path in _by_pth()


@lru_cache(maxsize=1)
def _by_pth() -> frozenset[str]:
    """Return the folders that `.pth` files of editable installations add."""
    found: set[str] = set()
    for folder in (p for p in sys.path if p.endswith("site-packages")):
        for file in Path(folder).glob("*.pth"):
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
            found |= {line.strip() for line in lines if line.strip().startswith(("/", "\\")) or line[1:2] == ":"}
    return frozenset(found)


def _changed_at(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116  # hundreds of times a second in a warm process
    except OSError:
        return 0


@lru_cache(maxsize=64)
def _infos(folder: str, _changed: int) -> dict[str, tuple[str, str]]:
    """Return folder and version of each distribution's description, by its name; a new package changes *_changed*."""
    try:
        names = os.listdir(folder)  # noqa: PTH208  # names alone: a Path for each of thousands takes longer
    except OSError:
        return {}
    found = ((name, _INFO.match(name)) for name in sorted(names))
    return {normal(m["name"]): (str(Path(folder, name)), m["version"]) for name, m in found if m}


def _distributions(folder: str, changed: int) -> dict[str, str]:
    return {name: version for name, (_, version) in _infos(folder, changed).items()}


@lru_cache(maxsize=64)
def _from_elsewhere(folder: str, changed: int) -> dict[str, str]:
    found = {}
    for name, (info, _) in _infos(folder, changed).items():
        told = Path(info, "direct_url.json")
        if told.is_file():
            url = json.loads(told.read_text(encoding="utf-8"))
            if not (url.get("archive_info") is not None and str(url.get("url", "")).startswith("http")):
                found[name] = str(url.get("url", "")).removeprefix("file://")
    return found


@lru_cache(maxsize=4096)
def _bringing(folder: str, changed: int, top: str) -> str:
    there = _infos(folder, changed)
    for guess in (_BRINGS.get(top, ""), normal(top)):
        if guess in there and (_has(folder, top)):
            return guess
    if not there or not _has(folder, top):
        return ""
    start = (f"{top}/".encode(), f"{top}.py,".encode())
    for name, (info, _) in there.items():
        try:
            lines = Path(info, "RECORD").read_bytes()
        except OSError:
            continue
        if lines.startswith(start) or any(b"\n" + s in lines for s in start):
            return name
    return ""


def _has(folder: str, top: str) -> bool:
    return any(Path(folder, name).exists() for name in (top, f"{top}.py")) or any(Path(folder).glob(f"{top}.*.so"))


def missing(modules: Iterable[str], interpreter: Interpreter) -> list[str]:
    """Return those of *modules* that the interpreter does not find."""
    return [m for m in dict.fromkeys(modules) if not interpreter.has(m)]
