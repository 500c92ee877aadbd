"""What the process of a job saw: files, modules, threads, versions; `verify` compares two of them to name a cause."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from workbench.core import files

PROTOCOL = 1
#: Hashing what was read may take this share of the time that the cells took, and never less than this many seconds.
_SHARE, _LEAST_S = 0.05, 0.02
_PIECE = 1 << 20
#: A process may open this many files before the rest is only counted.
_MOST_FILES = 20_000
#: Of a workspace, only its media are files that a cell reads by name.
_INTERNAL = ("records.db", "mlflow.db", "data/", "models/", "bundles/", "runs/", "certificates/", "workbench.toml")
_SYSTEM = ("/proc/", "/dev/", "/sys/", "/etc/", "/usr/share/", "<")
#: Of a home, what programs keep there for themselves.
_PRIVATE = (".cache/matplotlib", ".cache/fontconfig", ".config", ".ipython", ".jupyter", ".local/share/jupyter")
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

_observers: list[Observer] = []


class Observer:
    """Lives in the process of the cells, and remembers which files Python opened there."""

    def __init__(self, folder: Path, variables: Iterable[str] = ()) -> None:
        self._variables = list(variables)
        self._read: dict[str, None] = {}
        self._written: dict[str, None] = {}
        self._uninteresting = _uninteresting(folder)
        self._started = 0.0
        self._is_on = False

    def start(self) -> None:
        """Listen from now on; Python knows no way back."""
        self._started = time.monotonic()
        self._is_on = True
        sys.addaudithook(self._hear)

    def facts(self) -> dict[str, Any]:
        """Return all that is known by now."""
        self._is_on = False
        try:
            around = here()
            written = [p for p in self._paths(self._written) if Path(p).exists()]
            read = [p for p in self._paths(self._read) if p not in self._written]
            used = _used()
            modules = {p: hashed(Path(p), until=time.monotonic() + 1) for p in self._modules()}
            until = time.monotonic() + max(_LEAST_S, _SHARE * (time.monotonic() - self._started))
            return {
                **around,
                "variables": {name: os.environ.get(name, "") for name in self._variables},
                "modules": {p: told["sha256"] for p, told in modules.items() if told},
                "files": {p: told for p in read if p not in modules and (told := hashed(Path(p), until=until))},
                "written": written,
                "used": used,
                "models": {ref: digest for ref, _, digest in (r.partition("#") for r in used) if ref.startswith("model:")},
            }
        finally:
            self._is_on = True

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and self._is_on:
            path, mode, flags = args
            if isinstance(path, int) or path is None or len(self._read) > _MOST_FILES:
                return
            name = os.fsdecode(path)
            writes = any(letter in mode for letter in "wax+") if mode else flags & (os.O_WRONLY | os.O_RDWR)
            (self._written if writes else self._read)[name if name.startswith("/") else f"{Path.cwd()}/{name}"] = None

    def _paths(self, names: Iterable[str]) -> list[str]:
        found = dict.fromkeys(os.path.normpath(name) for name in list(names) if not name.endswith((".pyc", ".pyo")))
        return [name for name in found if not name.startswith(self._uninteresting) and "/__pycache__/" not in name]

    def _modules(self) -> list[str]:
        told = {getattr(m, "__file__", None) for m in list(sys.modules.values())}
        return sorted(p for p in map(str, told - {None}) if p.startswith("/") and not p.startswith(self._uninteresting))


def hashed(path: Path, *, until: float) -> dict[str, Any] | None:
    """Return the size and the SHA-256 of a file, '' where there is no time for it; None when it is no file any more."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            return None
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                if time.monotonic() > until:
                    return {"sha256": "", "bytes": size}
                digest.update(piece)
    except OSError:
        return None
    return {"sha256": digest.hexdigest(), "bytes": size}


def here() -> dict[str, Any]:
    """Return what this process runs on: versions, processor, threads, seeds; it loads nothing."""
    torch = sys.modules.get("torch")
    is_torch = hasattr(torch, "get_num_threads")
    capability = torch.backends.cpu.get_cpu_capability() if torch is not None and is_torch else ""
    return {
        "protocol": PROTOCOL,
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
        "packages": packages(),
        "cpu": {**cpu(), "capability": capability},
        "gpus": _gpus(torch),
        "threads": {
            **{name: os.environ.get(name, "") for name in _THREADS},
            "torch": torch.get_num_threads() if torch is not None and is_torch else None,
        },
        "seed": {"PYTHONHASHSEED": os.environ.get("PYTHONHASHSEED", "")},
    }


def packages(path: Sequence[str] | None = None) -> dict[str, str]:
    """Return the versions of what is installed, by the names of the folders: reading every metadata takes .2 s."""
    found: dict[str, str] = {}
    for folder in sys.path if path is None else path:
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208  # a Path for each of a thousand names costs more than the rest
        except OSError:
            continue
        for name in names:
            if told := re.fullmatch(r"(.+?)-([^-]+)(?:-py[\d.]+)?\.(?:dist-info|egg-info)", name):
                found.setdefault(re.sub(r"[-_.]+", "-", told[1]).lower(), told[2])
    return dict(sorted(found.items()))


def cpu() -> dict[str, Any]:
    """Return the model, the features and the number of cores of this machine's processor."""
    told: dict[str, str] = {}
    try:
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8").partition("\n\n")[0]
        told = {k.strip(): v.strip() for k, _, v in (line.partition(":") for line in first.splitlines())}
    except OSError:
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    features = sorted((told.get("flags") or told.get("Features", "")).split())
    return {"model": told.get("model name", platform.processor() or platform.machine()), "features": features, "cores": cores}


def observe(folder: str, variables: Sequence[str]) -> None:
    """Begin to listen in a kernel."""
    _observers.append(Observer(Path(folder), variables))
    _observers[-1].start()


def tell(path: str) -> None:
    """Leave what a kernel saw in a file, for its runner."""
    files.write_text(Path(path), json.dumps(_observers[-1].facts()))


def taken(path: Path) -> dict[str, Any]:
    """Return what a kernel has left in *path*, {} when it has not, and take it away."""
    if not path.exists():
        return {}
    told: dict[str, Any] = files.read_json(path)
    path.unlink()
    return told


def _gpus(torch: Any) -> list[str]:
    """Return the GPUs that this process works with; asking for others would start CUDA."""
    cuda = getattr(torch, "cuda", None)
    if cuda is None or not cuda.is_initialized():
        return []
    return [str(cuda.get_device_name(n)) for n in range(cuda.device_count())]


def _used() -> list[str]:
    workspace = sys.modules.get("workbench.core.workspace")
    return list(workspace.used()) if workspace is not None else []


def _uninteresting(folder: Path) -> tuple[str, ...]:
    """Return the folders whose files are known by version, or are none."""
    scheme = sysconfig.get_paths()
    known = {scheme[key] for key in ("stdlib", "platstdlib", "purelib", "platlib", "scripts", "data")}
    known |= {str(Path(p).resolve()) for p in known} | {str(Path(files.__file__).resolve().parents[1])}
    told = [f"{place.rstrip('/')}/" for place in known if place]
    if workspace := os.environ.get("WORKBENCH_WORKSPACE", ""):
        told += [f"{workspace}/{name}" for name in _INTERNAL]
    # The folder of the job lies in that of the workspace's runs, and what it has been given counts.
    kept = [place for place in told if not f"{folder}/".startswith(place)]
    private = [f"{Path.home() / name}/" for name in _PRIVATE]
    return (*kept, *private, *_SYSTEM, f"{tempfile.gettempdir()}/ipykernel_{os.getpid()}/")
