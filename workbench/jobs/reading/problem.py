"""Problem: one thing that keeps a promotion from going on, or that its author should know, and where it stands."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from workbench.core.errors import InputError, WorkbenchError

_MOST = 20
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Problem:
    """What is wrong, what to do, and the field of the form or the cell and line that it is about."""

    message: str
    hint: str = ""
    field: str = ""
    cell: int = 0
    line: int = 0
    cause: WorkbenchError | None = dataclasses.field(default=None, compare=False, repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the problem as a form shows it."""
        return {"message": self.message, "hint": self.hint, "field": self.field, "cell": self.cell, "line": self.line}


@dataclass
class Findings:
    """What was found wrong, collected instead of raised one by one; warnings keep nothing from going on."""

    problems: list[Problem] = dataclasses.field(default_factory=list)
    warnings: list[Problem] = dataclasses.field(default_factory=list)

    def add(self, *more: Problem, is_certain: bool = True) -> None:
        """Keep problems, or warnings when they are not certain, each once."""
        kept = self.problems if is_certain else self.warnings
        kept += [p for p in dict.fromkeys(more) if p not in kept]

    def merge(self, other: Findings) -> None:
        """Keep what *other* found."""
        self.add(*other.problems)
        self.add(*other.warnings, is_certain=False)

    def attempt(self, about: str, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what *call* returns; an error becomes a problem of the field *about*, and the answer None."""
        try:
            return call(*args, **kwargs)
        except WorkbenchError as exc:
            cell, line = int(exc.details.get("cell", 0)), int(exc.details.get("line", 0))
            self.add(Problem(exc.message, exc.hint, about, cell, line, exc))
            return None

    def check(self) -> None:
        """Raise what was found: the error itself when there is one, else an `InputError` that names all problems."""
        if len(self.problems) == 1 and self.problems[0].cause is not None:
            raise self.problems[0].cause
        if self.problems:
            first = self.problems[0]
            told = [p.message for p in self.problems]
            more = f" And {len(told) - _MOST} more." if len(told) > _MOST else ""
            place = {"field": first.field, "cell": first.cell, "line": first.line}
            raise InputError(" ".join(told[:_MOST]) + more, hint=first.hint, problems=told, **place)
