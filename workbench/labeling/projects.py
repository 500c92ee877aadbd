"""The projects of a labeling in Label Studio: one that all share, or one for each annotator with a share of the items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from workbench.core.labeling import Labeling
from workbench.core.ports import Answer, LabelTask, Pulled
from workbench.core.workspace import Workspace
from workbench.labeling.consensus import REVIEW

_SHARED = ""


#: What a labeling in a cell has: no server is asked.
NONE: Mapping[str, Any] = {"project": "", "projects": {}, "url": ""}


def make(ws: Workspace, name: str, config: str, *, guidelines: str, overlap: int, annotators: Sequence[str]) -> dict[str, Any]:
    """Make the projects of a new labeling and return its `project`, `projects` and `url`."""
    made: dict[str, str] = {}
    for person in annotators or (_SHARED,):
        title = f"{name} · {person}" if person else name
        made[person] = ws.labeler.create(title, config, guidelines=guidelines, overlap=1 if person else overlap)
    first = next(iter(made.values()))
    return {"project": first, "projects": made, "url": ws.labeler.url(first)}


def push(labeling: Labeling, items: Sequence[LabelTask]) -> int:
    """Add the items that the projects lack and return how many were new."""
    shares, ws = _shares(labeling, items), labeling.ws
    total, n_new, before = sum(map(len, shares.values())), 0, 0
    for project, mine in shares.items():

        def step(done: int, before: int = before) -> None:
            ws.events.emit("progress", labeling.ref, verb="push", done=before + done, total=total)

        n_new += ws.labeler.push(project, mine, step=step)
        before += len(mine)
    return n_new


def _shares(labeling: Labeling, items: Sequence[LabelTask]) -> dict[str, Sequence[LabelTask]]:
    """Return what goes to each project."""
    info = labeling.info()
    if _SHARED in info.projects:
        return {info.projects[_SHARED]: items}
    places, n = _places(labeling), len(info.projects)
    return {
        project: [item for item in items if (turn - places[item.id]) % n < info.overlap]
        for turn, project in enumerate(info.projects.values())
    }


def _places(labeling: Labeling) -> dict[str, int]:
    """Return the place of each item in the order in which they were pushed: it tells who gets it, now and later."""
    sources = labeling.ws.records.get("labeling", labeling.name).fields["sources"]
    ids = dict.fromkeys(id for ref in sources for id in labeling.ws.dataset(ref).ids())
    return {id: place for place, id in enumerate(ids)}


def pull(labeling: Labeling) -> int:
    """Bring what was said since the last time into the journal and return how many answers were news.

    What has come is kept before the cursor moves on: a pull that was cut off is done again, and says nothing twice.
    """
    return sum(_pull(labeling, project) for project in labeling.info().projects.values())


def _pull(labeling: Labeling, project: str) -> int:
    ws, name = labeling.ws, labeling.name
    cursors: dict[str, Any] = dict(ws.records.get("labeling", name).fields.get("cursors", {}))
    since, n_foreign = cursors.get(project, ("", 0))
    mine = [a for a in ws.journal.answers(name)[1] if a.key.startswith(f"{project}:") and a.state != "withdrawn"]
    pulled = ws.labeler.pull(project, since=since)
    news = _news(mine, pulled, ws.now())
    if since and _n_standing(mine, news) + n_foreign != pulled.n_answers:
        # Something happened of which no item tells, such as a bulk deletion.
        since, pulled = "", ws.labeler.pull(project)
        news = _news(mine, replace(pulled, seen=pulled.seen | {a.id for a in mine}), ws.now())
    n_news = ws.journal.write(name, news)
    if not since:  # the server may have items that were not pushed from here
        n_foreign = pulled.n_answers - _n_standing(mine, news)
    ws.records.update("labeling", name, cursors=cursors | {project: (pulled.cursor, n_foreign)})
    return n_news


def _news(mine: Sequence[Answer], pulled: Pulled, now: str) -> list[Answer]:
    """Return what was said, and what is not there any more as withdrawn."""
    there = {answer.key for answer in pulled.answers}
    gone = [answer for answer in mine if answer.id in pulled.seen and answer.key not in there]
    # The server's clock may be ahead of ours, and nothing older replaces an answer.
    return [*pulled.answers, *(replace(a, state="withdrawn", at=max(now, a.at, key=_moment)) for a in gone)]


def _moment(at: str) -> datetime:
    return datetime.fromisoformat(at)


def _n_standing(mine: Sequence[Answer], news: Sequence[Answer]) -> int:
    """Return how many answers stand, as the server counts them: skips and reviews are none."""
    current = {a.key: a for a in mine} | {a.key: a for a in news}
    return sum(a.state == "given" and a.source != REVIEW for a in current.values())
