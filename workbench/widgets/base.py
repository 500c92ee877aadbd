"""What every widget shares: its front-end module, messages from the browser, and the picture that it leaves behind.

A widget lives as long as its kernel; a notebook outlives it. So a widget is displayed as a picture, and the live view
only joins it where a browser is known to be. A notebook that papermill or nbconvert ran therefore holds only the picture.
"""

from __future__ import annotations

import base64
import os
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any, ClassVar

import anywidget
import traitlets
from IPython.display import publish_display_data

from workbench.core.errors import ConflictError, InputError, WorkbenchError
from workbench.widgets.place import in_lab, in_voila

#: What answers a question of the browser: JSON and buffers, made of the arguments that came with it.
Question = Callable[[Mapping[str, Any]], tuple[Mapping[str, Any], Sequence[bytes]]]

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

#: Set by the first hello in this kernel; from then on a widget is displayed live at once.
_browser = threading.Event()


class View(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget is untyped
    """A widget whose front end is `static/<module>.js` and which draws itself as a picture too."""

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)

    module: ClassVar[str]
    #: Modules that the browser may ask for when it needs them, so that a widget opens with little.
    parts: ClassVar[tuple[str, ...]] = ()
    #: Pixels of the picture per pixel on the page.
    density: ClassVar[float] = 1.0

    def __init__(self) -> None:
        super().__init__(_esm=front_end(f"{self.module}.js"), _css=front_end(f"{self.module}.css"))
        self._displays: dict[str, bool] = {}  # by display id, whether the live view is in it
        self._is_seen = False
        self._met: set[str] = set()
        self.on_msg(self._receive)

    def open(self) -> None:
        """Offer the widget to browsers; in a job there is none, and the notebook would keep its whole state."""
        if os.environ.get("WORKBENCH_RUN"):
            return
        super().open()
        # ipykernel 7.4 hands a message from the browser to the loop that spoke last on this comm. While a cell trains,
        # that is the busy one; the subshell that the browser chose would answer at once.
        self.comm._reply_subshell_for = lambda _data, chosen: chosen

    def refresh(self) -> None:
        """Send what a browser needs that has just connected; traits are sent already."""
        raise NotImplementedError

    def complete(self) -> None:
        """Send what a browser can do without at first; it says when it has painted the rest."""

    def picture(self) -> bytes | None:
        """Return the widget as a PNG image, None while there is nothing to draw."""
        raise NotImplementedError

    def caption(self) -> str:
        """Return the widget as a line of text."""
        raise NotImplementedError

    def answers(self) -> Mapping[str, Callable[[], None]]:
        """Return what to do for each kind of message from the browser."""
        return {"hello": self._meet, "painted": self.complete}

    def questions(self) -> Mapping[str, Question]:
        """Return what answers each kind of question; the browser waits for one answer to each, with its number."""
        return {"part": self._part}

    def redraw(self) -> None:
        """Bring the picture in the notebook up to date."""
        for display in list(self._displays):
            self._publish(display, update=True)

    def bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the representations (the live view when a browser is there, the picture, text) and their metadata."""
        made: dict[str, Any] = {"text/plain": self.caption()}
        about: dict[str, Any] = {"workbench": {}}  # by this mark the server knows an output whose picture is enough
        if (picture := self.picture()) is not None:
            made["image/png"] = base64.b64encode(picture).decode("ascii")
            about["image/png"] = {"width": round(int.from_bytes(picture[16:20], "big") / self.density)}  # PNG's own header
        if self.comm is not None and (_browser.is_set() or in_voila() or in_lab()):
            made[WIDGET_VIEW] = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return made, about

    def problem(self, error: WorkbenchError) -> None:
        """Show an error in the widget."""
        self.send({"kind": "problem", "message": error.message, "hint": error.hint})

    def _ipython_display_(self) -> None:
        self._publish(uuid.uuid4().hex, update=False)

    def _publish(self, display: str, *, update: bool) -> None:
        data, about = self.bundle()
        self._displays[display] = WIDGET_VIEW in data
        publish_display_data(data, metadata=about, transient={"display_id": display}, update=update)

    def _meet(self) -> None:
        self._is_seen = True
        _browser.set()
        self.refresh()
        for display, is_live in list(self._displays.items()):
            if not is_live:
                self._publish(display, update=True)

    def _receive(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        if (who := content.get("who")) is not None:
            if who in self._met:
                return  # the first hello waited for a busy kernel, and a later one overtook it
            self._met.add(str(who))
        if content.get("kind") == "ask":
            self._answer(content)
            return
        answer = self.answers().get(str(content.get("kind")))
        if answer is None:
            return
        try:
            answer()
        except WorkbenchError as exc:
            self.problem(exc)

    def _answer(self, content: Mapping[str, Any]) -> None:
        head = {"kind": "answer", "n": content.get("n")}
        try:
            question = self.questions().get(str(content.get("what")))
            if question is None:
                raise InputError(f"The widget answers no question {content.get('what')!r}.")
            told, buffers = question(content.get("about") or {})
        except WorkbenchError as exc:
            self.send(head | {"problem": {"message": exc.message, "hint": exc.hint}})
        except Exception:  # a bug stays a bug, but the browser must not wait for ever
            self.send(head | {"problem": {"message": "The kernel raised an error.", "hint": "Its log has the traceback."}})
            raise
        else:
            self.send(dict(told) | head, buffers=list(buffers))

    def _part(self, about: Mapping[str, Any]) -> tuple[Mapping[str, Any], Sequence[bytes]]:
        name = about.get("name")
        if name not in self.parts:
            raise InputError(f"There is no part {name!r} of this widget.", hint=f"Parts: {', '.join(self.parts) or 'none'}.")
        return {"code": front_end(f"{name}.js")}, ()


def front_end(name: str) -> str:
    """Return a built front-end file as text (a path would be watched for changes, by every instance)."""
    path = files("workbench.widgets") / "static" / name
    if not path.is_file():
        raise ConflictError(f"The front end {name!r} is not built.", hint="Run: npm --prefix extensions run build:prod")
    return path.read_text(encoding="utf-8")
