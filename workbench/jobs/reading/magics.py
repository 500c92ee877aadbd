"""What IPython adds to Python (`%time`, `!ls`, `%%bash`, `name?`), rewritten so that `ast` can read a cell, line by line."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

#: Magics whose argument is Python.
_PYTHON_LINE = ("time", "timeit", "prun", "memit", "mprun", "lprun")
_PYTHON_CELL = (*_PYTHON_LINE, "capture")
#: Magics that change the kernel for every later cell.
_SETUP = ("alias", "autoawait", "autoreload", "cd", "config", "env", "gui", "load_ext", "matplotlib", "pylab", "run", "set_env")

_LINE = re.compile(r"^(?P<indent>\s*)(?:(?P<name>[A-Za-z_][\w, ]*?)\s*=\s*)?(?P<sign>[%!]{1,2})\s*(?P<rest>.*)$")
_HELP = re.compile(r"^\s*\?{1,2}[\w.*]+\s*$|^\s*[%\w.*]+\?{1,2}\s*$")
_FILLED = re.compile(r"\{(?P<a>[A-Za-z_]\w*)[^{}]*\}|(?<!\$)\$(?P<b>[A-Za-z_]\w*)")
_OPTIONS = re.compile(r"^(?:-\w+(?:\s+\d+)?\s+)*")


@dataclass(frozen=True)
class Magic:
    """One magic or shell line: `Magic(3, "%", "run", "helper.py")`."""

    line: int
    sign: str
    name: str
    rest: str = ""

    def __str__(self) -> str:
        return f"{self.sign}{self.name} {self.rest}".strip()


@dataclass(frozen=True)
class Plain:
    """A cell in plain Python, with the line numbers of the cell, and the magics that were in it."""

    tree: ast.Module
    magics: tuple[Magic, ...] = ()

    @property
    def setup(self) -> str:
        """Return the line that changes the kernel for later cells, empty when there is none."""
        return next((str(m) for m in self.magics if m.sign != "!" and (m.name in _SETUP or m.name == "writefile")), "")


def plain(source: str) -> Plain:
    """Return the cell as Python; raise `SyntaxError` when it is none even without its magics.

    >>> ast.unparse(plain("files = !ls {folder}").tree)
    'files = (folder,)'
    """
    try:
        return Plain(_parse(source))  # first as it stands: a line of a text may start with '%' as well
    except SyntaxError:
        if not any(_LINE.match(line) or _HELP.match(line) for line in source.splitlines()):
            raise
    above = len(source) - len(source.lstrip())
    head, _, body = source.lstrip().partition("\n")
    if head.startswith("%%"):
        return _cell_magic(head, body, line=1 + source[:above].count("\n"))
    lines = source.splitlines()
    found = tuple(m for number, line in enumerate(lines, 1) if (m := _magic(line, number)))
    return Plain(_parse("\n".join(map(_line, lines))), found)


def _parse(source: str) -> ast.Module:
    tree = compile(source, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    return tree if isinstance(tree, ast.Module) else ast.Module([], [])


def _cell_magic(head: str, body: str, *, line: int) -> Plain:
    name, _, rest = head[2:].partition(" ")
    magic = Magic(line, "%%", name, rest.strip())
    if name not in _PYTHON_CELL:
        return Plain(ast.Module([], []), (magic,))  # another language or a file: it neither uses nor makes a name
    inner = plain("\n" * line + body)
    keeps = rest.split()[-1] if name == "capture" and rest.split() else ""
    if keeps.isidentifier():
        inner.tree.body.insert(0, _parse(f"{keeps} = None").body[0])
    return Plain(inner.tree, (magic, *inner.magics))


def _magic(line: str, number: int) -> Magic | None:
    found = _LINE.match(line)
    if not found:
        return None
    name, _, rest = found["rest"].partition(" ")
    return Magic(number, found["sign"], name, rest.strip())


def _line(line: str) -> str:
    if _HELP.match(line):
        return line[: len(line) - len(line.lstrip())] + "pass"
    found = _LINE.match(line)
    if not found:
        return line
    magic, _, rest = found["rest"].partition(" ")
    if found["sign"] == "%" and magic in _PYTHON_LINE:
        value = _OPTIONS.sub("", rest) or "None"
    else:
        names = [a or b for a, b in _FILLED.findall(found["rest"])]
        value = f"({', '.join(names)},)" if names else "None"
    return f"{found['indent']}{found['name']} = {value}" if found["name"] else found["indent"] + value
