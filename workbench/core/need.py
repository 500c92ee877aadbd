"""Asking for an optional package by name, where it is used, with the reason."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from workbench.core.errors import DependencyError

DISTRIBUTION = "perception-workbench"


def need(module: str, *, extra: str, use: str) -> Any:
    """Return the imported *module*, or raise `DependencyError` that names the extra which brings it.

    >>> need("json", extra="none", use="reading JSON").loads("1")
    1
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as exc:
        top = module.partition(".")[0]
        if exc.name is None or exc.name.partition(".")[0] != top:
            raise
        raise DependencyError(
            f"{use} needs the package {top!r}, which is not installed.",
            hint=f"Run: pip install '{DISTRIBUTION}[{extra}]'",
            package=top,
            extra=extra,
        ) from exc
