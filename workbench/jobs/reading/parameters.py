"""The parameters that a notebook declares in its cell tagged `parameters`, and the check of the values given for them."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from workbench.core.config import convert
from workbench.core.errors import InputError
from workbench.jobs.reading.magics import plain
from workbench.jobs.reading.notebook import Cell
from workbench.jobs.reading.promises import is_promise
from workbench.jobs.reading.variables import is_secret_name

TAG = "parameters"
_TYPES: Mapping[str, Any] = {"bool": bool, "int": int, "float": float, "str": str, "list": list, "dict": dict}


@dataclass(frozen=True)
class Declared:
    """One parameter: its default and its type; an empty type takes any JSON value."""

    name: str
    default: Any
    type: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the parameter as `bundle.json` keeps it and a form shows it."""
        return asdict(self)


def declared(cells: Iterable[Cell]) -> list[Declared] | None:
    """Return the parameters of the cell tagged `parameters`, None when there is no such cell.

    A parameter is an assignment of a literal to a name, `epochs: int = 8`; other statements are not parameters.
    """
    cell = next((c for c in cells if TAG in c.tags), None)
    if cell is None:
        return None
    try:
        body = plain(cell.source).tree.body
    except SyntaxError as exc:
        raise InputError(
            f"Cell {cell.number}, tagged {TAG!r}, is not Python: {exc.msg} in line {exc.lineno}.",
            hint="Assign one literal per name, such as `epochs: int = 8`.",
            cell=cell.number,
            line=exc.lineno or 1,
        ) from exc
    found = {p.name: p for p in map(_parameter, body) if p is not None}
    return list(found.values())


def check(known: Sequence[Declared] | None, given: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """Return *given* with each value in its declared type, ready for JSON; raise `InputError` that names every problem."""
    if not given:
        return {}
    if known is None:
        raise InputError(
            f"{where} declares no parameters, got {', '.join(map(repr, sorted(given)))}.",
            hint=f"Assign the defaults in one cell and tag it {TAG!r} (JupyterLab: property inspector, Cell Tags).",
        )
    types = {p.name: p.type for p in known}
    problems = [f"unknown parameter {name!r}" for name in sorted(set(given) - set(types))]
    made: dict[str, Any] = {}
    for name in sorted(set(given) & set(types)):
        if is_promise(given[name]):  # what it stands for has a type when the run that makes it is done
            made[name] = given[name]
            continue
        if given[name] and isinstance(given[name], str) and is_secret_name(name):
            variable = name.upper()
            problems.append(f"`{name}` is a secret in clear text; let the notebook read os.environ[{variable!r}] instead")
            continue
        try:
            value = _plain_value(given[name], where=name)
            # What another run will have made is looked at when it is there.
            made[name] = value if is_promise(value) else convert(value, _TYPES.get(types[name], Any), where=name)
        except InputError as exc:
            problems.append(exc.message.rstrip("."))
    if problems:
        said = ", ".join(f"{p.name} ({p.type or 'any'}, {p.default!r})" for p in known) or "none"
        raise InputError(f"{where}: {'; '.join(problems)}.", hint=f"Parameters: {said}.")
    return made


def _parameter(statement: ast.stmt) -> Declared | None:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value is not None:
        name, kind, value = statement.target.id, _type_named(statement.annotation), statement.value
    elif isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        name, kind, value = statement.targets[0].id, "", statement.value
    else:
        return None
    try:
        default = _plain_value(ast.literal_eval(value), where=name)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError, InputError):
        return None  # a value that is computed can be used by the cells, but not replaced from outside
    return Declared(name, default, kind or _type_of(default))


def _type_named(annotation: ast.expr) -> str:
    said = annotation.value if isinstance(annotation, ast.Constant) else ast.unparse(annotation)
    return str(said) if said in _TYPES else str(said).partition("[")[0] if str(said).startswith(("list[", "dict[")) else ""


def _type_of(default: Any) -> str:
    return type(default).__name__ if type(default).__name__ in _TYPES else ""


def _plain_value(value: Any, *, where: str) -> Any:
    """Return *value* as JSON would give it back; a noun stands as its reference, a path as text."""
    try:
        return json.loads(json.dumps(value, default=_text))
    except (TypeError, ValueError) as exc:
        raise InputError(f"`{where}` must be a value that JSON can hold, got {value!r}.") from exc


def _text(value: Any) -> str:
    if isinstance(getattr(value, "ref", None), str):
        return str(value.ref)
    if hasattr(value, "__fspath__"):
        return str(value.__fspath__())
    raise TypeError(type(value).__name__)
