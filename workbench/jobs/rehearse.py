"""rehearse(): a bundle runs small in a clean process and a copy of the workspace, and a certificate tells what was equal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.core.workspace import Workspace, current


def rehearse(notebook: Path, *, cells: str = "", rehearsal_s: float = 30.0, ws: Workspace | None = None) -> dict[str, Any]:
    """Return the certificate of *notebook* as `promote()` would make it.

    Args:
        notebook: An `.ipynb` file, with the outputs to compare with.
        cells: The chosen cells, as for `promote()`.
        rehearsal_s: How long it may take; cells that it does not reach are told as not compared.
        ws: The workspace; the one that was opened last by default.

    Raises:
        InputError: The notebook cannot run as it is.
        NotFoundError: The notebook, its kernel or the tag does not exist.
    """
    from workbench.jobs.bundles.plan import plan
    from workbench.jobs.proof.certificate import Certificate, certify
    from workbench.jobs.submit import folder

    ws = ws or current()
    made = plan(ws, notebook, cells=cells)
    bundle = made.publish(folder(ws))
    assert made.notebook is not None  # else the line above has raised
    return Certificate(certify(ws, bundle, made.notebook, seconds=rehearsal_s))
