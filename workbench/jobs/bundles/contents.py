"""Gathering what a bundle holds: cells, the modules and files that they use, and the facts about where they worked."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbench.core.workspace import Workspace
from workbench.jobs.bundles import installed
from workbench.jobs.bundles.machine import cores, machine
from workbench.jobs.bundles.missing import missing_modules
from workbench.jobs.bundles.pins import pins, references
from workbench.jobs.reading import kernels, variables
from workbench.jobs.reading.closure import Choice
from workbench.jobs.reading.files_used import MAX_BYTES, files_used
from workbench.jobs.reading.imports import Source
from workbench.jobs.reading.modules import local_modules
from workbench.jobs.reading.notebook import Notebook
from workbench.jobs.reading.observed import unmade
from workbench.jobs.reading.parameters import Declared
from workbench.jobs.reading.problem import Findings, Problem

PROTOCOL = 2
FACTS, NOTEBOOK, LOCK, CONTAINERFILE = "bundle.json", "notebook.ipynb", "requirements.lock", "Containerfile"
#: The numbers of threads that change the last bits of a result, and the libraries that read them.
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@dataclass(frozen=True)
class Contents:
    """A bundle that is not on disk yet; `findings` say what could not be carried or is missing."""

    files: Mapping[str, bytes]
    facts: Mapping[str, Any]
    findings: Findings

    @cached_property
    def body(self) -> bytes:
        """Return what `bundle.json` will be."""
        return (json.dumps(self.facts, indent=2, sort_keys=True) + "\n").encode()

    @property
    def digest(self) -> str:
        """Return the name that the bundle will have."""
        return hashlib.sha256(self.body).hexdigest()


def gather(
    notebook: Notebook,
    choices: Sequence[Choice],
    *,
    tag: str,
    declared: Sequence[Declared] | None,
    ws: Workspace | None = None,
    given: Iterable[Any] = (),
    is_far: bool = False,
) -> Contents:
    """Return all that the chosen cells need; the same content is the same bundle, so nothing here tells the time.

    *given* are the values of parameters, which may name files; *is_far* says that the job will not see this disk.
    """
    folder, findings = notebook.path.parent, Findings()
    taken = {choice.cell.number for choice in choices if choice.taken}
    cells = [c for c in notebook.cells if (c.number in taken if c.kind == "code" else not tag)]
    modules = findings.attempt("cells", local_modules, folder, [c.source for c in cells if c.kind == "code"]) or []
    content = {name: (folder / name).read_bytes() for name in modules}
    sources = [Source(c.source, c.number) for c in cells if c.kind == "code"]
    sources += [Source(content[n].decode(errors="replace"), file=n) for n in modules if n.endswith(".py")]
    data, found = files_used(folder, sources, more=[v for v in given if isinstance(v, str)], is_far=is_far)
    findings.merge(found)
    content |= {name: (folder / name).read_bytes() for name in data if name not in content}
    _check_size(content, findings)
    python = findings.attempt("kernel", kernels.check, notebook.kernel) or ""
    interpreter = installed.of(python) if python else installed.here()
    brought, found = missing_modules(folder, sources, interpreter, is_far=is_far)
    findings.merge(found)
    values, secrets = _variables(sources, findings)
    packages, local = interpreter.packages(), interpreter.local()
    content |= {
        NOTEBOOK: (json.dumps(notebook.to_json(cells), indent=1, sort_keys=True) + "\n").encode(),
        LOCK: installed.lock(packages, local).encode(),
        CONTAINERFILE: installed.containerfile(interpreter.version).encode(),
    }
    pinned, found = pins(ws, sources) if ws is not None else ({}, Findings())
    findings.merge(found)
    facts: dict[str, Any] = {
        "protocol": PROTOCOL,
        "source": {"path": str(notebook.path), "sha256": notebook.digest, "tag": tag},
        "kernel": notebook.kernel,
        "engine": "kernel" if python else "inline",
        "cells": [choice.to_json() for choice in choices],
        "parameters": None if declared is None else [p.to_json() for p in declared],
        "references": references(s.text for s in sources),
        "pins": pinned,
        "secrets": secrets,
        "variables": values,
        "environment": environment(os.environ) | values,
        "seeds": [line for s in sources for line in variables.seeds(s.text)],
        "observed": [p.message for p in unmade(notebook, numbers=frozenset(taken))],
        "python": interpreter.version,
        "platform": machine()["system"],
        "machine": dict(machine()),
        "packages": packages,
        "imports": brought,
        "modules": modules,
        "data": sorted(data),
        "files": {name: hashlib.sha256(body).hexdigest() for name, body in sorted(content.items())},
    }
    return Contents(content, facts, findings)


def environment(around: Mapping[str, str]) -> dict[str, str]:
    """Return the variables to pin: the threads as they are here, and the seed of the hashes of text."""
    told = around.get("OMP_NUM_THREADS", "")
    threads = told if told.isdigit() and int(told) > 0 else str(cores())
    return {**dict.fromkeys(THREADS, threads), "PYTHONHASHSEED": "0"}


def _check_size(content: Mapping[str, bytes], findings: Findings) -> None:
    total = sum(map(len, content.values()))
    if total > MAX_BYTES:
        largest = max(content, key=lambda n: len(content[n]))
        findings.add(
            Problem(
                f"The modules and files beside the notebook hold {total / 1e6:.0f} MB (the largest: {largest!r}), "
                f"more than {MAX_BYTES / 1e6:.0f} MB.",
                "Make a dataset of the data with wb.ingest(), and name that by its reference.",
                "cells",
            )
        )


def _variables(sources: Sequence[Source], findings: Findings) -> tuple[dict[str, str], list[str]]:
    """Return the values of the variables that the code reads, and the names of the secret ones."""
    made_by_code: set[str] = set()
    asked: list[str] = []
    for source in sources:
        for name, line in variables.secrets_in(source.text):
            said = f"{source} holds a secret in clear text (`{name}`), which a bundle would keep."
            findings.add(Problem(said, _READ_IT, "cells", source.cell, line))
        for variable in variables.read_by(source.text):
            if variable.name in made_by_code:
                continue
            asked.append(variable.name)
            if variable.is_needed and variable.name not in os.environ:
                said = f"{source} reads the variable `{variable.name}`, which is not set here."
                findings.add(Problem(said, _SET_IT, "cells", source.cell, variable.line), is_certain=False)
        made_by_code |= variables.set_by(source.text)
    return variables.known(asked)


_READ_IT = 'Read it where the notebook runs: os.environ["NAME"]; a job gets the value, and no file keeps it.'
_SET_IT = "Set it where you promote from; a job gets the variables that its code reads."
