"""The Python files beside a notebook that its cells import, directly or through one another."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from workbench.core.errors import InputError
from workbench.core.files import within
from workbench.jobs.magics import plain

#: A package beside a notebook is taken whole; one with more files than this is a checkout, not a helper.
MAX_FILES = 2000


def local_modules(folder: Path, sources: Iterable[str]) -> list[str]:
    """Return the files below *folder* that *sources* import, as sorted paths relative to it.

    Raises `InputError` when one leads out of the folder by a link: a bundle holds nothing from outside.
    """
    taken: set[str] = set()
    todo = [name for source in sources for name in imported(source)]
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        top = name.partition(".")[0]
        if top in seen:
            continue
        seen.add(top)
        for path in _files(folder, top):
            within(folder, path.relative_to(folder).as_posix())
            taken.add(path.relative_to(folder).as_posix())
            todo += imported(path.read_text(encoding="utf-8", errors="replace"))
    return sorted(taken)


def imported(source: str) -> list[str]:
    """Return the absolute names that a source imports anywhere; [] when it is not Python.

    >>> imported("import os.path; from helper import f; from . import g")
    ['os.path', 'helper']
    """
    try:
        tree = plain(source).tree
    except (SyntaxError, ValueError):
        return []
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.append(node.module)
    return found


def _files(folder: Path, top: str) -> list[Path]:
    """Return the file or the package *top* beside the notebook; a package wins, as it does for Python."""
    package = folder / top
    if (package / "__init__.py").is_file():
        files = [p for p in package.rglob("*.py") if "__pycache__" not in p.parts]
        if len(files) > MAX_FILES:
            raise InputError(
                f"The package {package} has {len(files)} files, more than {MAX_FILES}.",
                hint="Install it instead of keeping it beside the notebook.",
            )
        return files
    if (folder / f"{top}.py").is_file():
        return [folder / f"{top}.py"]
    if package.is_dir():  # a namespace package: only its own modules, a data folder has none
        return [p for p in package.rglob("*.py") if "__pycache__" not in p.parts][:MAX_FILES]
    return []
