"""Why a job failed, in a sentence that names the cell and a hint that says what to do."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from typing import Any

from workbench.jobs.running.outputs import bare

_HINTS: Mapping[str, str] = {
    "FileNotFoundError": "A job works in a folder of its own. Keep data in a dataset, or pass an absolute path as a parameter.",
    "ModuleNotFoundError": "A job takes the modules beside its notebook that the cells import by name.",
    "MemoryError": "Use less memory, or ask for more with `memory_gb`.",
    "StdinNotImplementedError": "Make it a parameter: assign a default in a cell tagged 'parameters'.",
}
_DEATHS: Mapping[int, str] = {
    -signal.SIGKILL: "The system kills with SIGKILL when memory runs out: use less of it, or ask for more with `memory_gb`.",
    -signal.SIGSEGV: "C code broke; the log has the line that called it.",
    -signal.SIGABRT: "C code gave up; the log has its last words.",
}


def of_cell(number: int, kind: str, said: str, traceback: str | list[str]) -> dict[str, Any]:
    """Return the error of a cell that raised; {} when it ended the notebook on purpose, with `sys.exit()`."""
    if kind == "SystemExit" and said in ("", "0", "None"):
        return {}
    where = f"cell {number}" if number else "the cell of the parameters"
    first = bare(said).strip().partition("\n")[0]
    message = f"{kind} in {where}: {first}" if first else f"{kind} in {where}"
    if kind == "StdinNotImplementedError":
        message = f"{where.capitalize()} asks for input(), and nobody answers in a job"
    text = bare(traceback if isinstance(traceback, str) else "\n".join(traceback))
    return made(message, cell=number, line=_line(text), hint=_HINTS.get(kind, ""))


def of_kernel(number: int, status: int | None) -> dict[str, Any]:
    """Return the error of a kernel, or the process that stands for one, that died in a cell."""
    how = f"with exit status {status}"
    if status is not None and status < 0:
        how = f"by the signal {signal.Signals(-status).name}"
    hint = _DEATHS.get(status or 0, "")
    return made(f"The kernel died in cell {number}, {how}", cell=number, hint=hint)


def made(message: str, *, cell: int = 0, line: int = 0, hint: str = "") -> dict[str, Any]:
    """Return an error as the record of a run keeps it."""
    ended = message if message.endswith((".", "!", "?")) else f"{message}."
    told: dict[str, Any] = {"code": "run", "message": ended, "hint": hint}
    return told | ({"cell": cell} if cell else {}) | ({"line": line} if line else {})


def _line(traceback: str) -> int:
    """Return the line of the failing cell: of all frames in cells, the outermost."""
    found = re.search(r"Cell In\[\d+\], line (\d+)", traceback)
    return int(found[1]) if found else 0
