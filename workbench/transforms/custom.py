"""Steps of a user's own: a function whose source is kept in the workspace under its hash, and runs from there everywhere.

A model bundle holds data, never code: it names such a step by the hash of its source. The source lies in the folder
`transforms` of the workspace, which belongs to whoever trains there; a bundle from elsewhere brings no code along.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from workbench.core.errors import ConflictError, InputError, not_found
from workbench.core.files import write_text
from workbench.transforms.sample import Sample
from workbench.transforms.step import State, Step

FOLDER = "transforms"
_MARK = "workbench.toml"
_NAME = re.compile(r"user:([A-Za-z_]\w*)@([0-9a-f]{16})")


@dataclass(frozen=True, kw_only=True)
class Custom(Step):
    """A step of a user's own: *function* is `user:<name>@<hash of the source>`; it takes the content and returns it anew."""

    modality: ClassVar[str] = ""
    function: str
    code: Path | None = field(default=None, compare=False)

    @property
    def ref(self) -> str:
        """Return the name of the function with the hash of its source."""
        return self.function

    def to_json(self) -> dict[str, Any]:
        """Return the step; where its source lies is not part of it."""
        return {"step": self.function}

    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the sample with what the function makes of its content."""
        made = load(self.function, self.code)(sample.content)
        if made is None:
            raise InputError(f"The step {self.function} returned nothing.", hint="End the function with a return.")
        return replace(sample, content=made)


def keep(function: Callable[..., Any], folder: Path) -> str:
    """Keep the source of *function* in *folder* and return the step's name; raise `InputError` when it cannot stand alone.

    A function of a file is kept with the whole file. One of a notebook is kept alone with the imports that it uses; it may
    use nothing else of the notebook.
    """
    name = function.__name__
    if not name.isidentifier():
        raise InputError("A step is a function with a name of its own, not a lambda.", hint="Write it with def.")
    source = _source(function)
    found = hashlib.sha256(source.encode()).hexdigest()[:16]
    path = folder / f"{name}@{found}.py"
    if not path.exists():
        write_text(path, source)
    return f"user:{name}@{found}"


def folder_above(path: Path) -> Path | None:
    """Return the folder of steps of the workspace that *path* lies in, None when it lies in none."""
    return next((parent / FOLDER for parent in path.resolve().parents if (parent / _MARK).exists()), None)


@lru_cache(maxsize=64)
def load(told: str, folder: Path | None) -> Callable[..., Any]:
    """Return the function behind a step's name; raise when its source is not there, or is not what it was."""
    match = _NAME.fullmatch(told)
    if match is None:
        raise InputError(f"{told!r} is no step.", hint="Steps of your own are named by wb.transform().")
    name, expected = match.groups()
    path = folder / f"{name}@{expected}.py" if folder is not None else None
    if path is None or not path.is_file():
        there = [f"user:{p.stem}" for p in folder.glob("*.py")] if folder is not None and folder.is_dir() else []
        home = folder or "the workspace"
        raise not_found("step", told, there, hint=f"Its source belongs into {home}; wb.transform() puts it there.")
    source = path.read_text(encoding="utf-8")
    if hashlib.sha256(source.encode()).hexdigest()[:16] != expected:
        raise ConflictError(f"{path} was changed after it was kept.", hint="Register the function again, under its new hash.")
    module = ModuleType(f"workbench_steps_{name}_{expected}")
    exec(compile(source, str(path), "exec"), module.__dict__)  # noqa: S102  # the user's own code, by its hash
    found: Callable[..., Any] = getattr(module, name)
    return found


def _source(function: Callable[..., Any]) -> str:
    module = sys.modules.get(function.__module__)
    file = getattr(module, "__file__", None)
    try:
        if file and function.__module__ != "__main__":
            return Path(file).read_text(encoding="utf-8")
        own = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError) as exc:
        raise InputError(f"The source of {function.__name__} cannot be found.", hint="Define it in a cell or a file.") from exc
    tree = ast.parse(own)
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef)
    definition.decorator_list = []
    imports, strange = _used(definition, function.__globals__)
    if strange:
        raise InputError(
            f"{function.__name__} uses {', '.join(map(repr, strange))} of the notebook, which would not be there elsewhere.",
            hint="Define them inside the function, or put the function into a file beside the notebook.",
        )
    return "\n".join([*imports, "", "", ast.unparse(definition), ""]).lstrip("\n")


def _used(definition: ast.AST, known: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the import lines for the names that a function takes from around it, and those that no import gives."""
    nodes = list(ast.walk(definition))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    bound |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    taken = [alias for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names]
    bound |= {alias.asname or alias.name.partition(".")[0] for alias in taken}
    imports, strange = [], []
    for name in sorted({node.id for node in names} - bound - set(dir(builtins))):
        value = known.get(name)
        home, own = getattr(value, "__module__", None), getattr(value, "__name__", "")
        if isinstance(value, ModuleType):
            imports.append(f"import {own} as {name}")
        elif home and home != "__main__" and own and hasattr(sys.modules.get(home), own):
            imports.append(f"from {home} import {own} as {name}")
        else:
            strange.append(name)
    return imports, strange
