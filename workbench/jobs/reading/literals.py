"""Texts that code spells out: constants, what joins them to a path, and names that stand for one of them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

_SAME = frozenset({"Path", "PurePath", "PosixPath", "str", "abspath", "realpath", "normpath", "fspath"})
_SAME_METHODS = frozenset({"resolve", "absolute", "as_posix", "expanduser"})


def constants(trees: Iterable[ast.AST]) -> dict[str, str]:
    """Return the names that are assigned once in all of *trees*, and a text or path that is spelled out."""
    assigned: dict[str, list[ast.expr | None]] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                assigned.setdefault(node.targets[0].id, []).append(node.value)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
                assigned.setdefault(node.target.id, []).append(node.value)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                assigned.setdefault(node.id, [])
    found: dict[str, str] = {}
    for name, values in assigned.items():
        if len(values) == 1 and values[0] is not None and (told := text(values[0], found)) is not None:
            found[name] = told
    return found


def text(node: ast.AST, known: Mapping[str, str]) -> str | None:
    """Return the text that an expression spells out, None when only running it would tell.

    >>> text(ast.parse("Path('data') / 'x.csv'", mode="eval").body, {})
    'data/x.csv'
    """
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.JoinedStr):
        parts = [text(v.value if isinstance(v, ast.FormattedValue) else v, known) for v in node.values]
        return None if None in parts else "".join(map(str, parts))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Div):
        left, right = text(node.left, known), text(node.right, known)
        if left is None or right is None:
            return None
        return left + right if isinstance(node.op, ast.Add) else _joined([left, right])
    return _of_call(node, known) if isinstance(node, ast.Call) else None


def _of_call(call: ast.Call, known: Mapping[str, str]) -> str | None:
    method = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if method in ("getcwd", "cwd") and not call.args:
        return "."
    if method in _SAME_METHODS and isinstance(call.func, ast.Attribute) and not call.args:
        return text(call.func.value, known)
    parts = [text(a, known) for a in call.args]
    if method == "joinpath" and isinstance(call.func, ast.Attribute):
        parts.insert(0, text(call.func.value, known))
    elif method not in _SAME and not (method == "join" and isinstance(call.func, ast.Attribute) and _is_path(call.func.value)):
        return None
    return _joined([str(p) for p in parts]) if parts and None not in parts else None


def _is_path(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "path"


def _joined(parts: Iterable[str]) -> str:
    return str(PurePosixPath(*parts))
