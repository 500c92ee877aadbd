"""The model bundle: a folder with `model.json` and the weight files that it names by hash; data only, never code."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.core.config import decode
from workbench.core.errors import ConflictError, InputError
from workbench.core.files import digest, disk, read_json, within, write_bytes, write_json

PROTOCOL = 1
HEAD = "model.json"

#: Formats that hold numbers and graphs. A pickle runs code when it is loaded, so no bundle may hold one.
SUFFIXES = (".safetensors", ".onnx", ".xml", ".bin", ".json")

_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What `model.json` says: `settings` prepare inputs and rebuild the network, `files` are names and SHA-256."""

    task: str
    classes: tuple[str, ...]
    runtime: str
    backbone: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def write(folder: Path, spec: Spec, files: Mapping[str, bytes | Path]) -> Spec:
    """Write a bundle whole: *folder* appears with everything in it, or not at all; return the spec with its hashes.

    Raises:
        ConflictError: the folder is there already; a bundle never changes.
    """
    for name in files:
        _check_file(name, where=str(folder))
    if folder.exists():
        raise ConflictError(f"{folder} is there already.", hint="Write a bundle to a new folder.")
    with disk(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        try:
            for name, content in files.items():
                write_bytes(temporary / name, content.read_bytes() if isinstance(content, Path) else content)
            spec = replace(spec, files={name: digest(temporary / name) for name in sorted(files)})
            write_json(temporary / HEAD, {"protocol": PROTOCOL, **asdict(spec)})
            temporary.chmod(0o755)
            temporary.rename(folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
    return spec


def read(folder: Path) -> Spec:
    """Return the spec of the bundle in *folder* after comparing every file with its hash.

    Raises:
        InputError: it is no bundle, or a file is missing or changed, or a name leads out of the folder.
        ConflictError: it was written by a newer workbench.
    """
    if not (folder / HEAD).is_file():
        raise InputError(f"{folder} is not a model bundle: it has no {HEAD}.")
    head = read_json(folder / HEAD)
    if not isinstance(head, dict) or not isinstance(head.get("protocol"), int):
        raise InputError(f"{folder / HEAD} is not the head of a model bundle: it has no protocol number.")
    protocol = head.pop("protocol")
    if protocol > PROTOCOL:
        raise ConflictError(
            f"{folder} is a model bundle of protocol {protocol}; this workbench reads up to {PROTOCOL}.",
            hint="Upgrade it: pip install -U perception-workbench",
        )
    spec = decode(Spec, head, where=str(folder / HEAD))
    problems = [said for name, expected in sorted(spec.files.items()) if (said := _problem(folder, name, expected))]
    if problems:
        raise InputError(
            f"The model bundle {folder} was changed after it was written: {'; '.join(problems)}.",
            hint="Train or register the model again.",
        )
    return spec


def _problem(folder: Path, name: str, expected: str) -> str:
    _check_file(name, where=str(folder / HEAD))
    path = within(folder, name)
    if not path.is_file():
        return f"{name!r} is missing"
    return "" if digest(path) == expected else f"{name!r} has other content"


def _check_file(name: str, *, where: str) -> None:
    if not _FILE.fullmatch(name) or name == HEAD:
        raise InputError(
            f"{where}: {name!r} cannot name a file of a model bundle.", hint="Use letters, digits, '.', '_' or '-'."
        )
    if not name.endswith(SUFFIXES):
        raise InputError(f"{where}: {name!r} is in no format of a model bundle.", hint=f"Formats: {', '.join(SUFFIXES)}.")
