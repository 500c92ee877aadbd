"""cancel(): end a run and everything that it started."""

from __future__ import annotations

import contextlib

from workbench.core.errors import ConflictError
from workbench.core.run import ENDED, Run
from workbench.jobs.reconcile import end_children


def cancel(run: Run) -> Run:
    """Return *run* when no process of its job is left; a run inside a kernel is asked, and ends at its next step.

    Raises `ConflictError` when it has ended already.
    """
    info = run.info()
    if info.state in ENDED:
        raise ConflictError(f"Run {run.id} is {info.state} already.", hint="There is nothing to cancel.")
    if not info.handle:
        run.cancel_path.touch()
        return run
    run.ws.target.cancel(info.handle)
    with contextlib.suppress(ConflictError):  # it told so itself, or came to its end while it was asked
        run.finish(state="cancelled")
    end_children(run.ws, run.id, run.state)
    return run
