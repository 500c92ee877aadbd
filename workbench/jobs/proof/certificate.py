"""The certificate: a bundle ran small in a clean process, and what its cells showed is what the notebook shows, or is not."""

from __future__ import annotations

import getpass
import hashlib
import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from workbench.core import files
from workbench.core.errors import InputError
from workbench.core.workspace import Workspace
from workbench.jobs.bundles.bundle import Bundle
from workbench.jobs.order import Order
from workbench.jobs.proof import certificate_page, signature
from workbench.jobs.proof.judge import TOLERANCE, Shown, cells_of, judged, taken
from workbench.jobs.proof.trial import trial
from workbench.jobs.reading.notebook import Notebook
from workbench.jobs.running.outputs import normal

PROTOCOL = 1
FILE, PAGE = "certificate.json", "certificate.html"
#: With these verdicts a promotion goes on by itself, and the certificate holds until the bundle or the outputs change.
GOOD = ("equal", "partial", "unproven")

_AGAIN = "Make it again: workbench rehearse"


class Certificate(dict[str, Any]):
    """A certificate that a shell and a notebook can show."""

    def __str__(self) -> str:
        lines = [f"{self['verdict']}: {self['says']}"]
        if self["problem"]:
            lines.append(f"  {self['problem']['hint']}")
        for cell in self["cells"]:
            lines.append(f"  cell {cell['cell']}: {cell['state']}{', ' if cell['why'] else ''}{cell['why']}")
            lines += [f"    {line}" for line in cell["diff"].splitlines()]
        signed = self["signature"]
        return "\n".join(
            [*lines, f"  signed by {self['by']}, {signed['algorithm']} {signed['key'][:16]}..., {self['made'][:19]}"]
        )

    def _repr_html_(self) -> str:
        return f"<b>{escape(self['verdict'].capitalize())}</b><pre>{escape(str(self).partition(': ')[2])}</pre>"


def certify(ws: Workspace, bundle: Bundle, notebook: Notebook, *, seconds: float) -> dict[str, Any]:
    """Return the signed certificate of *bundle*: the good one that is there, else that of a new rehearsal.

    It compares with the outputs that are saved in *notebook*, and takes *seconds* at most; 0 rehearse nothing, and the
    certificate says so. An interrupt ends the rehearsal and leaves no process behind.
    """
    shown = cells_of(notebook.path)
    folder = home(ws, bundle, shown)
    known = read(folder)
    if known and signature.is_own(known) and known["verdict"] in GOOD and (known["is_whole"] or known["limit_s"] >= seconds):
        return known
    if seconds <= 0:
        found = _untried(bundle)
    else:
        with trial(ws, bundle, {}, Order(), seconds=seconds, rehearsal=True) as tried:
            found = judged(tried, bundle, notebook, shown, seconds)
    source = {"path": str(notebook.path), "sha256": notebook.digest, "outputs": _digest(shown, bundle)}
    head = {"protocol": PROTOCOL, "bundle": bundle.digest, "notebook": source, "made": ws.now(), "by": getpass.getuser()}
    made = signature.signed({**head, "limit_s": float(seconds), "tolerance": TOLERANCE, **found})
    files.write_json(folder / FILE, made)
    files.write_text(folder / PAGE, certificate_page.page_of(made))
    return made


def home(ws: Workspace, bundle: Bundle, shown: Shown) -> Path:
    """Return where the certificate of a bundle is kept: in another place for other outputs of the notebook."""
    return ws.root / "certificates" / f"{bundle.digest}-{_digest(shown, bundle)[:16]}"


def existing(ws: Workspace, bundle: Bundle, notebook: Notebook) -> dict[str, Any] | None:
    """Return the certificate that is there already, None when there is none that holds."""
    return read(home(ws, bundle, cells_of(notebook.path)))


def read(folder: Path) -> dict[str, Any] | None:
    """Return the certificate in *folder* when it is whole and its signature holds, else None."""
    try:
        told = files.read_json(folder / FILE)
    except (OSError, InputError):
        return None
    return told if isinstance(told, dict) and told.get("protocol") == PROTOCOL and signature.holds(told) else None


def check(certificate: Mapping[str, Any]) -> bool:
    """Return True when the certificate is what its key has signed; raise `InputError` when it is not."""
    protocol, named = certificate.get("protocol"), str(certificate.get("bundle", ""))[:12]
    if protocol != PROTOCOL:
        raise InputError(f"The certificate has protocol {protocol!r}, expected {PROTOCOL}.", hint=_AGAIN)
    if not signature.holds(certificate):
        raise InputError(f"The certificate of bundle {named!r} is not what was signed.", hint=f"It was altered. {_AGAIN}")
    return True


def _untried(bundle: Bundle) -> dict[str, Any]:
    cells = [{"cell": n, "state": "not compared", "why": "not rehearsed", "diff": ""} for n in taken(bundle)]
    told = {"verdict": "unproven", "says": "It was not rehearsed.", "problem": None, "cells": cells, "results": []}
    return {**told, "seconds": 0.0, "is_whole": False, "pace": [], "trainings": [], "environment": {}}


def _digest(shown: Shown, bundle: Bundle) -> str:
    cells = [(n, shown.get(n, {})) for n in taken(bundle)]
    told = [[n, bool(cell.get("execution_count")), normal(cell.get("outputs", []))] for n, cell in cells]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
