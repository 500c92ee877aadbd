"""Promises: parameters whose value another run will have made, written `run:job-1[accuracy]`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workbench.core.errors import InputError, not_found
from workbench.core.run import ENDED, Run
from workbench.core.workspace import Workspace

_PROMISE = re.compile(r"run:(?P<run>[A-Za-z0-9][\w.-]*)\[(?P<name>[^\[\]]+)\]")
#: What stands for the model that a run made.
MODEL = "model"


def is_promise(value: Any) -> bool:
    """Return whether *value* is one.

    >>> is_promise("run:job-1[accuracy]"), is_promise("run:job-1")
    (True, False)
    """
    return isinstance(value, str) and _PROMISE.fullmatch(value) is not None


def makers(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the references of the runs that have to be done before these parameters have their values."""
    found = [_PROMISE.fullmatch(value) for value in parameters.values() if isinstance(value, str)]
    return tuple(dict.fromkeys(f"run:{match['run']}" for match in found if match))


def check(ws: Workspace, parameters: Mapping[str, Any]) -> None:
    """Raise for a promise that cannot be kept: its run is not there, or has ended without that result."""
    for value in parameters.values():
        if is_promise(value) and ws.run(value.partition("[")[0]).state in ENDED:
            kept(ws, value)


def kept(ws: Workspace, promise: str) -> Any:
    """Return the value that *promise* stands for, nouns by their reference."""
    match = _PROMISE.fullmatch(promise)
    if match is None:
        raise InputError(f"{promise!r} does not name a result.", hint="Write it as 'run:job-1[accuracy]'.")
    info = Run(ws, match["run"]).info()
    made = ({MODEL: info.model} if info.model else {}) | dict(info.results)
    if match["name"] not in made:
        raise not_found(f"result of run:{info.id}", match["name"], made, hint="Name results with wb.result({...}).")
    return made[match["name"]]
