"""Training shows itself: curves under the cell that called, and lines in the log where a job called."""

from __future__ import annotations

import os
import sys
import weakref
from typing import TYPE_CHECKING

from workbench.core.events import Event, Hub
from workbench.core.run import Run

if TYPE_CHECKING:
    from workbench.core.workspace import Workspace

#: Kinds of runs that work in the kernel itself and measure themselves.
SHOWN_KINDS = ("train",)

_attached: weakref.WeakSet[Hub] = weakref.WeakSet()


def attach(ws: Workspace) -> None:
    """Show the curves of every training that begins in *ws*; attaching twice is attaching once."""
    if ws.events in _attached:
        return
    _attached.add(ws.events)

    def show(event: Event) -> None:
        if event.name == "begin" and event.fields.get("kind") in SHOWN_KINDS:
            from IPython.display import display  # opening a workspace must not wait for widgets

            from workbench.widgets.curves import Curves  # as above

            display(Curves(Run(ws, event.subject.removeprefix("run:"))))

    ws.events.subscribe(show)
    if os.environ.get("WORKBENCH_RUN"):
        ws.events.subscribe(_tell)


def _tell(event: Event) -> None:
    """Say each step in the output of the cell, which is the log of the job: nobody looks at curves while it runs."""
    if event.name == "metrics":
        told = {name: value for name, value in event.fields.items() if isinstance(value, int | float)}
        step = told.pop("step", 0)
        scores = "  ".join(f"{name} {value:.4f}" for name, value in told.items())
        sys.stdout.write(f"{event.subject}  step {step}  {scores}\n")
