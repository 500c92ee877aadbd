"""The loop on one screen: what the workspace holds, stage by stage, and the chosen run or dataset below."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import ipywidgets
import traitlets

from workbench import wiring
from workbench.core.errors import InputError, WorkbenchError
from workbench.core.workspace import Workspace
from workbench.widgets.base import View
from workbench.widgets.cards import board_of
from workbench.widgets.curves import Curves, curves
from workbench.widgets.grid import Grid

_POLL_S = 1.0


class Board(View):
    """The stages as columns of cards; `chosen` is the reference of the card that a person clicked."""

    module: ClassVar[str] = "loop"

    board = traitlets.Dict().tag(sync=True)
    chosen = traitlets.Unicode().tag(sync=True)

    def __init__(self, board: Mapping[str, Any]) -> None:
        super().__init__()
        self.board = dict(board)

    def refresh(self) -> None:
        """Do nothing: the whole board is a trait."""

    def picture(self) -> bytes | None:
        """Return None: the board shows what is true now, which is nothing to keep."""
        return None

    def caption(self) -> str:
        """Return the number of cards in each column."""
        counts = [f"{c['title']} {len(c['cards']) + c['more']}" for c in self.board.get("columns", ())]
        return f"{self.board['workspace']}: {', '.join(counts) or 'no workspace'}"


class Loop:
    """The dashboard of one workspace: follows its records, and shows the chosen run or dataset."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._seq = 0
        self._shown = ""
        self._lock = threading.Lock()
        self._detail = ipywidgets.VBox()
        self._board = Board({"workspace": ws.name, "columns": [], "problem": None})
        self._board.observe(lambda _: self._show(), "chosen")
        self.widget = ipywidgets.VBox([self._board, self._detail])
        self.sync()

    def sync(self) -> None:
        """Bring the board up to date with what has changed since the last time."""
        with self._lock:
            changed = self._ws.records.since(self._seq)
            if changed:
                self._seq = changed[-1].seq
                self._board.board = board_of(self._ws)
        self._show()

    def watch(self, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """Follow the workspace in the background for as long as the kernel lives."""

        def follow() -> None:
            while True:
                sleep(_POLL_S)
                try:
                    self.sync()
                except WorkbenchError as exc:  # the disk may be back in a second
                    self._board.board = self._board.board | {"problem": exc.to_json()}
                    self._seq = 0

        threading.Thread(target=follow, name=f"loop of {self._ws.name}", daemon=True).start()

    def _show(self) -> None:
        with self._lock:
            ref = self._board.chosen or self._newest()
            if ref == self._shown:
                return
            self._shown = ref
            before = self._detail.children
            self._detail.children = self._view_of(ref)
        for view in before:
            view.close()

    def _newest(self) -> str:
        """Return the run that a person would want to see without asking: the newest that learns, else the newest data."""
        runs = [r for r in self._ws.records.all("run") if r.fields.get("metrics")]
        if runs:
            return f"run:{runs[-1].id}"
        data = self._ws.records.all("dataset")
        return str(data[-1].fields.get("ref", "")) if data else ""

    def _view_of(self, ref: str) -> tuple[Curves | Grid, ...]:
        kind = ref.partition(":")[0]
        if kind == "run":
            return (curves(self._ws.run(ref)),)
        if kind == "dataset":
            return (Grid(self._ws.dataset(ref)),)
        return ()


def loop(path: str = "", *, environment: Mapping[str, str] | None = None) -> ipywidgets.Widget:
    """Return the dashboard of the workspace in *path* (else `WORKBENCH_WORKSPACE`), or what is wrong with it."""
    try:
        made = Loop(opened(path, os.environ if environment is None else environment))
    except WorkbenchError as exc:
        return Board({"workspace": "Workbench", "columns": [], "problem": exc.to_json()})
    made.watch()
    return made.widget


def opened(path: str, environment: Mapping[str, str]) -> Workspace:
    """Return the workspace; unlike `wb.open()`, a dashboard makes none."""
    named = path or environment.get("WORKBENCH_WORKSPACE", "")
    if not named:
        raise InputError(
            "No workspace is named.", hint="Run: WORKBENCH_WORKSPACE=my-project voila --template=workbench loop.ipynb"
        )
    root = Path(named).expanduser().resolve()
    if not (root / wiring.MARKER).exists():
        raise InputError(f"{root} is not a workspace.", hint=f'Make one: wb.open("{root}")')
    return wiring.open(root, environment=environment)
