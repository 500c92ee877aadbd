"""The page of micro-tasks: two items, buttons, and a form; no script runs on it."""

from __future__ import annotations

import asyncio
import html
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado.web import authenticated

from workbench.core.dataset import MEDIA, TEXT
from workbench.core.errors import NotFoundError, WorkbenchError
from workbench.core.labeling import Labeling
from workbench.core.refs import check_name
from workbench.labeling.items import rows
from workbench.labeling.micro import Micro, Question
from workbench.server import problems
from workbench.server.desk import Desk
from workbench.server.pages import headers

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "img-src 'self'",
        "media-src 'self'",
        "style-src 'unsafe-inline'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 22%, transparent); --brand: #1976d2 }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.4rem; margin: .5rem 0 0 }
.said { min-height: 1.5em; margin: .25rem 0 1rem; opacity: .75 }
.items { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(16rem, 100%), 1fr)); gap: 1rem }
fieldset { min-width: 0; margin: 0; padding: 1rem; border: 1px solid var(--line); border-radius: 10px }
legend { padding: 0 .4rem; opacity: .75 }
img { display: block; width: 100%; height: min(38vh, 20rem); object-fit: contain; margin-bottom: .75rem }
audio { width: 100%; margin-bottom: .75rem }
p { overflow-wrap: anywhere; white-space: pre-line }
label { display: flex; align-items: center; gap: .6rem; min-height: 2.75rem; padding: 0 .75rem; margin-top: .4rem;
  border: 1px solid var(--line); border-radius: 8px; cursor: pointer; overflow-wrap: anywhere }
label:has(:checked) { border-color: var(--brand); background: color-mix(in srgb, var(--brand) 14%, transparent) }
label:has(:focus-visible) { outline: 2px solid var(--brand); outline-offset: 1px }
input { flex: none; width: 1.15rem; height: 1.15rem; margin: 0; accent-color: var(--brand) }
footer { position: sticky; bottom: 0; display: flex; align-items: center; gap: 1rem; padding: 1rem 0; background: Canvas }
button { font: inherit; min-height: 2.75rem; padding: 0 2rem; border: 0; border-radius: 8px; background: var(--brand);
  color: #fff; cursor: pointer }
.keys { opacity: .75 }
input:focus-visible { outline: none }
@media (hover: none), (max-width: 36rem) { .keys { display: none } button { width: 100% } }
@media (max-width: 36rem) { img { height: auto; max-height: 38vh } }
"""
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>{style}</style><h1>{title}</h1><p class="said" role="status">{said}</p>{body}</html>"""
_KEYS = '<span class="keys">Arrows choose, Tab goes to the other, Enter is next.</span>'
_REFUSED = {403: "This form was not opened here.", 500: "The server raised an error; its log has the traceback."}
_SAID = {"right": "Thank you.", "other": "One of these was known, and your answer is another one."}


class Page(ExtensionHandlerMixin, JupyterHandler):
    """The questions of one labeling, one at a time; the visitor is the user of this server."""

    @property
    def desk(self) -> Desk:
        """Return what the handlers share."""
        desk: Desk = self.settings["workbench_desk"]
        return desk

    @authenticated
    async def get(self, name: str) -> None:
        """Answer the page with the next question."""
        micro, labeling = await asyncio.to_thread(self.micro, name)
        await self._show(micro, labeling, _SAID.get(self.get_query_argument("last", ""), ""))

    @authenticated
    async def post(self, name: str) -> None:
        """Take the answers of the form, and go to the next question: to load that again sends nothing again."""
        micro, _ = await asyncio.to_thread(self.micro, name)
        token = self.get_body_argument("question", "")
        shown = micro.shown(self.visitor, token)
        said = {item: self.get_body_argument(f"answer{i}", "") for i, item in enumerate(shown)}
        is_right = await asyncio.to_thread(micro.take, self.visitor, token, said)
        self.redirect(f"?last={'right' if is_right else 'other'}", status=303)

    @property
    def visitor(self) -> str:
        """Return who answers."""
        return str(getattr(self.current_user, "username", self.current_user))

    def micro(self, name: str) -> tuple[Micro, Labeling]:
        """Return the micro-tasks of the labeling *name*."""
        labeling = self.desk.need_mirror().ws.labeling(check_name(name, what="labeling"))
        return Micro(labeling), labeling

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer what was raised, in words."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        status = problems.status_of(error) if error is not None else status_code
        self.set_status(status)
        said = str(error) if isinstance(error, WorkbenchError) else _REFUSED.get(status, "This page is not there.")
        self._page("Labels", said, '<p><a href="?">Open the next question</a></p>')

    async def _show(self, micro: Micro, labeling: Labeling, said: str) -> None:
        question = await asyncio.to_thread(micro.ask, self.visitor)
        guidelines = labeling.info().guidelines
        title = guidelines.splitlines()[0][:120] if guidelines else "What is this?"
        if question is None:
            self._page(title, said, "<p>Nothing is left to answer. Thank you.</p>")
            return
        found = await asyncio.to_thread(rows, labeling, question.items)
        fields = "".join(self._item(question, i, found[item][1], labeling) for i, item in enumerate(question.items))
        hidden = f'<input type="hidden" name="question" value="{html.escape(question.token)}">'
        foot = f"<footer><button>Next</button>{_KEYS}</footer>"
        form = f'<form method="post">{self.xsrf_form_html()}{hidden}<div class="items">{fields}</div>{foot}</form>'
        self._page(title, said, form)

    def _item(self, question: Question, place: int, row: dict[str, Any], labeling: Labeling) -> str:
        media, parts = str(row.get(MEDIA) or ""), []
        source = html.escape(f"{labeling.name}/media/{place}?question={question.token}")
        if media.endswith((".wav", ".flac", ".mp3", ".ogg")):
            parts.append(f'<audio controls src="{source}"></audio>')
        elif media:
            parts.append(f'<img alt="item {place + 1}" src="{source}">')
        if row.get(TEXT):
            parts.append(f"<p>{html.escape(str(row[TEXT]))}</p>")
        for i, name in enumerate(question.classes):
            said, first = html.escape(name), " autofocus" if place == i == 0 else ""
            field = f'<input type="radio" required name="answer{place}" value="{said}"{first}>'
            parts.append(f"<label>{field}<span>{said}</span></label>")
        return f"<fieldset><legend>{place + 1} of 2</legend>{''.join(parts)}</fieldset>"

    def _page(self, title: str, said: str, body: str) -> None:
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", _POLICY)
        self.set_header("Cache-Control", "no-store")
        self.finish(_PAGE.format(title=html.escape(title), style=_STYLE, said=html.escape(said), body=body))


class Media(Page):
    """The file of one of the two items of a question."""

    @authenticated
    async def get(self, name: str, place: str) -> None:
        """Send it under the address of its place: the name of a file could tell which item is the known one."""
        micro, labeling = await asyncio.to_thread(self.micro, name)
        item = micro.shown(self.visitor, self.get_query_argument("question", ""))[int(place)]
        data, row = (await asyncio.to_thread(rows, labeling, [item]))[item]
        if not row.get(MEDIA):
            raise NotFoundError(f"Item {item} has no file.", kind="file", name=item, neighbours=())
        path = data.media(row)
        if path.stat().st_size > self.desk.max_file:
            raise problems.TooLargeError(f"{path.name} is larger than {self.desk.max_file / 1e6:,.0f} MB.")
        told = headers(path)
        for header in ("Content-Type", "Content-Security-Policy", "X-Content-Type-Options"):
            self.set_header(header, told[header])
        self.set_header("Cache-Control", "no-store")
        self.finish(await asyncio.to_thread(path.read_bytes))


HANDLERS = [(r"/workbench/micro/([^/]+)", Page), (r"/workbench/micro/([^/]+)/media/([01])", Media)]
