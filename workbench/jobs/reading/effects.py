"""What a statement may do to objects that exist: change them in place, or give them a second name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator


def _words(*texts: str) -> frozenset[str]:
    return frozenset(word for text in texts for word in text.split())


#: Calls that only look at their arguments: nothing that a later cell sees is changed, and the result is a new object.
LOOKING = _words(
    "abs all any bool bytes dir display float format hash help id int isinstance len max min ord pow print range repr round",
    "show str sum type vars",
)
#: Methods that only look at their object.
LOOKING_METHODS = _words(
    "any all describe head hist imshow info isin item items keys legend max mean median min plot sample savefig scatter",
    "set_title set_xlabel set_ylabel show startswith std sum summary tail title tolist value_counts values xlabel ylabel",
)
#: Verbs of the workbench never change what they are given.
HOUSE = frozenset({"wb", "workbench"})
#: Methods that put their arguments into their object: it is changed, they are not.
KEEPING_METHODS = _words("add append extend insert push put register setdefault update")
#: Methods that change their object although their result is kept: `history = model.fit(data)`.
CHANGING_METHODS = KEEPING_METHODS | _words(
    "backward clear compile discard eval fit fit_transform load_state_dict open partial_fit pop popitem read remove reverse",
    "seed shuffle sort step train write",
)
#: A function that nobody can look into, by its name: with one of these words in it, it works on what it is given.
_CHANGING_CALL = re.compile(
    r"(^|_)(fit|train|update|fill|learn|tune|step|optimi[sz]e|append|insert|remove|modify|patch|init|inplace)(_|$)|[a-z]_$"
)


def changed(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Return the names whose objects are altered by *nodes*, such as all those of a statement."""
    for node in nodes:
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            yield from root(node)
        elif isinstance(node, ast.Delete):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.Expr):
            yield from _called(node.value)
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING_METHODS:
                yield from root(node.func)
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if _CHANGING_CALL.search(name) and not HOUSE & set(root(node.func)) and name not in LOOKING_METHODS:
                yield from _arguments(node)


def kept(statement: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """Return each function that is called by its name for a result, with the names that it is given."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in LOOKING:
            yield node.func.id, set(_arguments(node))


def links(statement: ast.AST) -> Iterator[tuple[str, str]]:
    """Return pairs of names that may stand for the same object, or for one and a part of it, afterwards."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _pairs(target, node.value)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            yield from _pairs(node.target, node.value)
        elif isinstance(node, ast.For | ast.AsyncFor):
            yield from _pairs(node.target, node.iter)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            yield from _pairs(node.optional_vars, node.context_expr)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in KEEPING_METHODS:
            yield from ((a, b) for a in root(node.func) for b in _arguments(node))


def root(node: ast.AST) -> Iterator[str]:
    """Return the name at the bottom of `name.attribute[index]`."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def sources(value: ast.AST) -> Iterator[str]:
    """Return the names whose objects the value of an expression may be, hold or be a part of."""
    if isinstance(value, ast.Name):
        yield value.id
    elif isinstance(value, ast.Call):
        yield from _result(value)
    else:
        yield from (name for part in _parts(value) for name in sources(part))


def _parts(value: ast.AST) -> list[ast.expr]:
    if isinstance(value, ast.Attribute | ast.Subscript | ast.Starred | ast.Await | ast.NamedExpr):
        return [value.value]
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        return value.elts
    if isinstance(value, ast.Dict | ast.BoolOp):
        return value.values
    if isinstance(value, ast.IfExp):
        return [value.body, value.orelse]
    if isinstance(value, ast.ListComp | ast.SetComp | ast.GeneratorExp):
        return [generator.iter for generator in value.generators]
    return []


def _result(call: ast.Call) -> Iterator[str]:
    """Return what the result of a call may share: its object and its arguments, unless it is known to be new."""
    if HOUSE & set(root(call.func)):
        return
    if isinstance(call.func, ast.Attribute):
        if call.func.attr in LOOKING_METHODS:
            return
        yield from sources(call.func.value)
    elif isinstance(call.func, ast.Name):
        if call.func.id in LOOKING:
            return
        yield call.func.id
    for argument in (*call.args, *(k.value for k in call.keywords)):
        yield from sources(argument)


def _pairs(target: ast.AST, value: ast.AST) -> Iterator[tuple[str, str]]:
    many = ast.Tuple | ast.List
    if isinstance(target, many) and isinstance(value, many) and len(target.elts) == len(value.elts):
        for one, other in zip(target.elts, value.elts, strict=True):
            yield from _pairs(one, other)
        return
    left = [n for item in target.elts for n in root(item)] if isinstance(target, many) else list(root(target))
    yield from ((a, b) for b in set(sources(value)) for a in left if a != b)


def _called(value: ast.expr) -> Iterator[str]:
    """Return what a call that stands alone may change: its object, and the arguments that are names."""
    call = value.value if isinstance(value, ast.Await) else value
    if not isinstance(call, ast.Call):
        return
    if isinstance(call.func, ast.Attribute):
        if call.func.attr in LOOKING_METHODS or HOUSE & set(root(call.func)):
            return
        yield from root(call.func)
        if call.func.attr in KEEPING_METHODS:
            return
    elif isinstance(call.func, ast.Name) and call.func.id in LOOKING:
        return
    yield from _arguments(call)


def _arguments(call: ast.Call) -> Iterator[str]:
    for argument in (*call.args, *(k.value for k in call.keywords)):
        yield from root(argument)
