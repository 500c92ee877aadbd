"""The verb `verify`: run a job again and judge whether it came to the same."""

from __future__ import annotations

from typing import Any

from workbench.core import files
from workbench.core.errors import ConflictError, InputError
from workbench.core.run import Run

FILE, PAGE = "verify.json", "verify.html"


def verify(run: Run, *, tolerance: float = 1e-6) -> Any:
    """Return the verdict: identical, equal, or different with its cause.

    The bundle of *run* runs again, whole, with its parameters and versions of data, in a copy of the workspace; what it
    makes there is compared and thrown away. The verdict stays with the run, as `verify.json` and as a page.

    Args:
        run: A job that is done.
        tolerance: How far metrics and printed numbers may be from each other, relative, to be equal.

    Raises:
        InputError: The run has no bundle, or the tolerance is none.
        ConflictError: The run is not done.
    """
    from workbench.jobs.proof import reenact

    if not 0 <= tolerance < 1:
        raise InputError(f"`tolerance` must be at least 0 and less than 1, got {tolerance!r}.")
    info = run.info()
    if not info.more.get("bundle"):
        raise InputError(f"Run {run.id} was no job: it has no bundle to run again.", hint="Promote its notebook.")
    if info.state != "done":
        raise ConflictError(
            f"Run {run.id} is {info.state}; only what is done can be verified.", hint="Call follow() or resume()."
        )
    made = reenact.judged(run, tolerance=tolerance)
    files.write_json(run.folder / FILE, made.to_json())
    files.write_text(run.folder / PAGE, made.page())
    run.update(verdict={"verdict": made.verdict, "cause": made.cause, "says": made.says, "cell": made.cell, "made": made.made})
    return made
