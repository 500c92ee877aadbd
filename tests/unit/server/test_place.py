"""The workspace that the server shows."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.server.place import choose
from workbench.wiring import MARKER


def workspace(folder: Path, *, used: float = 0.0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("")
    os.utime(folder, (used, used))
    return folder


def test_the_folder_itself_and_its_parents_come_first(tmp_path: Path) -> None:
    root = workspace(tmp_path / "project")
    below = root / "notebooks" / "old"
    below.mkdir(parents=True)
    assert choose(root, env={}) == root
    assert choose(below, env={}) == root


def test_below_the_folder_the_one_that_was_used_last_is_shown(tmp_path: Path) -> None:
    workspace(tmp_path / "a", used=100)
    recent = workspace(tmp_path / "work" / "b", used=200)
    assert choose(tmp_path, env={}) == recent


def test_what_was_told_wins_over_the_environment_and_what_is_there(tmp_path: Path) -> None:
    workspace(tmp_path / "a")
    told, said = workspace(tmp_path / "x" / "y" / "told"), workspace(tmp_path / "said")
    assert choose(tmp_path, told="x/y/told", env={"WORKBENCH_WORKSPACE": str(said)}) == told
    assert choose(tmp_path, env={"WORKBENCH_WORKSPACE": str(said)}) == said


def test_there_may_be_none(tmp_path: Path) -> None:
    (tmp_path / "node_modules" / "w").mkdir(parents=True)
    (tmp_path / "node_modules" / "w" / MARKER).write_text("")
    assert choose(tmp_path, env={}) is None
    assert choose(tmp_path, told="missing", env={}) is None
