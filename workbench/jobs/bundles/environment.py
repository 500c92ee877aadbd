"""Environments made from the lock of a bundle, offline: what ran at the promotion can be had again later."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from workbench.core import files
from workbench.core.errors import ExternalError, InputError
from workbench.jobs.bundles import installed
from workbench.jobs.bundles.bundle import LOCK, Bundle

_READY = "requirements.lock"
_LIMIT_S = 1800


def build(bundle: Bundle, *, wheels: Path) -> Path:
    """Return the interpreter of an environment that has exactly the bundle's lock, installed from a folder of wheels.

    It stands beside the bundles and is made once for each lock. No index is asked. Raises `InputError` that names every
    wheel that the folder lacks, and the versions that it has instead.
    """
    folder = _home(bundle)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    lock = (bundle.path / LOCK).read_text(encoding="utf-8") if (bundle.path / LOCK).is_file() else ""
    if (folder / _READY).is_file() and python.is_file():
        return python
    _check_wheels(installed.pins(lock), Path(wheels).expanduser())
    with files.disk(folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
    _make(folder, python, bundle.path / LOCK, Path(wheels).expanduser())
    files.write_text(folder / _READY, lock)  # the last of all: a half-made environment is made again
    return python


def interpreter(bundle: Bundle) -> str:
    """Return the interpreter that was built for a bundle, empty when this one has all of its lock or none was built."""
    folder = _home(bundle)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not (folder / _READY).is_file() or not lacking(bundle):
        return ""
    return str(python)


def lacking(bundle: Bundle, python: str = "") -> dict[str, str]:
    """Return what an interpreter lacks of what the bundle's code imports, with the version that it has; '' is this one.

    Packages that the code does not import may differ: `packages` of the bundle tells them all.
    """
    wanted = {name: bundle.facts["packages"].get(name, "") for name in bundle.facts["imports"].values()}
    return installed.lacking(wanted, python)


def check(bundle: Bundle, python: str = "") -> None:
    """Raise `InputError` that names every package that the bundle's code imports and that the interpreter lacks."""
    gone = lacking(bundle, python)
    if gone:
        packages = bundle.facts["packages"]
        said = [f"{name}=={packages[name]}" + (f" (it has {there})" if there else "") for name, there in gone.items()]
        raise InputError(
            f"{python or 'This Python'} lacks {', '.join(said)}, which the code of bundle {bundle.digest[:8]} imports.",
            hint="Install them there, or make an environment from the bundle's lock.",
            missing=list(gone),
        )


def require(bundle: Bundle) -> None:
    """Raise `InputError` that names what the bundle's code imports and this Python lacks, unless an environment was built.

    Another version is no reason to refuse: `verify` tells whether it made a difference.
    """
    if bundle.facts["engine"] != "kernel" and not all(lacking(bundle).values()) and not interpreter(bundle):
        check(bundle)


def _home(bundle: Bundle) -> Path:
    digest = str(bundle.facts["files"].get(LOCK) or hashlib.sha256(b"").hexdigest())
    return bundle.path.parent.parent / "environments" / digest[:16]


def _check_wheels(wanted: dict[str, str], wheels: Path) -> None:
    if not wheels.is_dir():
        raise InputError(f"There is no folder {wheels}.", hint="Name a folder of wheels: pip download -r requirements.lock.")
    there: dict[str, set[str]] = {}
    for path in wheels.glob("*.whl"):
        name, version = path.name.split("-")[:2]
        there.setdefault(installed.normal(name), set()).add(re.sub(r"\+.*", "", version))
    gone = {name: version for name, version in wanted.items() if version not in there.get(name, ())}
    if gone:
        said = [f"{n}=={v}" + (f" (it has {', '.join(sorted(there[n]))})" if n in there else "") for n, v in gone.items()]
        more = f" and {len(said) - 8} more" if len(said) > 8 else ""
        raise InputError(
            f"The folder {wheels} has no wheel for {', '.join(said[:8])}{more}.",
            hint="Fetch them where there is a network: pip download -r requirements.lock.",
            missing=list(gone),
        )


def _make(folder: Path, python: Path, lock: Path, wheels: Path) -> None:
    offline = ["--no-index", "--find-links", str(wheels), "-r", str(lock)]
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.is_file() else shutil.which("uv")
    if uv:
        _run([uv, "venv", "--offline", "--quiet", "--python", sys.executable, str(folder)])
        _run([uv, "pip", "install", "--offline", "--quiet", "--python", str(python), *offline])
    else:
        _run([sys.executable, "-m", "venv", str(folder)])
        _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *offline])


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    if done.returncode:
        raise ExternalError(
            f"The environment was not made: {done.stderr.strip()[-600:]}.",
            hint="The wheels have to fit this Python and this machine.",
            system=Path(command[0]).name,
            retryable=False,
        )
