"""Which names one cell uses, makes and may change, by reading its code; nothing is run."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from workbench.jobs.reading import effects, magics

_BUILTINS = frozenset(dir(builtins)) | {"get_ipython", "display", "exit", "quit", "_", "__", "___", "__file__"}
_AT_ONCE = frozenset({"listcomp", "setcomp", "dictcomp", "genexpr"})
#: Calls whose effect on names only running them would tell.
_UNREAD = frozenset({"exec", "eval", "globals", "locals"})
#: Cell magics that make no name, or one that is read.
_PLAIN_CELLS = frozenset(
    {"bash", "capture", "file", "html", "javascript", "js", "latex", "markdown", "perl", "prun", "ruby", "script", "sh", "svg"}
    | {"time", "timeit", "memit", "mprun", "lprun", "writefile"}
)
_AT = re.compile(r"@([A-Za-z_]\w*)")  # pandas: table.query("x > @limit") reads the name `limit`


@dataclass
class Function:
    """A function or class of a notebook: what it needs and what it does to names of the notebook when it is called."""

    uses: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    returns: set[str] = field(default_factory=set)
    #: Whether it alters what it is given.
    alters: bool = False


@dataclass
class Names:
    """The names of one cell.

    `uses` must exist before the cell runs, `later` before a function of the cell is called. `makes` are bound
    whatever happens, `may_make` only on some path, `changes` are objects that the cell may alter in place. `links` are
    pairs of names that may stand for one object; `unread` is what hides names from a reader, such as `exec`.
    """

    uses: set[str] = field(default_factory=set)
    #: Those of `uses` that no statement of the cell binds before, not even on some path.
    unbound: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)
    makes: set[str] = field(default_factory=set)
    may_make: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    links: set[tuple[str, str]] = field(default_factory=set)
    calls: list[tuple[str, set[str]]] = field(default_factory=list)
    functions: dict[str, Function] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)
    stars: list[str] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    #: The names that are surely used when the cell runs; others stand under an `if` or `try`, or in a function.
    sure: set[str] = field(default_factory=set)
    setup: str = ""
    unread: str = ""
    unread_line: int = 0

    def line(self, name: str) -> tuple[int, str]:
        """Return the first line that has *name*, 0 when it hides in a text, and the name: a key to sort by."""
        return self.lines.get(name, 0), name


@lru_cache(maxsize=4096)
def names(source: str) -> Names:
    """Return the names of a cell, not to be altered; raise `SyntaxError` when it is not Python, its magics put aside.

    >>> sorted(names("y = x + 1").uses), sorted(names("y = x + 1").makes)
    (['x'], ['y'])
    """
    plain = magics.plain(source)
    found = Names(setup=plain.setup)
    found.stars += [m.rest.split()[-1] for m in plain.magics if m.name == "run" and m.rest.endswith(".py")]
    for magic in plain.magics:
        if _hides(magic):
            found.unread, found.unread_line = str(magic), magic.line
    for statement in plain.tree.body:
        _add(found, statement)
    found.unbound |= _free(plain.tree.body, set()) - _BUILTINS - _only_annotations(plain.tree)
    found.later -= _BUILTINS
    found.uses -= _BUILTINS
    return found


def _hides(magic: magics.Magic) -> bool:
    """Return whether a magic makes names that its line does not tell."""
    if magic.sign == "%%":
        return magic.name not in _PLAIN_CELLS
    return magic.name in ("store", "pylab") or (magic.name in ("run", "load") and magic.rest.endswith(".ipynb"))


def reads(source: str) -> Names | SyntaxError:
    """Return the names of a cell, or why it cannot be read."""
    try:
        return names(source)
    except SyntaxError as exc:
        return exc
    except (ValueError, RecursionError, MemoryError) as exc:  # null bytes; nesting without end
        return SyntaxError(str(exc) or "it is nested too deeply", ("cell", 1, 1, ""))


def _add(found: Names, statement: ast.stmt) -> None:
    _, later, bound = _symbols(statement)
    used = _free([statement], set())
    nodes = list(ast.walk(statement))
    is_definition = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    changed = set() if is_definition else set(effects.changed(_outside_functions(statement)))
    hidden = _hidden(found, nodes)
    found.unbound |= hidden - found.makes - found.may_make
    used |= hidden
    found.deletes -= bound
    found.uses |= (used | (changed - bound)) - found.makes
    found.later |= later
    found.sure |= set() if isinstance(statement, ast.If | ast.Try) else used | changed
    found.changes |= changed
    for node in nodes:
        if isinstance(node, ast.Name):
            found.lines.setdefault(node.id, node.lineno)
        elif isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            found.stars.append("." * node.level + (node.module or ""))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.imported |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    if isinstance(statement, ast.Delete):
        gone = {target.id for target in statement.targets if isinstance(target, ast.Name)}
        found.deletes |= gone
        found.makes -= gone
        return
    found.links |= set(effects.links(statement)) if not is_definition else set()
    found.calls += list(effects.kept(statement)) if not is_definition else []
    _remember_functions(found, nodes, later, bound)
    if isinstance(statement, ast.If | ast.For | ast.AsyncFor | ast.While | ast.Try | ast.Match):
        found.may_make |= bound - found.makes
    else:
        found.makes |= bound
        found.may_make -= bound


def _free(statements: Sequence[ast.stmt], bound: set[str]) -> set[str]:
    """Return the names that are used before a statement binds them; *bound* grows by those that are bound."""
    used: set[str] = set()
    for statement in statements:
        bodies = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
        if not bodies[0] or isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            simple, _, new = _symbols(statement)
            used |= simple - bound - (new if isinstance(statement, ast.Match) else _walrus(statement))
            if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
                used |= {statement.target.id} - bound
            bound |= new
            continue
        for head in _heads(statement):
            simple, _, new = _symbols(ast.Expr(head))
            used |= simple - bound - new
            bound |= new
        bound |= {n.id for n in ast.walk(_target(statement)) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for handler in getattr(statement, "handlers", []):
            bound |= {handler.name} if handler.name else set()
            bodies.insert(1, handler.body)
        for body in bodies:
            used |= _free(body, bound)
    return used


def _only_annotations(tree: ast.AST) -> set[str]:
    """Return the names that only annotations have; a future import keeps these from being looked up."""
    told = [getattr(n, a, None) for n in ast.walk(tree) for a in ("annotation", "returns")]
    inside = {id(n): n.id for t in told if isinstance(t, ast.AST) for n in ast.walk(t) if isinstance(n, ast.Name)}
    if any(isinstance(n, ast.ImportFrom) and n.module == "__future__" for n in ast.walk(tree)):
        return set(inside.values())
    outside = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in inside}
    return set(inside.values()) - outside


def _heads(statement: ast.stmt) -> list[ast.expr]:
    """Return the expressions of a compound statement that come before its body."""
    told = [getattr(statement, name) for name in ("iter", "test") if hasattr(statement, name)]
    told += [item.context_expr for item in getattr(statement, "items", [])]
    return told + [handler.type for handler in getattr(statement, "handlers", []) if handler.type is not None]


def _target(statement: ast.stmt) -> ast.AST:
    told = [item.optional_vars for item in getattr(statement, "items", []) if item.optional_vars is not None]
    return ast.Tuple([getattr(statement, "target", ast.Tuple([], ast.Store())), *told], ast.Store())


def _walrus(statement: ast.stmt) -> set[str]:
    return {n.target.id for n in ast.walk(statement) if isinstance(n, ast.NamedExpr)}


@lru_cache(maxsize=512)
def _symbols(statement: ast.stmt) -> tuple[set[str], set[str], set[str]]:
    """Return what the statement uses at once, what its functions use when called, and what it binds."""
    if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(statement)):
        return set(), set(), set()
    table = symtable.symtable(ast.unparse(statement), "cell", "exec")
    used = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    bound = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    later: set[str] = set()
    for child in table.get_children():
        _descend(child, used, later, at_once=True)
    # A function's own name is bound when the function is called.
    return used, later - bound, bound


def _descend(table: symtable.SymbolTable, used: set[str], later: set[str], *, at_once: bool) -> None:
    at_once = at_once and (str(table.get_type()).endswith("class") or table.get_name() in _AT_ONCE)
    for symbol in table.get_symbols():
        # symtable takes what is bound in any function named `top` for global.
        if symbol.is_global() and not symbol.is_local() and symbol.is_referenced():
            (used if at_once else later).add(symbol.get_name())
    for child in table.get_children():
        _descend(child, used, later, at_once=at_once)


def _hidden(found: Names, nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names inside texts that are code; note the calls that cannot be read."""
    used: set[str] = set()
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        text = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        if isinstance(node.func, ast.Attribute) and name in ("query", "eval") and isinstance(text, str):
            used |= set(_AT.findall(text))
        elif isinstance(node.func, ast.Name) and name in _UNREAD:
            told = reads(text) if isinstance(text, str) and name in ("exec", "eval") else None
            if isinstance(told, Names) and not told.unread:
                used |= told.uses
                found.makes |= told.makes
                found.may_make |= told.may_make
            elif not found.unread:
                found.unread, found.unread_line = f"{name}()", node.lineno
    return used


def _remember_functions(found: Names, nodes: list[ast.AST], later: set[str], bound: set[str]) -> None:
    """Note, for each name that the statement binds, what calling it needs and does."""
    inner = [n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)]
    if not inner:
        return
    below = {id(n): n for function in inner for n in ast.walk(function) if n is not function}.values()
    told = {name for node in below if isinstance(node, ast.Global) for name in node.names}
    changed = set(effects.changed(below))
    given = {a.arg for f in inner for a in ast.walk(f.args) if isinstance(a, ast.arg)}
    answers = {
        name
        for n in below
        if isinstance(n, ast.Return | ast.Yield) and n.value is not None
        for name in effects.sources(n.value)
    }
    made = Function(set(later), (changed & later) | told, answers & later, bool(changed & (given - {"self", "cls"})))
    for name in bound:
        found.functions[name] = made
    if not bound:  # given away, so it may be called at any time from now on
        found.changes |= made.changes


def _outside_functions(statement: ast.AST) -> Iterable[ast.AST]:
    """Return the nodes that run when the statement runs."""
    yield statement
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _outside_functions(child)
