"""Disputed items in a real browser: who said what, a decision by keyboard, a second thought, and what is kept of it."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

import workbench as wb
from workbench.core import labels
from workbench.core.dataset import commit
from workbench.testing.bridge import bridge
from workbench.widgets.review import review

SHOTS = os.environ.get("WORKBENCH_SCREENSHOTS", "")
PEOPLE = ("ann", "bo", "<b>cy</b>")


def disputed(root: Path, said: list[tuple[Any, ...]], **about: Any) -> wb.Labeling:
    """A labeling of which each item has an answer by each of the people."""
    ws = wb.open(root, environment={})
    image, content = Image.new("RGB", (640, 420), (70, 90, 160)), io.BytesIO()
    ImageDraw.Draw(image).rectangle([192, 105, 384, 294], fill=(220, 200, 60))
    image.save(content, "PNG")
    media = {"media": ws.blobs.put(content.getvalue(), suffix=".png"), "width": 640, "height": 420}
    rows = [{"id": f"i{n}", "name": f"part {n}", **media} for n in range(len(said))]
    job = wb.label(commit(ws, "caps", rows, **about), place="cell", overlap=len(PEOPLE))
    for n, each in enumerate(said):
        for person, label in zip(PEOPLE, each, strict=True):
            job.answer(f"i{n}", label if isinstance(label, str) else labels.dumps(label), annotator=person)
    return job


def show(open_page: Any, job: wb.Labeling, annotator: str) -> Any:
    widget = review(job, annotator=annotator)
    return bridge(open_page("about:blank", width=1000, height=720), widget, setup=dict(widget.setup))


def at(page: Any, item: str) -> None:
    page.locator(f".wb-anno[data-item={item}]").wait_for()


def shoot(page: Any, name: str) -> None:
    page.locator(".wb-anno-state[data-waiting='0']").wait_for()
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


def reviewed(job: wb.Labeling) -> dict[str, tuple[Any, Any]]:
    return {row["id"]: (row["label"], row.get("reviewed_by")) for row in job.pull().rows()}


def test_a_dispute_is_decided_by_keyboard_with_second_thoughts(open_page, tmp_path: Path) -> None:
    said = [("ok", "ok", "ok"), ("crack", "ok", "crack"), ("ok", "crack", "dent")]
    job = disputed(tmp_path / "ws", said, task="image-classification", classes=["ok", "crack", "dent"])
    page = show(open_page, job, "eve")
    at(page, "i2")  # the most disputed; nobody disputes i0
    assert page.locator(".wb-anno-vote").all_inner_texts() == ["ann: ok", "bo: crack", "<b>cy</b>: dent"]
    assert "0 of 2" in page.locator(".wb-anno").inner_text()
    shoot(page, "review")
    page.keyboard.press("3")
    at(page, "i1")
    page.locator(".wb-anno-hint", has_text="Suggested by the annotators (67 %): crack, A takes it.").wait_for()
    page.keyboard.press("u")  # takes the decision back, and shows what it was
    at(page, "i2")
    page.keyboard.press("2")
    at(page, "i1")
    page.keyboard.press("a")
    page.locator(".wb-anno-empty").wait_for()
    shoot(page, "review-done")
    assert "2 of 2" in page.locator(".wb-anno").inner_text()

    assert reviewed(job) == {"i0": ("ok", None), "i1": ("crack", "eve"), "i2": ("crack", "eve")}
    answers = job.ws.journal.answers(job.name)[1]
    kept = {(a.id, a.annotator, a.source) for a in answers if a.state == "given"}
    assert {each for each in kept if each[2] == "review"} == {("i1", "eve", "review"), ("i2", "eve", "review")}
    assert len(kept) == 3 * len(said) + 2, "what the others said stays"
    other = show(open_page, job, "max")
    other.locator(".wb-anno-empty").wait_for()


def test_drawings_are_decided_on_by_correcting_what_most_people_drew(open_page, tmp_path: Path) -> None:
    def boxes(*found: tuple[str, list[float]]) -> list[dict[str, Any]]:
        return [{"label": label, "box": box} for label, box in found]

    one, two = ("cap", [190, 100, 190, 190]), ("crack", [20, 20, 60, 60])
    said = [(boxes(one), boxes(one, two), boxes(one))]
    job = disputed(tmp_path / "ws", said, task="object-detection", classes=["cap", "crack"])
    page = show(open_page, job, "eve")
    at(page, "i0")
    page.locator(".a9s-annotationlayer").wait_for()
    assert page.locator(".wb-anno-vote").all_inner_texts() == ["ann: cap", "bo: cap, crack", "<b>cy</b>: cap"]
    shoot(page, "review-boxes")
    for key in ("]", "2", "Enter"):
        page.keyboard.press(key)
    page.locator(".wb-anno-empty").wait_for()
    page.locator(".wb-anno-state[data-waiting='0']").wait_for()
    [(label, by)] = reviewed(job).values()
    [found] = json.loads(label)
    assert (found["label"], by) == ("crack", "eve")
