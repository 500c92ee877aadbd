"""promote(): the cells that worked here become a job, with all that they depend on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.run import Run
from workbench.core.workspace import Workspace, current
from workbench.jobs import kernels
from workbench.jobs.bundle import make
from workbench.jobs.closure import choose
from workbench.jobs.notebook import read
from workbench.jobs.parameters import check, declared
from workbench.jobs.submit import check_limit, folder, start


def promote(
    notebook: Path,
    *,
    cells: str = "",
    parameters: Mapping[str, Any] | None = None,
    workers: int = 1,
    at: str = "",
    time_limit_s: float = 0.0,
    ws: Workspace | None = None,
) -> Run:
    """Return a run of *notebook* in a process of its own, which outlives this one.

    The chosen cells, the modules beside the notebook that they import, the parameters and the versions of all packages
    go into a bundle that never changes, so what is edited afterwards does not reach the run.

    Args:
        notebook: An `.ipynb` file; its outputs are left out.
        cells: A tag: run the cells that have it and all that they need, and say in `bundle.json` why each was taken.
            Empty: the whole notebook.
        parameters: Values for names that the cell tagged `parameters` declares; nouns go by their reference.
        workers: How many processes share the work; more than 1 is not available yet.
        at: The address of a cluster; only this machine, '', is available yet.
        time_limit_s: Seconds after which the run fails; 0 is no limit.
        ws: The workspace; the one that was opened last by default.

    Raises:
        InputError: The notebook cannot run as it is, a parameter is unknown or of another type, or a target is not there.
        NotFoundError: The notebook, its kernel or the tag does not exist.
    """
    _check_target(workers, at)
    check_limit(time_limit_s)
    ws = ws or current()
    source = read(notebook)
    known = declared(source.code)
    given = check(known, parameters or {}, where=source.path.name)
    choices = choose(source.code, cells)
    kernels.check(source.kernel)
    bundle = make(folder(ws), source, choices, tag=cells, declared=known)
    return start(ws, bundle, given, time_limit_s=time_limit_s)


def _check_target(workers: int, at: str) -> None:
    problems = [f"`workers` must be 1, got {workers!r}"] if workers != 1 else []
    problems += [f"`at` must be '', got {at!r}"] if at else []
    if problems:
        raise InputError(
            f"{'; '.join(problems)}: jobs run in one process on this machine.", hint="Leave out `workers` and `at`."
        )
