"""Everything the workbench raises on purpose, sorted by who must act."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, NamedTuple


class Status(NamedTuple):
    """What a code means outside Python: an HTTP status and a process exit status."""

    http: int
    exit: int


#: The one table from error code to the outside world.
STATUS: Mapping[str, Status] = {
    "input": Status(422, 2),
    "not_found": Status(404, 2),
    "conflict": Status(409, 1),
    "dependency": Status(501, 1),
    "external": Status(502, 1),
    "run": Status(500, 1),
    "gate": Status(409, 1),
}


class WorkbenchError(Exception):
    """Base of the seven; `message` says what is wrong, `hint` what to do, `details` hold the facts as attributes."""

    code: ClassVar[str]

    def __init__(self, message: str, *, hint: str = "", **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details

    def __getattr__(self, name: str) -> Any:
        details = self.__dict__.get("details", {})
        if name in details:
            return details[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.hint, self.details)

    def to_json(self) -> dict[str, Any]:
        """Return the one JSON shape in which every face reports an error."""
        return {"ok": False, "code": self.code, "message": self.message, "hint": self.hint}


class InputError(WorkbenchError, ValueError):
    """The call is wrong whatever the state; the caller fixes the call."""

    code = "input"


class NotFoundError(WorkbenchError, LookupError):
    """A name points at nothing; carries `kind`, `name` and `neighbours`, the close names."""

    code = "not_found"


class ConflictError(WorkbenchError):
    """The state forbids it now; the caller tries later or changes the state."""

    code = "conflict"


class DependencyError(WorkbenchError, ImportError):
    """An optional package is missing; carries `package` and `extra`."""

    code = "dependency"


class ExternalError(WorkbenchError):
    """Another system did not do its part; carries `system` and `retryable`."""

    code = "external"


class RunError(WorkbenchError):
    """The author's code failed in a run; carries `run_id` and `log`."""

    code = "run"


class GateError(WorkbenchError):
    """A required score was missed; carries `misses`, a mapping of score to (value, floor)."""

    code = "gate"


def not_found(kind: str, name: str, known: Iterable[str] | None, *, hint: str = "") -> NotFoundError:
    """Return the error for a name that points at nothing, with its close names as the hint; None is too many to look.

    >>> not_found("dataset", "line-4", ["line-3"]).hint
    "Did you mean 'line-3'?"
    """
    names = sorted(known or ())
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if close:
        said = f"Did you mean {' or '.join(map(repr, close))}?"
    elif names:
        more = f" and {len(names) - 8} more" if len(names) > 8 else ""
        said = f"Known: {', '.join(names[:8])}{more}."
    else:
        said = "" if known is None else f"There is no {kind} yet."
    return NotFoundError(
        f"No {kind} named {name!r}.",
        hint=f"{said} {hint}".strip(),
        kind=kind,
        name=name,
        neighbours=tuple(close),
    )


def _rebuild(cls: type[WorkbenchError], message: str, hint: str, details: dict[str, Any]) -> WorkbenchError:
    return cls(message, hint=hint, **details)


def from_json(body: Mapping[str, Any]) -> WorkbenchError:
    """Return the error that `to_json` described; an unknown code becomes an `ExternalError`."""
    kinds = {cls.code: cls for cls in WorkbenchError.__subclasses__()}
    cls = kinds.get(str(body.get("code")), ExternalError)
    return cls(str(body.get("message", "")), hint=str(body.get("hint", "")))
