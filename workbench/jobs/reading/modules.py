"""The Python files beside a notebook that its cells import, directly or through one another."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from workbench.core.errors import InputError
from workbench.core.files import within
from workbench.jobs.reading.imports import added_paths, imports, read, run_files
from workbench.jobs.reading.names import Names, reads

#: A package beside a notebook is taken whole; one with more files than this is a checkout, not a helper.
MAX_FILES = 2000
#: Modules of the standard library that do something when they are imported.
_LOUD = frozenset({"antigravity", "this", "idlelib", "turtle", "turtledemo", "tkinter", "__main__"})


def local_modules(folder: Path, sources: Iterable[str]) -> list[str]:
    """Return the files below *folder* that *sources* import, as sorted paths relative to it.

    Raises `InputError` when one leads out of the folder by a link: a bundle holds nothing from outside.
    """
    taken: set[str] = set()
    roots = [folder]
    seen: set[tuple[str, int]] = set()
    todo = list(sources)
    while todo:
        source = todo.pop()
        roots += [r for r in _inside(folder, [p for p, _ in added_paths(source)]) if r not in roots]
        found = [folder / name for name, _ in run_files(source) if (folder / name).is_file()]
        for told in imports(source):
            if told.level == 0 and told.name and (told.top, len(roots)) not in seen:
                seen.add((told.top, len(roots)))
                found += _files(roots, told.top)
        for path in found:
            name = path.relative_to(folder).as_posix()
            within(folder, name)
            if name not in taken:
                taken.add(name)
                todo += [path.read_text(encoding="utf-8", errors="replace")] if path.suffix == ".py" else []
    return sorted(taken)


def is_local(folder: Path, top: str, sources: Sequence[str]) -> bool:
    """Return whether a module is beside the notebook or in a folder that the code adds to `sys.path`."""
    roots = [folder, *_inside(folder, [p for s in sources for p, _ in added_paths(s)])]
    return bool(_files(roots, top))


def public(folder: Path, module: str) -> set[str] | None:
    """Return the names that `from module import *` or `%run file` makes, None when only running it would tell."""
    if module.endswith(".py"):
        path: Path | None = folder / module
    else:
        parts = module.split(".")
        candidates = (folder.joinpath(*parts, "__init__.py"), folder.joinpath(*parts).with_suffix(".py"))
        path = next((p for p in candidates if p.is_file()), None) if all(parts) else None
    if path is not None:
        return _public_of(folder, path, hides=not module.endswith(".py"))
    if module.partition(".")[0] in sys.stdlib_module_names - _LOUD:
        try:
            loaded = importlib.import_module(module)
        except ImportError:
            return None
        return set(getattr(loaded, "__all__", [n for n in vars(loaded) if not n.startswith("_")]))
    return None


def _public_of(folder: Path, path: Path, *, hides: bool) -> set[str] | None:
    told = reads(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else None
    if not isinstance(told, Names) or told.unread:
        return None
    found = told.makes | told.may_make
    for star in told.stars:
        more = public(folder, star)
        if more is None:
            return None
        found |= more
    source = read(path.read_text(encoding="utf-8", errors="replace"))
    for node in source.tree.body if source and hides else ():
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            try:
                return set(ast.literal_eval(node.value))
            except (ValueError, TypeError):
                return None
    return {name for name in found if not (hides and name.startswith("_"))}


def _inside(folder: Path, added: Iterable[str]) -> list[Path]:
    """Return the added folders that are below the notebook's; the path in a job is relative to the same place."""
    home = folder.resolve()
    candidates = [(home / path).resolve() for path in added if not Path(path).is_absolute()]
    return [folder / p.relative_to(home) for p in candidates if p != home and p.is_relative_to(home) and p.is_dir()]


def _files(roots: Iterable[Path], top: str) -> list[Path]:
    """Return the file or the package *top* in the first root that has it; a package wins, as it does for Python."""
    for root in roots:
        package = root / top
        if (package / "__init__.py").is_file():
            # Also what is no code: packages read their own tables and templates.
            return _limited(package, [p for p in package.rglob("*") if p.is_file() and not _is_litter(p.relative_to(root))])
        if (root / f"{top}.py").is_file():
            return [root / f"{top}.py"]
        if package.is_dir() and (found := [p for p in package.rglob("*.py") if not _is_litter(p.relative_to(root))]):
            return _limited(package, found)  # a namespace package: only its own modules, a data folder has none
    return []


def _limited(package: Path, found: list[Path]) -> list[Path]:
    if len(found) > MAX_FILES:
        raise InputError(
            f"The package {package} has {len(found)} files, more than {MAX_FILES}.",
            hint="Install it instead of keeping it beside the notebook.",
        )
    return found


def _is_litter(path: Path) -> bool:
    return path.suffix == ".pyc" or any(part == "__pycache__" or part.startswith(".") for part in path.parts)
