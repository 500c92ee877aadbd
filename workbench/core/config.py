"""Decoding settings into frozen dataclasses, strictly: every unknown key and wrong type is named at once."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from workbench.core.errors import InputError

C = TypeVar("C")


def decode(cls: type[C], values: Mapping[str, Any], *, where: str) -> C:
    """Return *cls* made of *values*; raise one `InputError` that lists every key that does not fit."""
    hints = typing.get_type_hints(cls)
    known = {f.name: hints[f.name] for f in dataclasses.fields(cls) if f.init}  # type: ignore[arg-type]  # C is a dataclass
    problems = [f"unknown key {key!r}" for key in sorted(set(values) - set(known))]
    made: dict[str, Any] = {}
    for key in sorted(set(values) & set(known)):
        try:
            made[key] = convert(values[key], known[key], where=key)
        except InputError as exc:
            problems.append(exc.message.rstrip("."))
    if problems:
        raise InputError(f"{where}: {'; '.join(problems)}.", hint=f"Known keys: {', '.join(sorted(known))}.")
    return cls(**made)


def convert(value: Any, hint: Any, *, where: str) -> Any:
    """Return *value* as the type *hint*; text is read as numbers and truth values, because shells have only text."""
    if hint is Any or hint is object:
        return value
    origin, args = get_origin(hint), get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _union(value, args, where=where)
    if origin is typing.Literal:
        if value in args:
            return value
        raise InputError(f"`{where}` must be one of {', '.join(map(repr, args))}, got {value!r}.")
    if origin in (list, tuple) or (origin is not None and origin.__name__ in ("Sequence", "Iterable")):
        return _sequence(value, origin, args, where=where)
    if origin is dict or (origin is not None and origin.__name__ == "Mapping"):
        if isinstance(value, Mapping):
            return {str(k): convert(v, args[1], where=f"{where}.{k}") for k, v in value.items()}
        raise InputError(f"`{where}` must be a mapping, got {value!r}.")
    return _scalar(value, hint, where=where)


def _union(value: Any, args: tuple[Any, ...], *, where: str) -> Any:
    if value is None and type(None) in args:
        return None
    problem: InputError | None = None
    for option in args:
        if option is type(None):
            continue
        try:
            return convert(value, option, where=where)
        except InputError as exc:
            problem = problem or exc
    raise problem or InputError(f"`{where}` must be empty, got {value!r}.")


def _sequence(value: Any, origin: Any, args: tuple[Any, ...], *, where: str) -> Any:
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise InputError(f"`{where}` must be a list, got {value!r}.")
    made = [convert(item, args[0] if args else Any, where=f"{where}[{i}]") for i, item in enumerate(items)]
    return tuple(made) if origin is tuple else made


def _scalar(value: Any, hint: Any, *, where: str) -> Any:
    if hint is bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false", "yes", "no", "1", "0"):
            return value.lower() in ("true", "yes", "1")
        raise InputError(f"`{where}` must be true or false, got {value!r}.")
    if hint in (int, float) and not isinstance(value, bool):
        try:
            made = hint(value)
        except (TypeError, ValueError):
            made = None
        if made is not None and (hint is float or isinstance(value, str) or made == value):
            return made
    if hint is str and isinstance(value, str):
        return value
    if hint is Path and isinstance(value, str | Path):
        return Path(value)
    if isinstance(hint, type) and hint not in (int, float, str, Path) and isinstance(value, hint):
        return value
    names = {int: "a whole number", float: "a number", str: "text", Path: "a path"}
    raise InputError(f"`{where}` must be {names.get(hint, getattr(hint, '__name__', str(hint)))}, got {value!r}.")
