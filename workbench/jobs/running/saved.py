"""The executed notebook on disk: whole at every moment, never more than a few seconds old, and without secrets."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from papermill.engines import NotebookExecutionManager

from workbench.core import files
from workbench.jobs.running.mask import Mask
from workbench.jobs.running.outputs import collapse

_SAVE_S = 1.0


class Saved(NotebookExecutionManager):  # type: ignore[misc]  # papermill has no types
    """papermill's view of a notebook that runs, saved by time and not by cell."""

    def __init__(self, nb: Any, path: Path, mask: Mask) -> None:
        super().__init__(nb, progress_bar=False, autosave_cell_every=0)
        self.path = path
        self._mask = mask
        self._stale = True
        self._saved_at = float("-inf")
        self._cost_s = 0.0

    def save(self, **_: Any) -> None:
        """Write the notebook when that is due; what costs more is done less often."""
        self._stale = True
        self.tick()

    def tick(self, *, force: bool = False) -> None:
        """Write what has changed since the last time."""
        now = time.monotonic()
        if self._stale and (force or now - self._saved_at >= max(_SAVE_S, 20 * self._cost_s)):
            for cell in self.nb.cells:
                join(cell)
            text = self._mask.text(json.dumps(self.nb, indent=1, ensure_ascii=False))
            files.write_text(self.path, text + "\n")
            self._stale, self._saved_at = False, time.monotonic()
            self._cost_s = self._saved_at - now

    def touch(self) -> None:
        """Note that an output has changed."""
        self._stale = True

    def notebook_complete(self, **kwargs: Any) -> None:
        """Write the final state whatever the clock says; a cell that never ran is not completed, as papermill has it."""
        left = [c for c in self.nb.cells if c.cell_type == "code" and c.metadata.papermill["status"] == self.PENDING]
        super().notebook_complete(**kwargs)
        for cell in left:
            cell.metadata.papermill["status"] = self.PENDING
        self.tick(force=True)


def join(cell: Any, **_: Any) -> None:
    """Make one piece of text of those that each stream of the cell came in."""
    for out in cell.get("outputs", ()):
        if out.output_type == "stream" and isinstance(out.text, list) and len(out.text) != 1:
            out.text = [collapse("".join(out.text))]


def finish(cell: Any, mask: Mask) -> None:
    """Give the outputs of a cell that has ended their final form."""
    for out in cell.get("outputs", ()):
        if out.output_type == "stream" and isinstance(out.text, list):
            out.text = collapse("".join(out.text))
    if cell.get("outputs"):
        mask.apply(cell.outputs)
