"""promote(): the cells that worked here become a job, with all that they depend on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench import wiring
from workbench.core import files
from workbench.core.errors import ConflictError, RunError
from workbench.core.run import Run
from workbench.core.workspace import Workspace, current
from workbench.jobs.bundles.bundle import Bundle
from workbench.jobs.bundles.pins import exact
from workbench.jobs.bundles.plan import plan
from workbench.jobs.order import Engine, Order
from workbench.jobs.preflight import check_place
from workbench.jobs.queueing.estimate import estimate
from workbench.jobs.reading.notebook import Notebook
from workbench.jobs.submit import folder, start

#: Verdicts of a rehearsal that keep a run from starting, and those that stand for something.
_AGAINST, _PROVEN = ("different", "failed"), ("equal", "partial")


def promote(
    notebook: Path,
    *,
    cells: str = "",
    parameters: Mapping[str, Any] | None = None,
    workers: int = 1,
    at: str = "",
    cpus: float = 1.0,
    memory_gb: float = 0.0,
    gpus: int = 0,
    priority: int = 0,
    retries: int = 0,
    after: tuple[str, ...] = (),
    idea: str = "",
    time_limit_s: float = 0.0,
    engine: Engine = "auto",
    rehearsal_s: float = 30.0,
    override: str = "",
    ws: Workspace | None = None,
) -> Run:
    """Return a run of *notebook* in a process of its own, which outlives this one.

    The chosen cells, the modules beside the notebook that they import, the parameters and the versions of all packages
    go into a bundle that never changes, so what is edited afterwards does not reach the run.

    Args:
        notebook: An `.ipynb` file; its outputs are left out.
        cells: A tag, or numbers of code cells such as '3-5,8': run these cells and all that they need, and say in
            `bundle.json` why each was taken. Empty: the whole notebook.
        parameters: Values for names that the cell tagged `parameters` declares; nouns go by their reference.
        workers: How many processes share each training.
        at: The address of a Ray cluster, such as 'http://head:8265'; '' is this machine.
        cpus: How many cores each worker holds while it runs; a job waits in the queue until they are free.
        memory_gb: How much memory each worker holds.
        gpus: How many GPUs each worker holds.
        priority: Of the jobs that wait, the ones with the highest go first.
        retries: How often the run starts again, from its checkpoints, after it failed or was lost.
        after: Runs that have to be done first; this one is cancelled when one of them is not.
        idea: The name of the idea that the run belongs to; see `wb.idea()`.
        time_limit_s: Seconds after which the run fails; 0 is no limit.
        engine: 'inline' runs the cells in a fork of a warm process, 'kernel' in a Jupyter kernel of their own, 'auto'
            inline where the notebook's kernel is this Python.
        rehearsal_s: How long the rehearsal may take; cells that it does not reach are told in the certificate as not
            compared. 0 rehearses nothing, and says so.
        override: Why the run shall start although its rehearsal failed or came to something else, or a training did not
            pass its quick check, which more than one worker or another machine asks for; it is recorded.
        ws: The workspace; the one that was opened last by default.

    Raises:
        InputError: The notebook cannot run as it is, a parameter is unknown or of another type, or a target is not there.
        NotFoundError: The notebook, its kernel or the tag does not exist.
    """
    order = Order(
        at=at,
        workers=workers,
        cpus=cpus,
        memory_gb=memory_gb,
        gpus=gpus,
        priority=priority,
        retries=retries,
        after=tuple(after),
        idea=idea,
        time_limit_s=time_limit_s,
        engine=engine,
    )
    ws = ws or current()
    wiring.stay_inside(ws)
    _not_itself(ws, notebook)
    made = plan(ws, notebook, cells=cells, parameters=parameters, at=at, override=override)
    check_place(ws, order, made)
    bundle = made.publish(folder(ws))
    assert made.notebook is not None  # else the line above has raised
    facts = proof(ws, bundle, made.notebook, seconds=rehearsal_s, override=override)
    if workers > 1 or at:
        facts |= worth(ws, bundle, made.notebook, override=override)
    if expected := estimate(ws, bundle, order):
        facts["estimate"] = expected
    if warnings := [problem.message for problem in made.findings.warnings]:
        facts["warnings"] = warnings
    return start(ws, bundle, exact(ws, made.given), order, **facts)


def worth(ws: Workspace, bundle: Bundle, notebook: Notebook, *, override: str) -> dict[str, Any]:
    """Return the quick checks of what the rehearsal trained; raise `RunError` when one speaks against more machines."""
    from workbench.jobs.proof import certificate, viable

    told = certificate.existing(ws, bundle, notebook) or {}
    reports, against = viable.doubts(ws, told.get("trainings", ()))
    if against and not override:
        raise RunError(
            f"{notebook.path.name} is not worth more machines yet: {against}",
            hint="Mend it, and see with wb.quick_check(recipe, data). To start it all the same, say why: override='...'.",
        )
    return {"quick_checks": reports} | ({"override": override} if against else {})


def _not_itself(ws: Workspace, notebook: Path) -> None:
    """Refuse a job that promotes the notebook that it runs: it would never end."""
    run = str(getattr(ws.settings, "run", ""))
    running = ws.run(run).info().inputs.get("notebook", "") if run else ""
    path = Path(os.environ.get("WORKBENCH_ORIGIN", "")) / notebook
    if running and path.resolve() == Path(running):
        raise ConflictError(f"Run {run} runs {path.name} already.", hint="Promote it from the notebook, not from its job.")


def proof(ws: Workspace, bundle: Bundle, notebook: Notebook, *, seconds: float, override: str) -> dict[str, Any]:
    """Return what the record of the run tells of its rehearsal; raise `RunError` when that speaks against the run."""
    from workbench.jobs.proof import certificate  # with all that a rehearsal needs
    from workbench.jobs.proof.judge import cells_of

    told = certificate.certify(ws, bundle, notebook, seconds=seconds)
    if told["verdict"] in _AGAINST and not override:
        problem = told.get("problem") or {}
        raise RunError(
            f"The rehearsal of {notebook.path.name} speaks against the run: {told['says']}",
            hint=f"{problem.get('hint', '')} To start it all the same, say why: override='...'.".strip(),
            cell=problem.get("cell", 0),
            line=problem.get("line", 0),
            certificate=told,
        )
    path = certificate.home(ws, bundle, cells_of(notebook.path)) / certificate.FILE
    said = override if told["verdict"] in _AGAINST else ""
    if seconds <= 0 and told["verdict"] not in _PROVEN:
        said = override or "not rehearsed"
    return {"certificate": files.digest(path) if path.is_file() else "", "override": said}
