"""What a source imports, from which line, and whether it could do without; and the folders that it adds to `sys.path`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from workbench.jobs.reading.literals import constants, text
from workbench.jobs.reading.magics import Plain, plain


@dataclass(frozen=True)
class Source:
    """A text of code that a job will have: a cell's, by its number, or a module's, by its file."""

    text: str
    cell: int = 0
    file: str = ""

    def __str__(self) -> str:
        return f"Cell {self.cell}" if self.cell else self.file


@dataclass(frozen=True)
class Import:
    """One imported module by its whole name; `level` counts the dots of a relative import."""

    name: str
    line: int
    level: int = 0
    #: 'always' when the cell runs; 'maybe' in a function or under an `if`; 'guarded' where a `try` stands by.
    when: str = "always"

    @property
    def top(self) -> str:
        """Return the first part of the name."""
        return self.name.partition(".")[0]


@lru_cache(maxsize=4096)
def read(source: str) -> Plain | None:
    """Return the source as Python, None when it is none."""
    try:
        return plain(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@lru_cache(maxsize=4096)
def imports(source: str) -> tuple[Import, ...]:
    """Return what a source imports anywhere, `()` when it is not Python.

    >>> [i.name for i in imports("import os.path; from helper import f; from . import g")]
    ['os.path', 'helper', '']
    """
    told = read(source)
    return tuple(_imports(told.tree, "always")) if told else ()


@lru_cache(maxsize=4096)
def added_paths(source: str) -> tuple[tuple[str, int], ...]:
    """Return the folders that a source adds to `sys.path` by a text that it spells out, each with its line."""
    told = read(source)
    if told is None or "sys" not in source:
        return ()
    known = constants([told.tree])
    found: list[tuple[str, int]] = []
    for node in ast.walk(told.tree):
        if not isinstance(node, ast.Call | ast.AugAssign):
            continue
        values: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_sys_path(node.func.value):
            values = node.args[-1:]
        elif isinstance(node, ast.AugAssign) and _is_sys_path(node.target):
            values = [node.value]
        spread = [item for v in values for item in (v.elts if isinstance(v, ast.List | ast.Tuple) else [v])]
        found += [(path, node.lineno) for v in spread if (path := text(v, known)) is not None]
    return tuple(found)


@lru_cache(maxsize=4096)
def run_files(source: str) -> tuple[tuple[str, int], ...]:
    """Return the files that `%run` executes, each with its line."""
    told = read(source)
    magics = [m for m in told.magics if m.name == "run"] if told else []
    words = [(m, [w for w in m.rest.split() if not w.startswith("-")]) for m in magics]
    return tuple((w[0], m.line) for m, w in words if w)


def _imports(node: ast.AST, when: str) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(alias.name, node.lineno, 0, when) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield Import(node.module or "", node.lineno, node.level, when)
    elif isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        told = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        if name in ("import_module", "__import__") and isinstance(told, str) and not told.startswith("."):
            yield Import(told, node.lineno, 0, when)
    inner = _when(node, when)
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, inner)


def _when(node: ast.AST, when: str) -> str:
    """Return whether what is below *node* runs for sure."""
    if isinstance(node, ast.Try) and node.handlers:
        return "guarded"
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return "guarded"
    is_path = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.If)
    return "maybe" if is_path and when == "always" else when


def _is_sys_path(node: ast.AST) -> bool:
    of = node.value if isinstance(node, ast.Attribute) and node.attr == "path" else None
    return isinstance(of, ast.Name) and of.id == "sys"
