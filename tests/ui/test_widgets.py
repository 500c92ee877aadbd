"""The widgets in a real browser: painted, live while a kernel works, and heard in Python."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from PIL import Image

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.run import begin

REPOSITORY = Path(__file__).parents[2]
SHOTS = os.environ.get("WORKBENCH_SCREENSHOTS", "")

#: Colours of the thumbnails: tile n of the grid is painted in colour n modulo 3.
_COLORS = ((200, 40, 40), (40, 160, 60), (40, 60, 200))

_BROWSE = """
import workbench as wb
ws = wb.open({root!r})
photos = wb.browse(ws.dataset("parts"))
photos
"""
_TRAIN = """
import time
import workbench as wb
from workbench.core.run import begin
ws = wb.open({root!r})
run = begin(ws, "train")
for step in range(1, {steps} + 1):
    run.measure(step, train_loss=2 / step, val_f1=1 - 0.9 / step if step < 8 else 0.8)
    if run.cancel_path.exists():
        break
    time.sleep(0.15)
run.finish(state="cancelled" if run.cancel_path.exists() else "done");
"""


def photos(root: Path) -> wb.Dataset:
    """Seventy flat pictures in three colours; row 2 is predicted wrongly, row 4 is corrupt, row 5 has markup in its name."""
    import io

    def jpeg(n: int) -> bytes:
        file = io.BytesIO()
        Image.new("RGB", (64, 64), _COLORS[n % 3]).save(file, "JPEG", quality=95)
        return file.getvalue()

    rows: list[dict[str, Any]] = [
        {
            "id": f"{n:016x}",
            "media": "m",
            "name": f"part-{n:03d}.jpg",
            "thumb": jpeg(n),
            "label": ("red", "green", "blue")[n % 3] if n < 60 else None,
            "prediction": "red" if n == 2 else ("red", "green", "blue")[n % 3],
            "score": 0.5 + n / 200,
        }
        for n in range(70)
    ]
    rows[4]["thumb"] = b"not a picture"
    rows[5]["name"] = "<img src=x onerror=alert(1)>.jpg"
    return commit(wb.open(root, environment={}), "parts", rows, task="image-classification", classes=["red", "green", "blue"])


@pytest.fixture
def notebook(lab, open_lab) -> Callable[..., Any]:
    """Write a notebook, open it in JupyterLab and run all of it; return the page."""

    def make(*sources: str, **options: Any) -> Any:
        cells = [nbformat.v4.new_code_cell(source.strip()) for source in sources]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), lab.root / "test.ipynb")
        page = open_lab(lab, "doc/tree/test.ipynb", **options)
        page.wait_for_function("() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'")
        page.evaluate("() => void jupyterapp.commands.execute('notebook:run-all-cells')")
        return page

    return make


def ask(page: Any, code: str) -> str:
    """Run *code* in the page's kernel and return what it printed."""
    return page.evaluate(
        """async code => {
          const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
          const future = kernel.requestExecute({ code });
          let text = '';
          future.onIOPub = message => { text += message.content.text ?? message.content.evalue ?? ''; };
          await future.done;
          return text.trim();
        }""",
        code,
    )


def pixel(page: Any, tile: int, *, dx: int = 0, dy: int = 0) -> tuple[int, ...]:
    """Return the colour painted in the middle of a tile's picture."""
    found = page.evaluate(
        """([tile, dx, dy]) => {
          const canvas = document.querySelector('.wb-grid-canvas');
          const width = canvas.clientWidth, ratio = canvas.width / width;
          const columns = Math.floor((width + 8) / 116);
          const side = Math.floor((width - 8 * (columns - 1)) / columns);
          const x = (tile % columns) * (side + 8) + side / 2 + dx;
          const y = Math.floor(tile / columns) * 152 + 54 + dy;
          return [...canvas.getContext('2d').getImageData(x * ratio, y * ratio, 1, 1).data.slice(0, 3)];
        }""",
        [tile, dx, dy],
    )
    return tuple(found)


def looks_like(found: tuple[int, ...], color: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 20 for a, b in zip(found, color, strict=True))


def shoot(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


def test_the_grid_paints_its_page_and_hears_the_keyboard(notebook, tmp_path: Path) -> None:
    photos(tmp_path / "ws")
    page = notebook(_BROWSE.format(root=str(tmp_path / "ws")), width=1280, height=1000)
    canvas = page.locator(".wb-grid-canvas[data-painted]")
    canvas.wait_for()
    assert all(looks_like(pixel(page, n), _COLORS[n % 3]) for n in (0, 1, 2, 3, 6, 59))
    red, green, blue = pixel(page, 4, dy=-30)
    assert max(red, green, blue) - min(red, green, blue) < 12, "a corrupt thumbnail is a neutral tile"
    shoot(page, "grid-light")

    canvas.click(position={"x": 50, "y": 50})
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('.wb-grid-status').textContent.includes('2 selected')")
    # The widget's messages reach Python in another thread than this question does.
    ask(page, "import time\nuntil = time.time() + 20\nwhile len(photos.selected) < 2 and time.time() < until: time.sleep(0.05)")
    assert ask(page, "print([int(i, 16) for i in photos.selected], len(photos.selection))") == "[0, 2] 2"

    painted = canvas.get_attribute("data-painted")
    page.keyboard.press("PageDown")
    page.wait_for_function(f"() => document.querySelector('.wb-grid-canvas').dataset.painted !== '{painted}'")
    assert page.locator(".wb-grid-where").inner_text() == "2 / 2"
    assert looks_like(pixel(page, 0), _COLORS[60 % 3])

    page.locator(".wb-chip", has_text="≠ prediction").click()
    page.locator(".wb-grid-status", has_text="1 item").wait_for()
    assert ask(page, "print(photos.query['differs'], photos.to_json()['rows'][0]['name'])") == "True part-002.jpg"

    page.locator(".wb-chip", has_text="≠ prediction").click()
    # Its page must be here before Python asks for another one: of two at once, the later query holds.
    page.wait_for_function("() => !document.querySelector('.wb-grid-status').textContent.startsWith('1 item')")
    ask(page, "photos.show(filters={'label': ['green']}); photos.selected = []")
    page.locator(".wb-chip[aria-pressed=true]", has_text="green").wait_for()
    page.locator(".wb-grid-status", has_text="20 items").wait_for()
    assert page.locator(".wb-grid img").count() == 0, "a name with markup stays a name"

    page.evaluate("() => jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })")
    page.wait_for_function(
        "() => { const c = document.querySelector('.wb-grid-canvas').getContext('2d').getImageData(4, 30, 1, 1).data;"
        " return c[0] < 100; }"
    )
    page.locator("#jupyterlab-splash").wait_for(state="detached")
    shoot(page, "grid-dark")


def test_curves_are_live_while_the_cell_trains_and_a_picture_stays(notebook, lab, tmp_path: Path) -> None:
    page = notebook(_TRAIN.format(root=str(tmp_path / "ws"), steps=60), width=1280, height=900)
    page.wait_for_function("() => Number(document.querySelector('.wb-curves')?.dataset.points) >= 5")
    assert page.locator(".wb-state").inner_text() == "running"
    early = len(page.locator(".wb-line").first.get_attribute("points").split())
    page.wait_for_function(f"() => Number(document.querySelector('.wb-curves').dataset.points) >= {early + 5}")
    assert page.locator(".wb-state").inner_text() == "running"
    shoot(page, "curves-live")
    page.locator(".wb-state[data-state=done]").wait_for()
    assert page.locator(".wb-curves").get_attribute("data-points") == "60"
    assert page.locator(".wb-best-text").text_content() == "best 0.871"
    shoot(page, "curves-done")
    page.wait_for_function("() => 'image/png' in jupyterapp.shell.currentWidget.content.model.cells.get(0).outputs.get(0).data")
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    saved = nbformat.read(lab.root / "test.ipynb", as_version=4)
    assert set(saved.cells[0].outputs[0].data) == {"image/png", "text/plain"}, "a view without its kernel is an error box"


def test_the_cancel_button_reaches_a_kernel_that_is_training(notebook, tmp_path: Path) -> None:
    page = notebook(_TRAIN.format(root=str(tmp_path / "ws"), steps=2000))
    page.wait_for_function("() => Number(document.querySelector('.wb-curves')?.dataset.points) >= 2")
    page.locator(".wb-cancel").click()
    page.locator(".wb-state[data-state=cancelled]").wait_for()


def test_the_dashboard_shows_the_loop_and_asks_nobody_else(voila, open_page, tmp_path: Path) -> None:
    photos(tmp_path / "line-3")
    ws = wb.open(tmp_path / "line-3", environment={})
    ws.records.put("labeling", "parts", {"n_items": 70, "n_labeled": 60}, state="open")
    ws.records.put(
        "service",
        "parts-check",
        {"url": "http://127.0.0.1:9001", "traffic": {"model:parts@1": 90, "model:parts@2": 10}},
        state="running",
    )
    asked: list[str] = []
    page = open_page("about:blank", width=1440, height=1000)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(voila("loop.ipynb", tmp_path / "line-3"))
    page.locator(".wb-loop h1", has_text="line-3").wait_for()
    page.locator(".wb-grid-canvas[data-painted]").wait_for()
    assert looks_like(pixel(page, 1), _COLORS[1])

    run = begin(ws, "train", progress={"done": 2, "total": 8})
    for step in range(1, 5):
        run.measure(step, train_loss=2 / step, val_f1=1 - 0.5 / step)
    page.locator(".wb-card", has_text="train-1").wait_for()
    page.locator(".wb-curves[data-points='4']").wait_for()
    run.measure(5, train_loss=0.3, val_f1=0.93)
    page.locator(".wb-curves[data-points='5']").wait_for()
    shoot(page, "dashboard")
    run.finish()
    page.locator(".wb-card .wb-state[data-state=done]").wait_for()
    page.locator(".wb-card", has_text="parts@1").first.click()
    page.locator(".wb-grid-canvas[data-painted]").wait_for()
    outside = [url for url in asked if not url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "about:"))]
    assert outside == []


def test_the_dashboard_without_a_workspace_says_how_to_make_one(voila, open_page, tmp_path: Path) -> None:
    page = open_page(voila("loop.ipynb", tmp_path, theme="dark"), dark=True)
    page.locator(".wb-loop-problem", has_text=f"{tmp_path} is not a workspace.").wait_for()
    shoot(page, "dashboard-problem")
