"""Which names one cell uses, makes and may change, by reading its code; nothing is run."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterable
from dataclasses import dataclass, field

from workbench.jobs import magics

#: Calls that only look at their arguments: as a statement of their own they change nothing that a later cell sees.
LOOKING = frozenset({"print", "display", "len", "type", "help", "dir", "repr", "id", "hash", "isinstance", "show", "vars"})
#: Methods that only look at their object.
LOOKING_METHODS = frozenset(
    {
        *("describe", "head", "hist", "imshow", "info", "items", "keys", "legend", "plot", "sample", "savefig", "scatter"),
        *(
            "set_title",
            "show",
            "sum",
            "mean",
            "summary",
            "tail",
            "title",
            "tolist",
            "value_counts",
            "values",
            "xlabel",
            "ylabel",
        ),
    }
)
#: Verbs of the workbench never change what they are given.
HOUSE = frozenset({"wb", "workbench"})
#: Methods that change their object although their result is kept: `history = model.fit(data)`.
CHANGING_METHODS = frozenset(
    {
        *(
            "add",
            "append",
            "backward",
            "compile",
            "eval",
            "extend",
            "fit",
            "fit_transform",
            "insert",
            "load_state_dict",
            "open",
        ),
        *(
            "partial_fit",
            "pop",
            "popitem",
            "push",
            "read",
            "register",
            "remove",
            "seed",
            "setdefault",
            "shuffle",
            "sort",
            "step",
        ),
        *("train", "update", "write"),
    }
)
_BUILTINS = frozenset(dir(builtins)) | {"get_ipython", "display", "exit", "quit", "In", "Out", "_", "__", "___"}
_AT_ONCE = frozenset({"listcomp", "setcomp", "dictcomp", "genexpr"})


@dataclass
class Names:
    """The names of one cell.

    `uses` must exist before the cell runs, `later` before a function of the cell is called. `makes` are bound
    whatever happens, `may_make` only on some path, `changes` are objects that the cell may alter in place.
    """

    uses: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)
    makes: set[str] = field(default_factory=set)
    may_make: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    imports: bool = False
    star: bool = False
    setup: str = ""


def names(source: str) -> Names:
    """Return the names of a cell; raise `SyntaxError` when it is not Python, its magics put aside.

    >>> sorted(names("y = x + 1").uses), sorted(names("y = x + 1").makes)
    (['x'], ['y'])
    """
    plain = magics.plain(source)
    found = Names(setup=plain.setup)
    for statement in plain.tree.body:
        _add(found, statement)
    found.later -= _BUILTINS
    found.uses -= _BUILTINS
    return found


def _add(found: Names, statement: ast.stmt) -> None:
    used, later, bound = _symbols(statement)
    changed = set(_changed(statement))
    found.uses |= (used | changed) - found.makes
    found.later |= later
    found.changes |= changed - found.makes
    imports = [node for node in ast.walk(statement) if isinstance(node, ast.Import | ast.ImportFrom)]
    found.imports |= bool(imports)
    found.star |= any(alias.name == "*" for node in imports for alias in node.names)
    if isinstance(statement, ast.If | ast.For | ast.AsyncFor | ast.While | ast.Try | ast.Match):
        found.may_make |= bound - found.makes
    elif not isinstance(statement, ast.Delete):
        found.makes |= bound
        found.may_make -= bound


def _symbols(statement: ast.stmt) -> tuple[set[str], set[str], set[str]]:
    """Return what the statement uses at once, what its functions use when called, and what it binds."""
    if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(statement)):
        return set(), set(), set()
    table = symtable.symtable(ast.unparse(statement), "cell", "exec")
    used = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    bound = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    later: set[str] = set()
    for child in table.get_children():
        _descend(child, used, later, bound, at_once=True)
    # A function's own name is bound when the function is called.
    return used, later - bound, bound


def _descend(table: symtable.SymbolTable, used: set[str], later: set[str], bound: set[str], *, at_once: bool) -> None:
    at_once = at_once and (str(table.get_type()).endswith("class") or table.get_name() in _AT_ONCE)
    for symbol in table.get_symbols():
        if symbol.is_global() and symbol.is_referenced():
            (used if at_once else later).add(symbol.get_name())
        if symbol.is_declared_global() and symbol.is_assigned():
            bound.add(symbol.get_name())
    for child in table.get_children():
        _descend(child, used, later, bound, at_once=at_once)


def _changed(statement: ast.stmt) -> Iterable[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return  # nothing happens until it is called
    for node in ast.walk(statement):
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            yield from _root(node)
        elif isinstance(node, ast.Delete):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.Expr):
            yield from _called(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING_METHODS:
            yield from _root(node.func)


def _called(value: ast.expr) -> Iterable[str]:
    """Return what a call that stands alone may change: its object, and the arguments that are names."""
    call = value.value if isinstance(value, ast.Await) else value
    if not isinstance(call, ast.Call):
        return
    if isinstance(call.func, ast.Attribute):
        if call.func.attr in LOOKING_METHODS or HOUSE & set(_root(call.func)):
            return
        yield from _root(call.func)
    elif isinstance(call.func, ast.Name) and call.func.id in LOOKING:
        return
    for argument in (*call.args, *(k.value for k in call.keywords)):
        yield from _root(argument)


def _root(node: ast.expr) -> Iterable[str]:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id
