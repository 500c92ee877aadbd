"""cancel(): end a run and everything that it started."""

from __future__ import annotations

import contextlib

from workbench.core.errors import ConflictError
from workbench.core.run import ACTIVE, ENDED, Run
from workbench.jobs.queueing.ending import end, end_children
from workbench.jobs.queueing.queue import dispatch


def cancel(run: Run) -> Run:
    """Return *run* when no process of its job is left; runs that wait for it are cancelled as well.

    A run inside a kernel is asked, and ends at its next step. Raises `ConflictError` when it has ended already.
    """
    info = run.info()
    if info.state in ENDED:
        raise ConflictError(f"Run {run.id} is {info.state} already.", hint="There is nothing to cancel.")
    run.cancel_path.touch()  # however its processes end from here on, it was cancelled
    if not info.handle and "order" not in info.more:
        return run
    if info.handle:
        run.ws.target.cancel(info.handle)
    with contextlib.suppress(ConflictError):  # it told so itself, or came to its end while it was asked
        end(run, "cancelled", only=ACTIVE)
    end_children(run.ws, run.id, run.state)
    dispatch(run.ws)
    return run
