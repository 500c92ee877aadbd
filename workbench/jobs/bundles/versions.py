"""What a run or a bundle holds, beside what its notebook is now: cells that were edited since, files that changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.run import Run
from workbench.core.workspace import Workspace
from workbench.jobs.reading.closure import select
from workbench.jobs.reading.notebook import Notebook, read

#: What a bundle has that was never beside the notebook.
_MADE = ("notebook.ipynb", "requirements.lock", "Containerfile")


def of_run(ws: Workspace, run: str) -> dict[str, Any]:
    """Return `of_bundle` for the bundle that a run has."""
    info = ws.run(run).info()
    return {"run": info.id, **of_bundle(ws, str(info.inputs.get("bundle", "")))}


def of_bundle(ws: Workspace, bundle: str, *, notebook: Notebook | None = None) -> dict[str, Any]:
    """Return how far the notebook went on since *bundle*, a whole digest, was made of it.

    `runs` and `notebook` are digests of the code that runs and of the code that would run now, short enough to show;
    `cells` are the numbers of the chosen cells that are new or edited, `gone` those that are chosen no more.
    """
    folder = ws.root / "bundles" / bundle
    told: dict[str, Any] = {"bundle": bundle, "runs": "", "notebook": "", "path": "", "is_there": False, "is_behind": False}
    told |= {"cells": [], "gone": [], "files": [], "says": "The bundle is not there any more."}
    facts = _json(folder / "bundle.json")
    if not facts:
        return told
    ran = {int(c["metadata"]["workbench"]["cell"]): str(c["source"]) for c in _code(folder)}
    path = Path(str(facts["source"]["path"]))
    told |= {"runs": _digest(ran.values()), "path": str(path), "says": f"{path} is not there, or is no notebook any more."}
    try:
        source = notebook or read(path)
        now = {c.cell.number: c.cell.source for c in select(source, str(facts["source"]["tag"])) if c.taken}
    except WorkbenchError:
        return told
    before, after = list(ran.values()), list(now.values())
    cells = [n for n, text in now.items() if text not in before]
    gone = [n for n, text in ran.items() if text not in after]
    changed = _changed(facts, source.path.parent)
    is_behind = before != after or bool(changed)
    told |= {
        "is_there": True,
        "is_behind": is_behind,
        "notebook": _digest(after),
        "cells": cells,
        "gone": gone,
        "files": changed,
    }
    return told | {"says": _says(told)}


def newest(ws: Workspace, notebook: Notebook) -> dict[str, Any]:
    """Return the newest run of a notebook, its bundle, and whether the notebook has gone on since."""
    runs = [r for r in ws.records.all("run") if (r.fields.get("inputs") or {}).get("notebook") == str(notebook.path)]
    if not runs:
        return {"newest_run": "", "newest_bundle": "", "is_behind": False}
    last = max(runs, key=lambda r: (str(r.fields.get("created", "")), _number(r.id)))
    bundle = str(last.fields["inputs"].get("bundle", ""))
    told = of_bundle(ws, bundle, notebook=notebook)
    return {"newest_run": Run(ws, last.id).ref, "newest_bundle": bundle, "is_behind": bool(told["is_behind"])}


def _number(run: str) -> int:
    tail = run.rpartition("-")[2]
    return int(tail) if tail.isdigit() else 0


def _says(told: Mapping[str, Any]) -> str:
    if not told["is_behind"]:
        return f"The run has the notebook as it is now, {told['runs']}."
    parts = [f"cell {', '.join(map(str, told['cells']))}"] if told["cells"] else []
    parts += [", ".join(told["files"])] if told["files"] else []
    what = " and ".join(parts) or "the order or choice of cells"
    return f"Runs version {told['runs']}, the notebook is at {told['notebook']}: {what} changed since."


def _changed(facts: Mapping[str, Any], folder: Path) -> list[str]:
    """Return the carried modules and files that are not what they were."""
    found = []
    for name, digest in facts["files"].items():
        if name in _MADE:
            continue
        try:
            now = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except OSError:
            now = ""
        if now != digest:
            found.append(str(name))
    return found


def _code(folder: Path) -> list[dict[str, Any]]:
    return [c for c in _json(folder / "notebook.ipynb").get("cells", ()) if c["cell_type"] == "code"]


def _json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_bytes()))
    except (OSError, ValueError):
        return {}


def _digest(texts: Any) -> str:
    return hashlib.sha256(json.dumps(list(texts)).encode()).hexdigest()[:8]
