"""A bundle: all that a job runs, in one immutable folder named by its content."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from workbench.core import files
from workbench.core.errors import InputError, not_found
from workbench.jobs.closure import Choice
from workbench.jobs.modules import local_modules
from workbench.jobs.notebook import Notebook
from workbench.jobs.parameters import Declared

PROTOCOL = 1
FACTS, NOTEBOOK = "bundle.json", "notebook.ipynb"
#: The numbers of threads that change the last bits of a result, and the libraries that read them.
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

_REF = re.compile(r"\b(?:dataset|model):[A-Za-z0-9][\w.-]*(?:@[\w-]+)?(?:#[0-9a-f]+)?")


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


def make(root: Path, notebook: Notebook, choices: Sequence[Choice], *, tag: str, declared: Sequence[Declared] | None) -> Bundle:
    """Write the bundle of the chosen cells below *root*; the same content gives the same folder."""
    taken = {choice.cell.number for choice in choices if choice.taken}
    cells = [c for c in notebook.cells if (c.number in taken if c.kind == "code" else not tag)]
    folder = notebook.path.parent
    code = [c.source for c in cells if c.kind == "code"]
    content = {NOTEBOOK: (json.dumps(notebook.to_json(cells), indent=1, sort_keys=True) + "\n").encode()}
    for name in local_modules(folder, code):
        content[name] = (folder / name).read_bytes()
    facts: dict[str, Any] = {
        "protocol": PROTOCOL,
        "source": {"path": str(notebook.path), "sha256": notebook.digest, "tag": tag},
        "kernel": notebook.kernel,
        "cells": [choice.to_json() for choice in choices],
        "parameters": None if declared is None else [p.to_json() for p in declared],
        "references": references(code),
        "environment": environment(os.environ),
        "python": platform.python_version(),
        "platform": f"{sys.platform}-{platform.machine()}",
        "packages": packages(),
        "files": {name: hashlib.sha256(body).hexdigest() for name, body in sorted(content.items())},
    }
    return Bundle(_publish(root, content, facts), facts)


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
    if not isinstance(facts, dict) or facts.get("protocol") != PROTOCOL:
        said = facts.get("protocol") if isinstance(facts, dict) else None
        raise InputError(f"Bundle {found} has protocol {said!r}, expected {PROTOCOL}.", hint="Promote the notebook again.")
    if files.digest(found / FACTS) != found.resolve().name:
        raise InputError(f"Bundle {found} is not what it was: {FACTS} has changed.", hint="Promote the notebook again.")
    for name, digest in facts["files"].items():
        inside = files.within(found, name)
        if not inside.is_file() or files.digest(inside) != digest:
            raise InputError(f"Bundle {found} is not what it was: {name} has changed.", hint="Promote the notebook again.")
    return Bundle(found.resolve(), facts)


def unpack(bundle: Bundle, folder: Path) -> None:
    """Copy the bundle's files into *folder*, where a job may do with them what it likes."""
    with files.disk(folder):
        for name in bundle.facts["files"]:
            target = files.within(folder, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(bundle.path / name, target)


def references(sources: Iterable[str]) -> list[str]:
    """Return the datasets and models that the code names by reference.

    >>> references(['ws.dataset("dataset:caps@2")'])
    ['dataset:caps@2']
    """
    return sorted({ref for source in sources for ref in _REF.findall(source)})


def environment(around: Mapping[str, str]) -> dict[str, str]:
    """Return the variables to pin: the threads as they are here, and the seed of the hashes of text."""
    told = around.get("OMP_NUM_THREADS", "")
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = told if told.isdigit() and int(told) > 0 else str(available)
    return {**dict.fromkeys(THREADS, threads), "PYTHONHASHSEED": "0"}


def packages() -> dict[str, str]:
    """Return the version of every installed distribution, by its name."""
    # The first one on the path is the one that is imported.
    return dict(sorted({d.name.lower(): d.version for d in reversed(list(distributions())) if d.name}.items()))


def _publish(root: Path, content: Mapping[str, bytes], facts: Mapping[str, Any]) -> Path:
    body = (json.dumps(facts, indent=2, sort_keys=True) + "\n").encode()
    target = root / hashlib.sha256(body).hexdigest()
    if target.is_dir():
        return target
    with files.disk(root):
        root.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=root, prefix=".making-"))
        try:
            for name, data in {**content, FACTS: body}.items():
                files.write_bytes(made / name, data, mode=0o444)
            made.chmod(0o755)
            made.rename(target)
        except OSError:
            if not target.is_dir():  # else another process made the same bundle a moment ago
                raise
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return target
