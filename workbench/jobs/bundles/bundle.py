"""A bundle: all that a job runs, in one immutable folder named by its content."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core import files
from workbench.core.errors import InputError, not_found
from workbench.core.workspace import Workspace
from workbench.jobs.bundles.contents import FACTS, LOCK, NOTEBOOK, PROTOCOL, Contents, gather
from workbench.jobs.reading.closure import Choice
from workbench.jobs.reading.notebook import Notebook
from workbench.jobs.reading.parameters import Declared

#: What a bundle of protocol 1 does not tell.
_UNTOLD: Mapping[str, Any] = {
    "engine": "",
    "pins": {},
    "secrets": [],
    "variables": {},
    "seeds": [],
    "observed": [],
    "machine": {},
    "imports": {},
    "modules": [],
    "data": [],
}

__all__ = ["FACTS", "LOCK", "NOTEBOOK", "Bundle", "make", "publish", "read", "unpack"]


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk; `facts` are what `bundle.json` says."""

    path: Path
    facts: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Return the SHA-256 of `bundle.json`, which holds that of every other file."""
        return self.path.name

    @property
    def title(self) -> str:
        """Return the name of the notebook that it was made from."""
        return Path(str(self.facts["source"]["path"])).name

    @property
    def parameters(self) -> list[Declared] | None:
        """Return what the notebook declares, None when it has no cell for it."""
        told = self.facts["parameters"]
        return None if told is None else [Declared(**p) for p in told]

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that every process of the job gets."""
        return {str(k): str(v) for k, v in self.facts["environment"].items()}


def make(
    root: Path,
    notebook: Notebook,
    choices: Sequence[Choice],
    *,
    tag: str,
    declared: Sequence[Declared] | None,
    ws: Workspace | None = None,
) -> Bundle:
    """Write the bundle of the chosen cells below *root*; raise one `InputError` that names all that cannot be carried."""
    contents = gather(notebook, choices, tag=tag, declared=declared, ws=ws)
    contents.findings.check()
    return publish(root, contents)


def publish(root: Path, contents: Contents) -> Bundle:
    """Write what was gathered below *root*, whole or not at all; the same content gives the same folder."""
    target = root / contents.digest
    if not target.is_dir():
        with files.disk(root):
            root.mkdir(parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(dir=root, prefix=".making-"))
            try:
                _write(made, {**contents.files, FACTS: contents.body})
                made.chmod(0o755)
                made.rename(target)
            except OSError:
                if not target.is_dir():  # else another process made the same bundle a moment ago
                    raise
            finally:
                shutil.rmtree(made, ignore_errors=True)
    return Bundle(target, contents.facts)


def _write(folder: Path, content: Mapping[str, bytes]) -> None:
    """Write the files, and then make them last: the first of these calls pays for all of them."""
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    for name in content:
        handle = os.open(folder / name, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        (folder / name).chmod(0o444)


def read(root: Path, path: Path) -> Bundle:
    """Return the bundle in *path*, or the one below *root* whose digest starts with it; every byte is checked."""
    found = Path(path).expanduser()
    if not (found / FACTS).is_file():
        known = [p.name for p in root.glob("*") if (p / FACTS).is_file()]
        matching = [name for name in known if name.startswith(str(path))] if len(str(path)) >= 4 else []
        if len(matching) != 1:
            raise not_found("bundle", str(path), known, hint="Make one with wb.promote().")
        found = root / matching[0]
    facts = files.read_json(found / FACTS)
    if not isinstance(facts, dict) or facts.get("protocol") not in (1, PROTOCOL):
        said = facts.get("protocol") if isinstance(facts, dict) else None
        raise InputError(f"Bundle {found} has protocol {said!r}, expected {PROTOCOL}.", hint="Promote the notebook again.")
    if files.digest(found / FACTS) != found.resolve().name:
        raise InputError(f"Bundle {found} is not what it was: {FACTS} has changed.", hint="Promote the notebook again.")
    for name, digest in facts["files"].items():
        inside = files.within(found, name)
        if not inside.is_file() or files.digest(inside) != digest:
            raise InputError(f"Bundle {found} is not what it was: {name} has changed.", hint="Promote the notebook again.")
    return Bundle(found.resolve(), {**_UNTOLD, **facts})


def unpack(bundle: Bundle, folder: Path) -> None:
    """Copy the bundle's files into *folder*, where a job may do with them what it likes."""
    with files.disk(folder):
        for name in bundle.facts["files"]:
            target = files.within(folder, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(bundle.path / name, target)
