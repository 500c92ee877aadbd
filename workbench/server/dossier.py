"""What the folder of a run holds, for its panel: cells, files, environment, proof, and how far the notebook went on."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.core import files
from workbench.core.errors import NotFoundError, WorkbenchError
from workbench.core.refs import check_name
from workbench.core.run import Run
from workbench.core.workspace import Workspace
from workbench.jobs.bundles.versions import of_bundle
from workbench.jobs.job import WITNESS
from workbench.jobs.reading.notebook import Cell, Notebook, read

#: More files than this are not listed; a job that wrote more keeps them in a folder that one opens.
MOST_FILES = 2000
_CERTIFICATES, _VERDICT = "certificates", "verify"


def proof(run: Run, kind: str, *, page: bool = False) -> Path:
    """Return the file of a run's `certificate` or `verdict`, as JSON or as a page; raise `NotFoundError` without one."""
    fields = run.ws.records.get("run", run.id).fields
    if kind == "verdict":
        path, hint = run.folder / f"{_VERDICT}.json", f"Make one: wb.verify(ws.run({run.id!r}))"
        found = path if path.is_file() else None
    else:
        found, hint = certificate(run.ws, str(fields.get("bundle", "")), signed=str(fields.get("certificate", ""))), ""
    if found is None:
        raise NotFoundError(f"Run {run.id} has no {kind}.", hint=hint, kind=kind, name=run.id, neighbours=())
    return found.with_suffix(".html") if page else found


def certificate(ws: Workspace, name: str, *, signed: str = "") -> Path | None:
    """Return the certificate of a bundle: the one with the digest *signed*, else the newest; None when there is none.

    *name* is the bundle's digest, alone or with that of the outputs that it was compared with.
    """
    check_name(name or "none", what="certificate")
    found = sorted((ws.root / _CERTIFICATES).glob(f"{name}*/certificate.json"), key=lambda path: path.stat().st_mtime)
    same = [path for path in found if signed and files.digest(path) == signed]
    kept = same or found
    return kept[-1] if name and kept else None


def cells(run: Run, progress: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each code cell of a job with its state, its seconds and its first line."""
    sources = {cell.number: cell.source for cell in _bundled(run.ws.root, _bundle_of(run))}
    timed = {int(c["cell"]): c for c in _json(run.folder / WITNESS).get("cells", ()) if str(c.get("cell", "")).isdigit()}
    states, seconds = progress.get("cells_state", ()), progress.get("seconds", ())
    told = []
    for i, (number, source) in enumerate(sources.items()):
        seen = timed.get(number, {})
        state = states[i] if i < len(states) else seen.get("state", "pending")
        spent = seconds[i] if i < len(seconds) and seconds[i] is not None else seen.get("seconds")
        told.append({"cell": number, "state": state, "seconds": spent, "source": source})
    return told


def listed(run: Run) -> list[dict[str, Any]]:
    """Return the files of a run, the newest first; hidden ones hold secrets and are nobody's business."""
    carried = _json(run.ws.root / "bundles" / _bundle_of(run) / "bundle.json").get("files", {})
    found = []
    for path in sorted(p for p in run.folder.rglob("*") if p.is_file() and not p.is_symlink()):
        name = path.relative_to(run.folder).as_posix()
        if is_hidden(name):
            continue
        try:
            told = path.stat()
        except OSError:  # it was removed while we looked
            continue
        is_carried = name.removeprefix("work/") in carried
        found.append({"name": name, "bytes": told.st_size, "at": told.st_mtime, "is_carried": is_carried})
        if len(found) == MOST_FILES:
            break
    return sorted(found, key=lambda f: (f["is_carried"], -f["at"]))


def is_hidden(name: str) -> bool:
    """Return whether a part of the path begins with a dot, or is a cache."""
    return any(part.startswith(".") or part == "__pycache__" for part in Path(name).parts)


def environment(run: Run) -> dict[str, Any]:
    """Return where and with what a job ran: what its process saw, else what its bundle says of the promotion."""
    bundle = _json(run.ws.root / "bundles" / _bundle_of(run) / "bundle.json")
    seen = _json(run.folder / WITNESS)
    wanted = ("python", "implementation", "executable", "packages", "cpu", "gpus", "threads", "seed", "variables", "used")
    told = {name: seen[name] for name in wanted if seen.get(name) not in (None, {}, [], "")}
    packages = told.pop("packages", None) or bundle.get("packages", {})
    told.setdefault("python", bundle.get("python", ""))
    told["is_seen"] = bool(seen)
    told["packages"] = dict(sorted(packages.items())) if isinstance(packages, dict) else packages
    told["pins"] = bundle.get("pins", {})
    told["secrets"] = bundle.get("secrets", [])
    return told


def versions(run: Run) -> dict[str, Any]:
    """Return which version of the notebook runs, which one the notebook is at, and the difference in code."""
    digest = _bundle_of(run)
    told = of_bundle(run.ws, digest)
    if not told["is_behind"]:
        return told | {"code": []}
    pairs = _paired(_bundled(run.ws.root, digest), read(Path(told["path"])))
    return told | {"code": [{"cell": a.number, "diff": _diff(a, b)} for a, b in pairs if b is None or a.source != b.source]}


def _paired(ran: Sequence[Cell], now: Notebook) -> list[tuple[Cell, Cell | None]]:
    """Return each cell that ran beside what it is now: by its id, else by its number."""
    by_id = {cell.id: cell for cell in now.code if cell.id}
    theirs = {cell.id for cell in ran}
    by_number = {cell.number: cell for cell in now.code if cell.id not in theirs}
    return [(cell, by_id.get(cell.id) or by_number.get(cell.number)) for cell in ran]


def _diff(ran: Cell, now: Cell | None) -> str:
    lines = difflib.unified_diff(
        ran.source.splitlines(), now.source.splitlines() if now else [], "runs", "notebook", lineterm="", n=2
    )
    return "\n".join(lines)


def _bundle_of(run: Run) -> str:
    return str(run.ws.records.get("run", run.id).fields.get("bundle", ""))


@functools.lru_cache(maxsize=64)
def _bundled(root: Path, bundle: str) -> tuple[Cell, ...]:
    """Return the code cells of a bundle, with their numbers in the notebook; a bundle never changes."""
    document = _json(root / "bundles" / bundle / "notebook.ipynb") if bundle else {}
    return tuple(_cell(raw) for raw in document.get("cells", ()) if raw.get("cell_type") == "code")


def _cell(raw: Mapping[str, Any]) -> Cell:
    source = raw.get("source", "")
    number = int(raw.get("metadata", {}).get("workbench", {}).get("cell", 0))
    return Cell(number, "code", source if isinstance(source, str) else "".join(source), (), str(raw.get("id", "")))


def _json(path: Path) -> dict[str, Any]:
    """Return the JSON object in *path*, an empty one when there is none or it is being written."""
    try:
        told = files.read_json(path)
    except (OSError, WorkbenchError):
        return {}
    return told if isinstance(told, dict) else {}
