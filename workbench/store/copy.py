"""A copy of a workspace to try something in: what never changes is linked, what does is copied, nobody is kept waiting."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from workbench.core.errors import ConflictError, InputError
from workbench.core.files import disk, write_json
from workbench.core.run import ACTIVE, ENDED
from workbench.store.records import SqliteRecords

#: The file that makes a folder known as a copy: nothing that is done in one may reach outside of it.
MARK = "copy.json"
#: Folders of files that are written once and then only read, linked in the order in which a reader follows them
#: backwards: what names a version comes before what the version names, else a version could lack its rows.
_FIXED = ("data", "media", "models")
#: What is small and may change in place.
_CHANGING = (".json", ".toml")
#: What a run that has ended left for others to read.
_OF_RUNS = ("metrics.jsonl", "results.json", "run.ipynb", "witness.json")
#: Of what works by itself: the states in which it does, and the one in which it does not.
_AT_REST = (
    ("service", ("starting", "running"), "stopped"),
    ("schedule", ("active",), "paused"),
    ("notice", ("pending",), "dropped"),
)
_BUSY_S = 30.0


def copy_workspace(root: Path, target: Path, *, facts: Mapping[str, Any] | None = None) -> Path:
    """Copy the workspace in *root* to the new folder *target* and return it; *facts* go into its mark.

    Tables, media and models are hard links where both folders are on one file system, else copies. Whoever writes to
    *root* meanwhile goes on; the copy is a state that it had. Runs that work, services and schedules are not carried as
    such: in the copy they are cancelled, stopped and paused.

    Raises:
        InputError: *root* is no workspace.
        ConflictError: *target* is there already.
    """
    if not (root / "workbench.toml").is_file():
        raise InputError(f"{root} is not a workspace.", hint="A workspace has a file workbench.toml.")
    if target.exists():
        raise ConflictError(f"{target} is there already.", hint="Name a folder that is not.")
    with disk(target):
        target.mkdir(parents=True)
        write_json(target / MARK, {"of": str(root), **(facts or {})})
        shutil.copyfile(root / "workbench.toml", target / "workbench.toml")
        # Records name versions and not the reverse, so they are the older part; MLflow numbers models, so it is the newer.
        _backup(root / "records.db", target / "records.db")
        _backup(root / "labels.db", target / "labels.db")
        _rest(target)
        for name in _FIXED:
            for folder, _, files in _walk(root / name):
                _link(folder, target / folder.relative_to(root), files)
        for run in (root / "runs").glob("*"):
            if (target / "records.db").exists():
                _link(run, target / "runs" / run.name, [name for name in _OF_RUNS if (run / name).exists()])
        _backup(root / "mlflow.db", target / "mlflow.db")
    return target


def _walk(root: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Return every folder with its files, versions before rows; what begins with a dot is not whole yet."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted((f for f in folders if not f.startswith(".")), key=_rank)
        yield Path(folder), folders, [f for f in files if not f.startswith(".") and not f.endswith(".lock")]


def _rank(name: str) -> tuple[int, str]:
    return 0 if name.endswith("versions") else 1, name


def _link(source: Path, target: Path, names: list[str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        with suppress(FileNotFoundError):  # taken away meanwhile, so nothing that is whole needs it
            if name.endswith(_CHANGING):
                shutil.copyfile(source / name, target / name)
                continue
            try:
                os.link(source / name, target / name)
            except FileNotFoundError:
                raise
            except OSError:  # another file system, or one without links
                shutil.copyfile(source / name, target / name)


def _backup(source: Path, target: Path) -> None:
    """Copy a SQLite database as it is at one moment, its log included."""
    if not source.exists():
        return
    with closing(sqlite3.connect(source, timeout=_BUSY_S)) as before, closing(sqlite3.connect(target)) as after:
        before.backup(after)


def _rest(target: Path) -> None:
    """Let everything that works in the original be at rest in the copy, where nobody leads it."""
    if not (target / "records.db").exists():
        return
    records = SqliteRecords(target / "records.db")
    for record in records.all("run"):
        if record.state in ACTIVE:
            records.update("run", record.id, state="cancelled", handle={}, process={})
        elif record.state in ENDED and record.fields.get("handle"):
            records.update("run", record.id, handle={})
    for kind, active, then in _AT_REST:
        for record in records.all(kind):
            if record.state in active:
                records.update(kind, record.id, state=then, handle={})
