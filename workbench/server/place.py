"""Which workspace the server shows: the one it is told, else the nearest one around or below its root folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from workbench.wiring import MARKER

_SKIPPED = ("node_modules", "site-packages", "__pycache__")


def choose(root_dir: Path, *, told: str = "", env: Mapping[str, str] = os.environ) -> Path | None:
    """Return the workspace's folder, None when there is none yet.

    What was told (the setting `WorkbenchApp.workspace`, then the variable WORKBENCH_WORKSPACE) wins. Otherwise the nearest
    folder that holds one: *root_dir* and its parents, then the two levels below it, the most recently used first.
    """
    said = told or env.get("WORKBENCH_WORKSPACE", "")
    if said:
        folder = Path(said).expanduser()
        folder = folder if folder.is_absolute() else root_dir / folder
        return folder.resolve() if folder.is_dir() else None
    for folder in (root_dir, *root_dir.parents):
        if (folder / MARKER).is_file():
            return folder.resolve()
    below = sorted(_below(root_dir, depth=2), key=_used)
    return below[-1].resolve() if below else None


def _below(folder: Path, *, depth: int) -> Iterator[Path]:
    try:
        children = [c for c in folder.iterdir() if not c.name.startswith(".") and c.name not in _SKIPPED and c.is_dir()]
    except OSError:  # a folder that may not be read holds no workspace of ours
        return
    for child in children:
        if (child / MARKER).is_file():
            yield child
        elif depth > 1:
            yield from _below(child, depth=depth - 1)


def _used(workspace: Path) -> float:
    return max(path.stat().st_mtime for path in (workspace, *workspace.glob("records.db*")))
