"""The quick annotator: one item after the other, by keyboard, in a cell and in Voila; answers go into the journal."""

from __future__ import annotations

import getpass
import hashlib
import html
import os
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import traitlets
from IPython.display import publish_display_data

from workbench.core import labels
from workbench.core.errors import ConflictError, InputError, WorkbenchError
from workbench.core.labeling import Labeling
from workbench.labeling.answer import Said, check_annotator, keep
from workbench.labeling.items import rows
from workbench.tasks import shown
from workbench.tasks import task as find_task
from workbench.widgets.base import Question, View
from workbench.widgets.closeup import Closeup
from workbench.widgets.exhibit import exhibit
from workbench.widgets.place import in_voila
from workbench.widgets.tools import PARTS, tool_of

#: A browser asks again while it lives, so that what a closed one held is soon given to others.
LEASE_S = 150.0
_MOST = 12


class Annotate(View):
    """The annotator of one labeling. Each browser window that shows it is a session of its own, with items of its own.

    A window asks for work and hands in answers in one question, `work`; it keeps answers until they are acknowledged.
    """

    module: ClassVar[str] = "annotate"
    parts: ClassVar[tuple[str, ...]] = tuple(sorted({part for part in PARTS.values() if part}))
    #: Where its answers say that they were given.
    source: ClassVar[str] = "cell"

    setup = traitlets.Dict().tag(sync=True)

    def __init__(self, labeling: Labeling, *, annotator: str = "") -> None:
        self.labeling = labeling
        self._annotator = annotator
        self._task = find_task(labeling.info().task)
        self._lock = threading.Lock()  # questions may come by several threads
        self._kept: set[str] = set()
        self._closeup = Closeup()
        super().__init__()

    @traitlets.default("setup")  # type: ignore[untyped-decorator]  # traitlets is untyped there
    def _set_up(self) -> dict[str, Any]:  # when the browser hears of the widget, it asks for work at once
        info, tool = self.labeling.info(), tool_of(self._task)
        place = f"{self.labeling.ws.root}\n{self.queue}"
        return {
            "place": hashlib.sha256(place.encode()).hexdigest()[:16],
            "title": self.queue,
            "task": info.task,
            "modality": self._task.modality,
            "tool": tool,
            "part": PARTS[tool],
            "many": self._task.shape == "classes",
            "classes": list(self._task.classes_for(info.classes)),
            "guidelines": info.guidelines,
            "annotator": self._annotator,
            "annotators": list(info.annotators) if self.source == "cell" else [],
        }

    @property
    def queue(self) -> str:
        """Return the name of the queue that items are claimed from."""
        return self.labeling.name

    def refresh(self) -> None:
        """Do nothing: a window asks for what it needs."""

    def picture(self) -> bytes | None:
        """Return None: what is shown is nobody's answer yet."""
        return None

    def caption(self) -> str:
        """Return how far the labeling is, in a line."""
        progress = self.labeling.ws.assignments.progress(self.queue)
        return f"{self.queue}: {progress['done']:,} of {progress['items']:,} items labeled"

    def questions(self) -> Mapping[str, Question]:
        """Return what a window asks: for work, to give back what it has, and for a part of a picture as it is."""
        return {**super().questions(), "work": self._work, "leave": self._leave, "detail": self._detail}

    def _work(self, about: Mapping[str, Any]) -> tuple[Mapping[str, Any], Sequence[bytes]]:
        with self._lock:
            annotator, session = self._who(about), str(about.get("session", ""))
            kept, refused = self._hand_in(about)
            if kept:
                self._closeup.forget()
            n = max(1, min(int(about.get("room", 1)), _MOST))
            queue = self._assignments.claim(self.queue, annotator, n, session=session, lease_s=LEASE_S)
            has = set(about.get("have", ()))
            items, buffers = self._exhibits([id for id in queue if id not in has])
        told = {"kept": kept, "refused": refused, "queue": queue, "items": items, "progress": self._progress()}
        return told, buffers

    def _leave(self, about: Mapping[str, Any]) -> tuple[Mapping[str, Any], Sequence[bytes]]:
        annotator = self._who(about)
        self._assignments.release(self.queue, annotator, [str(id) for id in about.get("have", ())])
        return {"progress": self._progress()}, ()

    def _detail(self, about: Mapping[str, Any]) -> tuple[Mapping[str, Any], Sequence[bytes]]:
        [(data, row)] = rows(self.labeling, [str(about["item"])]).values()
        path = shown(self._task, data, row).get(str(about["name"]))
        if not isinstance(path, Path):
            raise InputError(f"Item {about['item']!r} has no file {about['name']!r}.")
        return {}, [self._closeup.of(path, about["box"])]

    @property
    def _assignments(self) -> Any:
        return self.labeling.ws.assignments

    def _who(self, about: Mapping[str, Any]) -> str:
        name = str(about.get("annotator") or "").strip()
        if not name:
            raise InputError("Nobody is named as the annotator.", hint="Give a name, so that it is known who said what.")
        check_annotator(name, tuple(self.setup["annotators"]))
        return name

    def _keep(self, said: Said) -> None:
        keep(self.labeling, [said])

    def _hand_in(self, about: Mapping[str, Any]) -> tuple[list[str], list[dict[str, str]]]:
        """Keep the answers of a window; tell which are kept, and which were refused and why."""
        kept, refused = [], []
        for told in about.get("answers", ()):
            key = str(told["key"])
            try:
                if key not in self._kept:  # it was sent again because our acknowledgement was lost
                    self._keep(self._said(told, now=float(about["now"])))
                    self._kept.add(key)
                kept.append(key)
            except (InputError, LookupError) as exc:
                message = exc.message if isinstance(exc, WorkbenchError) else str(exc)
                refused.append({"key": key, "item": str(told["item"]), "message": message})
        return kept, refused

    def _said(self, told: Mapping[str, Any], *, now: float) -> Said:
        label = told.get("label", "")
        # By the age of the answer, as the clock of a browser may be wrong.
        age = timedelta(milliseconds=max(0.0, now - float(told["at"])))
        at = datetime.fromisoformat(self.labeling.ws.now()) - age
        return Said(
            item=str(told["item"]),
            label=label if isinstance(label, str) else labels.dumps(label),
            annotator=self._who(told),
            at=at.isoformat(timespec="milliseconds"),
            seconds=round(max(0.0, float(told.get("seconds", 0.0))), 2),
            source=self.source,
            state=told.get("state", "given"),
        )

    def _exhibits(self, ids: Sequence[str]) -> tuple[list[dict[str, Any]], list[bytes]]:
        items, buffers = [], []
        for data, row in rows(self.labeling, ids).values():
            item, media = exhibit(data, row, self._task)
            items.append(item)
            buffers += media
        return items, buffers

    def _progress(self) -> dict[str, int]:
        return dict(self._assignments.progress(self.queue))


class Card:
    """A labeling whose place is Label Studio: how far it is, and where to open it."""

    def __init__(self, labeling: Labeling) -> None:
        self._info = labeling.info()

    def _ipython_display_(self) -> None:
        info = self._info
        done = f"{info.n_labeled:,} of {info.n_items:,} items labeled"
        link = html.escape(info.url, quote=True)
        text = (
            f"<b>{html.escape(info.name)}</b> &middot; {html.escape(info.task)}<br>"
            f'<progress value="{info.n_labeled}" max="{max(1, info.n_items)}"></progress> {done}<br>'
            f'<a href="{link}" target="_blank" rel="noopener">{link}</a>'
        )
        publish_display_data({"text/plain": f"{info.name}: {done}. {info.url}", "text/html": text})


def annotate(labeling: Labeling, *, annotator: str = "") -> Annotate | Card:
    """Return what a labeling is shown as: the annotator when its place is a cell, else a card with the way to it.

    Args:
        labeling: What is to be labeled.
        annotator: Who labels; by default the user of this kernel. In Voila each visitor gives a name.
    """
    if labeling.info().place != "cell":
        return Card(labeling)
    return Annotate(labeling, annotator=annotator or ("" if in_voila() else getpass.getuser()))


def page(workspace: str = "", labeling: str = "", *, environment: Mapping[str, str] | None = None) -> Any:
    """Return the annotator for a page of its own: of the labeling named, else of the newest that is open in a cell.

    Args:
        workspace: Its folder; else what WORKBENCH_WORKSPACE names.
        labeling: Its name; else what WORKBENCH_LABELING names.
        environment: For tests.
    """
    from workbench.widgets.loop import Board, opened  # the dashboard beside it opens workspaces the same way

    env = os.environ if environment is None else environment
    try:
        ws = opened(workspace, env)
        name = labeling or env.get("WORKBENCH_LABELING", "")
        if not name:
            there = [r for r in ws.records.all("labeling") if r.fields.get("place") == "cell"]
            chosen = [r for r in there if r.state == "open"] or there
            if not chosen:
                raise ConflictError(
                    f"{ws.root} has no labeling whose place is a cell.",
                    hint='Make one: wb.label(data, place="cell")',
                )
            name = chosen[-1].id
        return annotate(ws.labeling(name))
    except WorkbenchError as exc:
        return Board({"workspace": "Labels", "columns": [], "problem": exc.to_json()})
