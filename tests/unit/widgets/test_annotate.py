"""The annotator's Python side: what a window asks for and hands in, without a browser."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import workbench as wb
from workbench.core.dataset import commit
from workbench.tasks import TASKS
from workbench.tasks import task as find_task
from workbench.testing.clock import FakeClock
from workbench.testing.journal import FakeAssignments
from workbench.testing.workspace import fake_workspace
from workbench.widgets.annotate import LEASE_S, Annotate, Card, annotate, page
from workbench.widgets.loop import Board
from workbench.widgets.review import review
from workbench.widgets.tools import PARTS, tool_of

NOW = 1_000_000.0


def job(ws: wb.Workspace, n: int = 4, **more: Any) -> wb.Labeling:
    content = io.BytesIO()
    Image.new("RGB", (8, 4), "red").save(content, "PNG")
    key = ws.blobs.put(content.getvalue(), suffix=".png")
    data = commit(ws, "caps", [{"id": f"i{i}", "media": key, "name": f"{i}.png"} for i in range(n)])
    return wb.label(data, **{"task": "image-classification", "classes": ["ok", "crack"], "place": "cell", **more})


class Window:
    """A browser window that asks as ours does."""

    def __init__(self, widget: Annotate, annotator: str = "ann", session: str = "left") -> None:
        self.widget, self.who = widget, {"annotator": annotator, "session": session}
        self.have: list[str] = []
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []

    def ask(self, what: str = "work", **about: Any) -> dict[str, Any]:
        asked = {**self.who, "have": self.have, "now": NOW, "answers": [], "room": 2, **about}
        self.widget.send = lambda content, buffers=(): self.sent.append((content, list(buffers)))
        self.widget._receive(self.widget, {"kind": "ask", "what": what, "about": asked, "n": "1"}, [])
        told = self.sent[-1][0]
        self.have = told.get("queue", self.have)
        return told

    def say(self, item: str, label: Any, key: str = "k", state: str = "given", age_s: float = 0.0) -> dict[str, Any]:
        told = {"key": key, "item": item, "label": label, "annotator": self.who["annotator"], "at": NOW - age_s * 1000}
        return self.ask(answers=[{**told, "seconds": 1.5, "state": state}])


def test_a_window_gets_items_with_their_media_once(ws: wb.Workspace) -> None:
    window = Window(Annotate(job(ws)))
    told = window.ask()
    assert (told["queue"], [item["id"] for item in told["items"]]) == (["i0", "i1"], ["i0", "i1"])
    assert (told["items"][0]["width"], told["items"][0]["height"]) == (8, 4)
    assert [item["media"] for item in told["items"]] == [[{"name": "image", "type": "image/png", "width": 8, "height": 4}]] * 2
    assert len(window.sent[-1][1]) == 2
    assert window.ask()["items"] == []


def test_two_windows_of_one_person_get_different_items_and_give_them_back(ws: wb.Workspace) -> None:
    widget = Annotate(job(ws))
    left, right = Window(widget), Window(widget, session="right")
    assert (left.ask()["queue"], right.ask()["queue"]) == (["i0", "i1"], ["i2", "i3"])
    left.ask("leave")
    assert right.ask(room=4)["queue"] == ["i2", "i3", "i0", "i1"]


def test_what_a_closed_window_held_is_given_away_when_its_lease_ends(tmp_path: Path) -> None:
    clock = FakeClock()
    ws = fake_workspace(tmp_path, assignments=lambda ws: FakeAssignments(ws.journal, clock=clock))
    widget = Annotate(job(ws))
    Window(widget).ask(room=4)
    other = Window(widget, "bob", "right")
    assert other.ask()["queue"] == []
    clock.forward(LEASE_S + 1)
    assert other.ask()["queue"] == ["i0", "i1"]


def test_an_answer_is_acknowledged_and_the_next_item_comes_with_it(ws: wb.Workspace) -> None:
    caps = job(ws)
    window = Window(Annotate(caps))
    window.ask()
    told = window.say("i0", "crack")
    assert (told["kept"], told["refused"], told["queue"]) == (["k"], [], ["i1", "i2"])
    assert told["progress"] == {"items": 4, "answers": 1, "done": 1, "held": 2, "people": 1}
    [answer] = ws.journal.answers("caps")[1]
    assert (answer.annotator, answer.seconds, answer.source) == ("ann", 1.5, "cell")


def test_an_answer_that_arrives_twice_is_written_once_and_acknowledged_twice(ws: wb.Workspace) -> None:
    window = Window(Annotate(job(ws)))
    window.ask()
    window.say("i0", "ok")
    newest, _ = ws.journal.answers("caps")
    assert window.say("i0", "ok")["kept"] == ["k"]
    assert ws.journal.answers("caps", since=newest)[1] == []


def test_an_answer_that_waited_in_the_browser_never_replaces_a_newer_one(ws: wb.Workspace) -> None:
    caps = job(ws)
    window = Window(Annotate(caps))
    window.say("i0", "crack")
    assert window.say("i0", "ok", key="late", age_s=90)["kept"] == ["late"]
    assert [row["label"] for row in caps.pull() if row["id"] == "i0"] == ["crack"]


def test_a_refused_answer_says_why_and_keeps_none_of_the_others_waiting(ws: wb.Workspace) -> None:
    window = Window(Annotate(job(ws)))
    one = {"annotator": "ann", "at": NOW, "seconds": 1.0, "state": "given"}
    told = window.ask(
        answers=[{**one, "key": "1", "item": "i0", "label": "rust"}, {**one, "key": "2", "item": "i1", "label": "ok"}]
    )
    assert told["kept"] == ["2"]
    assert [(each["key"], each["item"]) for each in told["refused"]] == [("1", "i0")]
    assert "'rust'" in told["refused"][0]["message"]


def test_whoever_is_not_named_gets_nothing(ws: wb.Workspace) -> None:
    window = Window(Annotate(job(ws, annotators=["ann"])), "eve")
    assert window.ask()["problem"] == {"message": "'eve' is not one of the annotators.", "hint": "Annotators: ann."}
    window.who["annotator"] = " "
    assert window.ask()["problem"]["message"] == "Nobody is named as the annotator."


def test_an_item_that_cannot_be_shown_says_why_and_the_others_go_on(ws: wb.Workspace) -> None:
    caps = job(ws, 1)
    caps.push(commit(ws, "more", [{"id": "x", "media": ws.blobs.put(b"nothing", suffix=".png"), "name": "x.png"}]))
    told = Window(Annotate(caps)).ask()
    assert [item.get("problem") for item in told["items"]] == [None, "x.png is damaged, or in a format that is not shown here."]


def test_whoever_decides_gets_the_disputed_items_and_wins(ws: wb.Workspace) -> None:
    caps = job(ws, 3, overlap=2, annotators=["ann", "bob"])
    for item, labels_ in {"i0": ("ok", "ok"), "i1": ("ok", "crack"), "i2": ("crack", "ok")}.items():
        for person, label in zip(("ann", "bob"), labels_, strict=True):
            caps.answer(item, label, annotator=person)
    widget = review(caps, annotator="eve")
    window = Window(widget, "eve")
    told = window.ask()
    assert told["queue"] == ["i1", "i2"]
    assert [(item["prediction"], item["prediction_by"], item["score"]) for item in told["items"]] == [
        ("ok", "the annotators", 0.5),
        ("crack", "the annotators", 0.5),
    ]
    assert window.say("i1", "crack")["queue"] == ["i2"]
    assert Window(review(caps, annotator="max"), "max", "other").ask()["queue"] == []
    row = next(row for row in caps.pull() if row["id"] == "i1")
    assert (row["label"], row["reviewed_by"]) == ("crack", "eve")
    assert caps.info().n_answers == 7


def test_who_looks_closer_at_a_large_picture_gets_that_part_of_the_original(ws: wb.Workspace) -> None:
    content, image = io.BytesIO(), Image.new("RGB", (6000, 100), "blue")
    image.paste((255, 0, 0), (5000, 40, 5020, 60))
    image.save(content, "PNG")
    key = ws.blobs.put(content.getvalue(), suffix=".png")
    data = commit(ws, "wide", [{"id": "i0", "media": key}])
    window = Window(Annotate(wb.label(data, task="object-detection", classes=["pit"], place="cell")))
    [item] = window.ask()["items"]
    assert (item["width"], Image.open(io.BytesIO(window.sent[-1][1][0])).width) == (6000, 2560)
    window.ask("detail", item="i0", name="image", box=[4990, 30, 40, 4000])
    part = Image.open(io.BytesIO(window.sent[-1][1][0]))
    assert part.size == (40, 70)
    assert [part.getpixel(at)[0] > 200 for at in ((5, 20), (12, 12), (27, 27))] == [False, True, True]
    assert window.ask("detail", item="i0", name="image", box=[6000, 0, 5, 5])["problem"]["message"] == (
        "A picture of 6000 x 100 has no part [6000, 0, 5, 5]."
    )
    assert "no file 'sound'" in window.ask("detail", item="i0", name="sound", box=[0, 0, 5, 5])["problem"]["message"]


@pytest.mark.parametrize("name", list(TASKS))
def test_every_task_has_a_tool(name: str) -> None:
    assert tool_of(find_task(name)) in PARTS


def test_a_labeling_is_shown_as_its_place_asks_for(ws: wb.Workspace) -> None:
    assert isinstance(annotate(job(ws)), Annotate)
    assert annotate(ws.labeling("caps"), annotator="ann").caption() == "caps: 0 of 4 items labeled"
    ws.records.update("labeling", "caps", place="studio")
    assert isinstance(annotate(ws.labeling("caps")), Card)


def test_the_page_shows_the_newest_open_labeling_or_says_what_is_missing(tmp_path: Path) -> None:
    ws = wb.open(tmp_path / "ws", environment={})
    told = {"WORKBENCH_WORKSPACE": str(ws.root)}
    found = page(environment=told)
    assert isinstance(found, Board)
    assert found.board["problem"]["message"] == f"{ws.root} has no labeling whose place is a cell."
    job(ws)
    assert page(environment=told).setup["title"] == "caps"
    assert page(environment={**told, "WORKBENCH_LABELING": "cap"}).board["problem"]["code"] == "not_found"
