"""`workbench doctor`: whether everything that the workbench stands on is there and fits, and how to mend what is not."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.cli.checks import CHECKS, Finding, Machine
from workbench.core.errors import ConflictError

_MARK = {"ok": "ok  ", "note": "note", "broken": "FIX "}


def add_command(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `doctor`."""
    parser = commands.add_parser("doctor", parents=[common], help="check this machine and say how to mend it")
    parser.set_defaults(do=_doctor)


def examine(machine: Machine) -> list[Finding]:
    """Return what every check finds on *machine*, in the order in which to mend it."""
    return [finding for check in CHECKS for finding in check(machine)]


def _doctor(_: argparse.Namespace) -> tuple[Any, str]:
    found = examine(Machine())
    text = table(found)
    broken = [f for f in found if f.state == "broken"]
    if broken:
        raise ConflictError(text, hint=f"{len(broken)} to mend.", findings=[vars(f) for f in found])
    return summary(found), text


def summary(found: Sequence[Finding]) -> Mapping[str, Any]:
    """Return the findings as JSON."""
    return {"findings": [{"name": f.name, "state": f.state, "said": f.said, "mend": f.mend} for f in found]}


def table(found: Sequence[Finding]) -> str:
    """Return the findings as lines, each with its way to mend below."""
    width = max(len(f.name) for f in found)
    lines = []
    for f in found:
        lines.append(f"{_MARK[f.state]}  {f.name:<{width}}  {f.said}")
        if f.mend:
            lines.append(f"      {'':<{width}}  -> {f.mend}")
    return "\n".join(lines)
