"""The verb `result`: named results of a notebook, shown in it, kept with its run, and handed to runs that follow."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from workbench.core import files
from workbench.core.errors import InputError
from workbench.core.run import Run

#: The file in the run's folder, and how the notebook itself keeps results, so that two runs of it can be compared.
FILE, MIME = "results.json", "application/vnd.workbench.result+json"


@dataclass(frozen=True)
class Results:
    """Named results: JSON values, nouns by their reference."""

    values: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the values by name."""
        return dict(self.values)

    def __str__(self) -> str:
        width = max(map(len, self.values), default=0)
        return "\n".join(f"{name:<{width}}  {_brief(value)}" for name, value in self.values.items())

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        rows = "".join(f"<tr><th>{escape(k)}</th><td>{escape(_brief(v))}</td></tr>" for k, v in self.values.items())
        return {"text/plain": str(self), "text/html": f"<table>{rows}</table>", MIME: self.to_json()}


def result(values: Mapping[str, Any]) -> Results | None:
    """Show *values* as a table and, in a job, keep them with its run; return them where there is no notebook to show them.

    A value is text, a number, true or false, None, a list or a mapping of these, or a noun, which is kept by its
    reference. A later call adds to what was told before.

    Raises:
        InputError: values that are none of these, all of them by name.
    """
    if not isinstance(values, Mapping):
        raise InputError(
            f"Results have names, got {type(values).__name__}.", hint='Write wb.result({"model": run.info().model}).'
        )
    problems: list[str] = []
    told = {str(name): _plain(value, str(name), problems) for name, value in values.items()}
    problems += ["a result has no name"] if "" in told else []
    if problems:
        raise InputError(f"{'; '.join(problems)}.", hint="Give numbers, text, lists of them, or nouns such as a model.")
    if run := _here():
        known = run.info().results
        run.update(results={**known, **told})
        files.write_json(run.folder / FILE, {**known, **told})
    made = Results(told)
    return None if _display(made) else made


def _plain(value: Any, where: str, problems: list[str]) -> Any:
    """Return *value* as JSON; what cannot be is named in *problems*."""
    if isinstance(getattr(value, "ref", None), str):
        return value.ref
    if isinstance(value, Mapping):
        return {str(k): _plain(v, f"{where}.{k}", problems) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v, f"{where}[{n}]", problems) for n, v in enumerate(value)]
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()  # a number of numpy or torch
    if isinstance(value, str | bool | int | type(None)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    said = repr(value) if isinstance(value, float) else f"a {type(value).__name__}"
    problems.append(f"{where!r} is {said}, which JSON does not hold")
    return None


def _here() -> Run | None:
    """Return the run of the job that this process belongs to, None outside of a job."""
    name, root = os.environ.get("WORKBENCH_RUN", ""), os.environ.get("WORKBENCH_WORKSPACE", "")
    if not (name and root):
        return None
    from workbench import wiring
    from workbench.core.workspace import Workspace

    # The workspace that the notebook has opened may be another one; the run is in that of the job.
    ws = Workspace(Path(root), wire=wiring.wire, settings=wiring.settings(Path(root), os.environ))
    return Run(ws, name.removeprefix("run:"))


def _display(made: Results) -> bool:
    """Show the table where there is somebody to show it to; return whether there is."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    if shell is None:
        return False
    from IPython.display import display

    display(made)
    return True


def _brief(value: Any) -> str:
    return value if isinstance(value, str) else next(_told(value))


def _told(value: Any) -> Iterator[str]:
    yield f"{value:.6g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
