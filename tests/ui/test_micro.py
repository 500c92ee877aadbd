"""The page of micro-tasks in a browser: people who know, who do not, who click at random, who cheat; by keyboard, by phone."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import workbench as wb
from workbench.core.dataset import commit
from workbench.testing.jupyter import TOKEN, served

SHOTS = os.environ.get("WORKBENCH_SCREENSHOTS", "")
COLORS = {"apple": (200, 40, 40), "lime": (60, 170, 60), "plum": (110, 50, 150), "<b>lemon</b>": (230, 210, 60)}
CLASSES = tuple(COLORS)
#: A right answer of four classes multiplies the trust in a visitor by so much, a wrong one by the other.
RIGHT, WRONG = 0.9 / 0.25, 0.1 / 0.75


def pictures(ws: wb.Workspace, prefix: str, n: int) -> list[dict[str, Any]]:
    rows = []
    for i in range(n):
        content = io.BytesIO()
        Image.new("RGB", (160 + i, 120), COLORS[CLASSES[i % 4]]).save(content, "PNG")
        rows.append({"id": f"{prefix}-{i}", "media": ws.blobs.put(content.getvalue(), suffix=".png"), "kind": CLASSES[i % 4]})
    return rows


@pytest.fixture
def job(tmp_path: Path) -> wb.Labeling:
    ws = wb.open(tmp_path / "root" / "line-3", environment={})
    gold = [{**row, "label": row["kind"]} for row in pictures(ws, "gold", 8)]
    known = commit(ws, "known", gold, task="image-classification", classes=CLASSES)
    fruit = commit(ws, "fruit", pictures(ws, "fruit", 12), task="image-classification", classes=CLASSES)
    return wb.label(fruit, classes=CLASSES, place="cell", gold=known, overlap=9, guidelines="Which fruit is it?\nBe quick.")


@pytest.fixture
def address(job: wb.Labeling, tmp_path: Path) -> Iterator[str]:
    with served(tmp_path / "root") as server:
        yield f"{server.url}/workbench/micro/{job.name}"


def seen(page: Any) -> list[str]:
    """What the two pictures show, as a person sees it."""
    colors = page.evaluate(
        """async () => {
          const images = [...document.images];
          await Promise.all(images.map(image => image.decode()));
          return images.map(image => {
            const canvas = new OffscreenCanvas(1, 1).getContext('2d');
            canvas.drawImage(image, -50, -50);
            return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
          });
        }"""
    )
    return [next(name for name, color in COLORS.items() if list(color) == found) for found in colors]


def choose(page: Any, said: list[str]) -> None:
    for place, name in enumerate(said):
        page.locator("fieldset").nth(place).get_by_text(name, exact=True).click()


def verdict(page: Any) -> str:
    return page.get_by_role("status").inner_text()


def told(page: Any) -> dict[str, str]:
    """The fields of the form that a person does not see."""
    return {name: page.locator(f"input[name={name}]").get_attribute("value") for name in ("_xsrf", "question")}


def banked(job: wb.Labeling, visitor: str = "") -> dict[str, str]:
    answers = job.ws.journal.answers(job.name)[1]
    return {a.id: a.result[0]["value"]["choices"][0] for a in answers if visitor in a.annotator}


def test_labels_of_passers_by_are_kept_when_they_know_and_only_then(job: wb.Labeling, address: str, open_page: Any) -> None:
    # Who knows, by keyboard alone: each question is answered with arrows, Tab and Enter.
    knower = open_page(f"{address}?token={TOKEN}", width=1000, height=800)
    assert knower.locator("h1").inner_text() == "Which fruit is it?"
    assert knower.locator("label b").count() == 0, "the name of a class is text"
    if SHOTS:
        knower.screenshot(path=f"{SHOTS}/micro.png")
    for n in range(4):
        for name in seen(knower):
            knower.keyboard.press("Space")
            for _ in range(CLASSES.index(name)):
                knower.keyboard.press("ArrowDown")
            knower.keyboard.press("Tab")
        assert banked(job) == {}, f"{n} right answers of four classes are not enough"
        with knower.expect_navigation():
            knower.keyboard.press("Shift+Tab")
            knower.keyboard.press("Enter")
        assert verdict(knower) == "Thank you."
    truth = {f"fruit-{i}": CLASSES[i % 4] for i in range(12)}
    first = banked(job)
    assert len(first) == 4
    assert first.items() <= truth.items()

    # To load the page again sends nothing again, and what was sent is not taken twice, nor from somebody else, nor forged.
    used = told(knower)
    answers = {f"answer{i}": name for i, name in enumerate(seen(knower))}
    choose(knower, list(answers.values()))
    with knower.expect_navigation():
        knower.get_by_role("button", name="Next").click()
    assert len(banked(job)) == 5
    knower.reload()
    assert verdict(knower) == "Thank you."
    again = knower.request.post(address, form={**used, **answers})
    assert (again.status, "answered already" in again.text()) == (409, True)
    forged = {**used, "question": used["question"][:-6] + "AAAAA="}
    assert knower.request.post(address, form={**forged, **answers}).status == 422
    assert knower.request.post(address, form={**told(knower), "answer0": "pear", "answer1": "pear"}).status == 422
    assert knower.request.post(address, form={**answers, "question": used["question"]}).status == 403
    assert len(banked(job)) == 5

    # Who does not know, on a phone; a question that was asked of somebody else is of no use either.
    phone = open_page(f"{address}?token={TOKEN}", width=360, height=740, dark=True)
    stolen = phone.request.post(address, form={**told(phone), "question": told(knower)["question"], **answers})
    assert (stolen.status, "somebody else" in stolen.text()) == (422, True)
    assert phone.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), "nothing is beside the screen"
    heights = [label.bounding_box()["height"] for label in phone.locator("label").all()]
    assert min(heights) >= 44, "a finger hits it"
    assert phone.get_by_role("button", name="Next").bounding_box()["y"] < 740 - 40, "the way on is always in sight"
    for n in range(3):
        choose(phone, [CLASSES[(CLASSES.index(name) + 1) % 4] for name in seen(phone)])
        if SHOTS and n == 1:
            phone.screenshot(path=f"{SHOTS}/micro-phone.png")
        with phone.expect_navigation():
            phone.get_by_role("button", name="Next").click()
        assert verdict(phone) == "One of these was known, and your answer is another one."
    assert len(banked(job)) == 5

    # Who clicks at random is believed when luck has made them look as if they knew, which it does to one in a hundred.
    clicker, dice, trust, most = open_page(f"{address}?token={TOKEN}"), random.Random(1), 1.0, 1.0
    for _ in range(6):
        choose(clicker, [dice.choice(CLASSES) for _ in range(2)])
        with clicker.expect_navigation():
            clicker.get_by_role("button", name="Next").click()
        trust = min(trust * (RIGHT if verdict(clicker) == "Thank you." else WRONG), 1000)
        most = max(most, trust)
        if clicker.locator("form").count() == 0:
            break
    assert (len(banked(job)) > 5) == (most >= 100)
