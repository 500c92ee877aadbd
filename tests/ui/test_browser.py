"""The browser of a dataset in a real browser: drawings, texts and recordings; filters, the map, versions, tags, labeling."""

from __future__ import annotations

import io
import os
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from PIL import Image, ImageDraw

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.labels import dumps

SHOTS = os.environ.get("WORKBENCH_SCREENSHOTS", "")
#: A class that would be an image with a handler, if a name were ever more than text.
EVIL = "<img src=x onerror=alert(1)>"
#: The color of the first class.
BLUE = (0x4C, 0x8B, 0xF5)


def drawings(ws: wb.Workspace) -> None:
    """Seventy pictures of 400 x 300 with a box, half of them with a mask, all grey; version 2 changed a label and lost one."""
    rng = np.random.default_rng(1)
    canvas = Image.new("RGB", (400, 300), (120, 120, 120))
    ImageDraw.Draw(canvas).rectangle((100, 75, 200, 225), fill=(90, 90, 90))
    content, thumb = io.BytesIO(), io.BytesIO()
    canvas.save(content, "PNG")
    canvas.resize((96, 72)).save(thumb, "JPEG", quality=95)
    media = ws.blobs.put(content.getvalue(), suffix=".png")
    box: dict[str, Any] = {"label": "disc", "box": [100.0, 75.0, 100.0, 150.0]}
    # Written by pycocotools: the left half of 300 rows and 400 columns.
    half = {"label": EVIL, "mask": {"size": [300, 400], "counts": "0Pcj1Pcj1"}}
    rows = [
        {
            "id": f"{n:04d}",
            "media": media,
            "name": f"scene-{n:02d}.png",
            "thumb": thumb.getvalue(),
            "width": 400,
            "height": 300,
            "group": f"line-{n % 3}",
            "label": dumps([box, half] if n % 2 else [box]),
            "label_names": sorted({"disc", EVIL}) if n % 2 else ["disc"],
            "label_by": "ann",
            "score": n / 70,
            "embedding": (rng.normal(size=6) + 30 * (n % 2)).tolist(),
        }
        for n in range(71)
    ]
    about = {"embedding_by": "pixels"}
    commit(ws, "scenes", rows, task="object-detection", classes=["disc", EVIL], note="imported", meta=about)
    moved = dumps([{"label": "disc", "box": [10.0, 10.0, 50.0, 50.0]}])
    corrected = {"id": "0003", "label": moved, "label_names": ["disc"], "label_by": "bo"}
    commit(ws, "scenes", [corrected], remove=["0070"], note="corrected")


def notes(ws: wb.Workspace) -> None:
    """Four texts with two spans, behind a letter of two code units."""
    spans = dumps([{"start": 2, "end": 5, "label": "person"}, {"start": 15, "end": 21, "label": "place"}])
    rows = [{"id": f"t{n}", "text": f"😀 Ada lives in London, note {n}.", "label": spans} for n in range(4)]
    commit(ws, "notes", rows, task="token-classification", classes=["person", "place"])


def sounds(ws: wb.Workspace) -> None:
    """Two recordings of two seconds, loud in the second one."""
    rate = 8000
    at = np.arange(2 * rate) / rate
    wavy = np.sin(2 * np.pi * 300 * at) * np.where(at >= 1, 0.9, 0.1)
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes((wavy * 32_000).astype("<i2").tobytes())
    media = ws.blobs.put(content.getvalue(), suffix=".wav")
    label = dumps([{"start": 1.0, "end": 2.0, "label": "loud"}])
    rows = [{"id": f"s{n}", "media": media, "name": f"take-{n}.wav", "seconds": 2.0, "label": label} for n in range(2)]
    commit(ws, "sounds", rows, task="audio-event-detection", classes=["loud"])


@pytest.fixture
def browse(shared_lab: Any, open_lab: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Make a dataset, open a notebook that browses it, and return the page when the first tiles are painted."""

    def make(fill: Callable[[wb.Workspace], None], name: str) -> Any:
        fill(wb.open(tmp_path / "ws", environment={}))
        code = f"import workbench as wb\nws = wb.open({str(tmp_path / 'ws')!r})\nseen = wb.browse(ws.dataset({name!r}))\nseen"
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        cells = [nbformat.v4.new_code_cell(code)]
        nbformat.write(
            nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), shared_lab.root / f"{name}.ipynb"
        )
        page = open_lab(shared_lab, f"doc/tree/{name}.ipynb", width=1500, height=1000)
        page.wait_for_function("() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'")
        page.evaluate("() => void jupyterapp.commands.execute('notebook:run-all-cells')")
        page.locator(".wb-grid-canvas[data-painted]").wait_for()
        page.locator(".wb-grid-canvas").focus()
        return page

    return make


def ask(page: Any, code: str) -> str:
    """Run *code* in the page's kernel and return what it printed."""
    script = """async code => {
      const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
      const future = kernel.requestExecute({ code });
      let text = '';
      future.onIOPub = message => { text += message.content.text ?? message.content.evalue ?? ''; };
      await future.done;
      return text.trim();
    }"""
    return str(page.evaluate(script, code))


def status(page: Any, text: str) -> None:
    """Wait until the line below the tiles says *text*."""
    page.locator(".wb-grid-status", has_text=text).wait_for()


def pixel(page: Any, selector: str, x: float, y: float) -> tuple[int, ...]:
    """Return the color at a point of a canvas, in CSS pixels."""
    script = """([selector, x, y]) => {
      const all = document.querySelectorAll(selector), canvas = all[all.length - 1];
      const ratio = canvas.width / canvas.clientWidth;
      return [...canvas.getContext('2d').getImageData(Math.round(x * ratio), Math.round(y * ratio), 1, 1).data.slice(0, 3)];
    }"""
    return tuple(page.evaluate(script, [selector, x, y]))


def near(found: tuple[int, ...], color: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 45 for a, b in zip(found, color, strict=True))


def shoot(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


def test_drawings_are_filtered_by_any_column_and_seen_large_beside_another_version(browse: Callable[..., Any]) -> None:
    page = browse(drawings, "scenes")
    status(page, "70 items")
    tiles = page.locator(".wb-grid-canvas")
    box = tiles.bounding_box()
    columns = int((box["width"] + 8) // 116)
    side = (box["width"] - 8 * (columns - 1)) // columns
    left, top = (side - 96) / 2, 6 + 12  # the picture of the first tile is 96 x 72
    assert near(pixel(page, ".wb-grid-canvas", left + 24, top + 40), BLUE), "the left side of the box"
    assert not near(pixel(page, ".wb-grid-canvas", left + 70, top + 40), BLUE)

    page.keyboard.press("f")
    page.locator("[data-choice='group:line-1']").click()
    status(page, "23 items")
    assert page.locator("[data-choice='group:line-0'] .wb-chip-count").inner_text() == "24", "its own column is not lowered"
    low = page.locator("[data-choice='score:from']")
    low.fill("0.5")
    low.press("Enter")
    status(page, "11 items")
    page.locator(".wb-chip-label", has_text=EVIL).click()
    status(page, "6 items")
    assert page.locator(".wb-grid img").count() == 0, "a class with markup stays a name"
    shoot(page, "browser-filters")
    for _ in range(2):
        page.locator(".wb-chip-active").first.click()
    page.locator(".wb-chip-label", has_text=EVIL).click()
    status(page, "70 items")

    page.select_option("[aria-label='Compare with a version']", "1")
    status(page, "2 items · 1 taken out since")
    shoot(page, "browser-removed")
    tiles.focus()
    page.keyboard.press("Enter")
    page.locator(".wb-picture[data-painted]").nth(1).wait_for()
    assert page.locator(".wb-item figcaption").all_inner_texts() == [f"@1: disc, {EVIL}", "@2: disc"]
    large = page.locator(".wb-picture").nth(1).bounding_box()
    scale = min(large["width"] / 400, large["height"] / 300)
    x, y = (large["width"] - 400 * scale) / 2, (large["height"] - 300 * scale) / 2
    assert near(pixel(page, ".wb-picture", x + 60 * scale, y + 40 * scale), BLUE), "the right side of the moved box"
    page.keyboard.press("l")
    assert not near(pixel(page, ".wb-picture", x + 60 * scale, y + 40 * scale), BLUE), "L hides the labels"
    page.locator(".wb-item-history li", has_text="corrected · by bo").wait_for()
    assert "label_by: ann → bo" in page.locator(".wb-item-history li").first.inner_text()
    shoot(page, "browser-versions")
    page.keyboard.press("ArrowRight")
    page.locator(".wb-words", has_text="It was taken out.").wait_for()
    assert page.locator(".wb-item figcaption").all_inner_texts() == ["@1: disc"]
    assert page.locator(".wb-item-tags").count() == 0
    page.keyboard.press("Space")
    shoot(page, "browser-removed-item")
    page.keyboard.press("Escape")
    page.locator(".wb-item[open]").wait_for(state="detached")
    page.keyboard.press("Control+a")
    status(page, "1 selected")
    shown = "print(seen.query['versus'], *seen.query['filters']['change'], *seen.selected)"
    assert ask(page, shown) == "1 changed added removed 0003", "what is gone cannot be selected"


def test_what_is_chosen_on_the_map_is_tagged_and_sent_to_labeling_by_keyboard(browse: Callable[..., Any]) -> None:
    page = browse(drawings, "scenes")
    page.keyboard.press("m")
    chart = page.locator(".wb-map-canvas[data-points='70']")
    chart.wait_for()
    box = chart.bounding_box()
    corners = ((2, 2), (205, 2), (205, 418), (2, 418))
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    for x, y in corners:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
    page.mouse.up()
    status(page, "35 items")
    shoot(page, "browser-map")
    assert ask(page, "print({int(i) % 2 for i in seen.matching.ids()})") in ("{0}", "{1}")
    page.keyboard.press("Escape")
    status(page, "70 items")
    page.keyboard.press("Escape")  # first the outline, then the map
    chart.wait_for(state="hidden")

    painted = page.locator(".wb-grid-canvas").get_attribute("data-painted")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("s")
    page.locator(f".wb-grid-canvas:not([data-painted='{painted}'])").wait_for()
    assert page.locator(".wb-chip-active").inner_text().startswith("≈ scene-01.png")
    assert ask(page, "print([int(r['id']) % 2 for r in seen.to_json()['rows']][:35] == [1] * 35)") == "True"

    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    status(page, "2 selected")
    page.keyboard.press("t")
    page.keyboard.type("blurry")
    page.keyboard.press("Enter")
    page.locator(".wb-actions-said", has_text="Version 3 has it.").wait_for()
    assert ask(page, "print(seen.title, [r['id'] for r in seen.data if r['tags']] == sorted(seen.selected))") == "scenes@3 True"
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    page.keyboard.press("Enter")
    page.locator(".wb-actions-said", has_text="In the labeling scenes").wait_for()
    assert ask(page, "print(ws.assignments.progress('scenes')['items'], ws.labeling('scenes').name)") == "2 scenes"

    page.locator(".wb-grid-search").first.fill("scene-1")
    status(page, "10 items")
    page.locator(".wb-grid-search").first.fill("")
    status(page, "70 items")
    page.locator(".wb-grid-search").first.fill("a dent")
    page.keyboard.press("Enter")
    page.locator(".wb-problem").wait_for()
    assert ask(page, "print(repr(seen.query['like'][:2]))") == "'00'", "what cannot be searched by words changes nothing"


def test_a_text_shows_its_spans_and_a_recording_is_drawn_and_played(browse: Callable[..., Any]) -> None:
    page = browse(notes, "notes")
    page.keyboard.press("Enter")
    marks = page.locator(".wb-words mark")
    marks.first.wait_for()
    assert marks.all_inner_texts() == ["Ada", "London"]
    assert [mark.get_attribute("data-label") for mark in marks.all()] == ["person", "place"]
    page.keyboard.press("ArrowRight")
    page.locator(".wb-words", has_text="note 1").wait_for()
    shoot(page, "browser-text")

    page = browse(sounds, "sounds")
    page.keyboard.press("Enter")
    page.locator(".wb-sound[data-ready='1']").wait_for()
    assert page.locator(".wb-sound-time").inner_text() == "0.0 / 2.0 s"
    page.keyboard.press(".")
    page.wait_for_function("() => !document.querySelector('.wb-sound-time').textContent.startsWith('0.0')")
    shoot(page, "browser-sound")
