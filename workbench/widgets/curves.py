"""The training curves: a run's metrics by step, live while it works, with the best step marked."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import traitlets

from workbench.core.errors import NotFoundError
from workbench.core.events import Event
from workbench.core.report import Report
from workbench.core.run import ENDED, Run, RunInfo
from workbench.widgets.base import View
from workbench.widgets.figure import DPI, curves_figure

#: Numbers of a step that say when or how, not how well.
_NOT_A_METRIC = frozenset({"step", "epoch", "lr", "seconds", "time"})
_POLL_S = 0.5
_AT_MOST_EVERY_S = 0.1


class Curves(View):
    """The curves of one run. Points travel as messages, each once; what else is shown are traits."""

    module: ClassVar[str] = "curves"
    density: ClassVar[float] = DPI / 96

    title = traitlets.Unicode().tag(sync=True)
    state = traitlets.Unicode().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    panes = traitlets.List(traitlets.Dict()).tag(sync=True)
    best = traitlets.Dict().tag(sync=True)
    can_cancel = traitlets.Bool().tag(sync=True)

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run
        self.points: list[dict[str, float]] = []
        self._lock = threading.Lock()
        self._synced = -math.inf
        self._is_following = True
        self._unsubscribe = run.ws.events.subscribe(self._heard)
        self.sync()

    def sync(self) -> bool:
        """Read the run and send what is new; return whether there is nothing more to come."""
        with self._lock:
            info = self.run.info()  # before the curve: once it has ended, the curve is whole
            start = len(self.points)
            self.points += [_numbers(point) for point in self.run.curve()[start:]]
            self._synced = time.monotonic()
            self._describe(info)
            if len(self.points) > start and self._is_seen:
                self._post(start)
        if info.state in ENDED and self._is_following:
            self._unfollow()
            self.redraw()
        return not self._is_following

    def watch(self, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """Follow a run that another process works on, in the background, until it ends."""

        def follow() -> None:
            try:
                while not self.sync():
                    sleep(_POLL_S)
            except NotFoundError:
                return  # the run was removed: what is shown stays as it was

        threading.Thread(target=follow, name=f"curves of {self.run.id}", daemon=True).start()

    def close(self) -> None:
        """Stop following the run, and leave the page."""
        self._unfollow()
        super().close()

    def refresh(self) -> None:
        """Send every point."""
        with self._lock:
            self._post(0)

    def answers(self) -> Mapping[str, Callable[[], None]]:
        """Return what to do for each kind of message from the browser."""
        return {**super().answers(), "cancel": self._cancel}

    def picture(self) -> bytes | None:
        """Return the curves as a figure once the run has ended; until then there is nothing worth keeping."""
        if not self.points or self.can_cancel:
            return None
        return curves_figure(self.title, self.state, self.points, self.panes, self.best)

    def caption(self) -> str:
        """Return the run, its state and the best step, in a line."""
        best = f", best {self.best['name']} {self.best['value']:.4g} at step {self.best['step']:g}" if self.best else ""
        return f"{self.run.ref} {self.state}: {len(self.points)} steps{best}"

    def to_json(self) -> dict[str, Any]:
        """Return the run with its curve."""
        return {**self.run.to_json(), "points": self.points, "best": dict(self.best)}

    def _describe(self, info: RunInfo) -> None:
        with self.hold_sync():
            self.title = self.run.id
            self.state = info.state
            self.note = _note(info)
            self.can_cancel = info.state not in ENDED
            self.panes = panes_of(self.points)
            self.best = best_of(self.points, self.panes)

    def _heard(self, event: Event) -> None:
        if event.subject != self.run.ref:
            return
        if event.name == "end" or time.monotonic() - self._synced >= _AT_MOST_EVERY_S:
            self.sync()

    def _unfollow(self) -> None:
        self._is_following = False
        self._unsubscribe()

    def _cancel(self) -> None:
        self.run.cancel()
        self.sync()

    def _post(self, start: int) -> None:
        self.send({"kind": "points", "start": start, "points": self.points[start:]})


def curves(run: Run) -> Curves:
    """Return the training curves of *run*, live until it ends, with a button that cancels it."""
    made = Curves(run)
    if made.can_cancel:
        made.watch()
    return made


def picture_of(report: Report) -> bytes:
    """Return the curve in a report's details as a figure."""
    points = [_numbers(point) for point in report.details["curve"]]
    panes = panes_of(points)
    state = "passed" if report.scores.get("passed") else str(report.details.get("says", ""))
    return curves_figure(report.id, state, points, panes, best_of(points, panes))


def panes_of(points: Sequence[Mapping[str, float]]) -> list[dict[str, Any]]:
    """Return the panes: losses, scores between 0 and 1, and the rest, each with its metrics in order of appearance.

    >>> panes_of([{"step": 1, "train_loss": 2.1, "val_f1": .5}])
    [{'title': 'Loss', 'names': ['train_loss']}, {'title': 'Score', 'names': ['val_f1']}]
    """
    names = list(dict.fromkeys(name for point in points for name in point if name not in _NOT_A_METRIC))
    losses = [name for name in names if "loss" in name]
    scores = [n for n in names if n not in losses and all(0 <= point.get(n, 0) <= 1 for point in points)]
    rest = [name for name in names if name not in losses and name not in scores]
    panes = (("Loss", losses), ("Score", scores), ("Other", rest))
    return [{"title": title, "names": members} for title, members in panes if members]


def best_of(points: Sequence[Mapping[str, float]], panes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the best step by the first validation score, else by the first validation loss."""
    names = {pane["title"]: sorted(pane["names"], key=lambda n: not n.startswith(("val", "eval"))) for pane in panes}
    for title, sign in (("Score", 1), ("Loss", -1)):
        for name in names.get(title, ())[:1]:
            known = [p for p in points if name in p]
            # Among equal scores training keeps the weights with the lower validation loss, so that is the best here too.
            found = max(known, key=lambda p: (sign * p[name], -p.get("val_loss", 0.0)))
            return {"name": name, "step": found["step"], "value": found[name]}
    return {}


def _numbers(point: Mapping[str, Any]) -> dict[str, float]:
    # JSON has no NaN: a loss that exploded is left out, as a gap in the line.
    return {k: v for k, v in point.items() if isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v)}


def _note(info: RunInfo) -> str:
    if info.error.get("message"):
        return str(info.error["message"])
    done, total = info.progress.get("done"), info.progress.get("total")
    said = [f"{done} of {total}"] if done is not None and total else []
    return " · ".join([*said, *([info.model] if info.model else [])])
