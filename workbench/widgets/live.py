"""Work shows itself: curves and a line of progress under the cell that called, lines in the log where a job called."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import sys
import weakref
from typing import TYPE_CHECKING

from IPython import get_ipython

from workbench.core.events import Event, Hub
from workbench.core.run import Run
from workbench.widgets.line import Line
from workbench.widgets.place import in_lab

if TYPE_CHECKING:
    from workbench.core.workspace import Workspace

#: Kinds of runs that work in the kernel itself and measure themselves.
SHOWN_KINDS = ("train",)

#: Loaded between two cells; the pause lets a cell that waits already go first.
_WIDGETS, _PAUSE_S = "workbench.widgets.grid", 0.1

_attached: weakref.WeakSet[Hub] = weakref.WeakSet()


def attach(ws: Workspace) -> None:
    """Show in cells what *ws* is at: curves of trainings, how far verbs are; attaching twice is attaching once."""
    if ws.events in _attached:
        return
    _attached.add(ws.events)

    def show(event: Event) -> None:
        if event.name == "begin" and event.fields.get("kind") in SHOWN_KINDS:
            from IPython.display import display  # opening a workspace must not wait for widgets

            from workbench.widgets.curves import Curves  # as above

            display(Curves(Run(ws, event.subject.removeprefix("run:"))))

    ws.events.subscribe(show)
    if in_lab():
        _load_soon()
    ws.events.subscribe(_tell if os.environ.get("WORKBENCH_RUN") else Line())


def _load_soon() -> None:
    """Load what widgets are made of when this cell is done: a third of the time that the first one takes to be seen."""
    if _WIDGETS in sys.modules:
        return
    events = get_ipython().events

    def load(_result: object) -> None:
        events.unregister("post_run_cell", load)
        with contextlib.suppress(RuntimeError):  # a kernel that waits in another way loads them when they are needed
            asyncio.get_running_loop().call_later(_PAUSE_S, importlib.import_module, _WIDGETS)

    events.register("post_run_cell", load)


def _tell(event: Event) -> None:
    """Say each step in the output of the cell, which is the log of the job: nobody looks at curves while it runs."""
    if event.name == "metrics":
        told = {name: value for name, value in event.fields.items() if isinstance(value, int | float)}
        step = told.pop("step", 0)
        scores = "  ".join(f"{name} {value:.4f}" for name, value in told.items())
        sys.stdout.write(f"{event.subject}  step {step}  {scores}\n")
