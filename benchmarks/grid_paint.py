"""From Python to painted: 60 thumbnails in JupyterLab, our grid beside two usual ways, in one browser and one kernel.

    python benchmarks/grid_paint.py [--rounds 25]

Each round shows sixty other thumbnails in one of the three ways and takes the time from just before Python reads them
until the browser has painted all of them (the first task after the frame that holds the last of them). The ways take
turns, so that what else this machine does hits each of them alike. The grid alone paints captions too.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "ui"))

import nbformat
from conftest import _CHROMIUM, _FLAGS, start_lab
from playwright.sync_api import Page, sync_playwright

_SETUP = """
import base64, io, time
import ipywidgets, numpy as np
from IPython.display import display
from PIL import Image
import workbench as wb
from workbench.core.dataset import commit

rng = np.random.default_rng(7)
def photo():
    coarse = rng.integers(0, 255, (6, 6, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(coarse).resize((96, 96), Image.Resampling.BICUBIC).save(file, "JPEG", quality=85)
    return file.getvalue()

rows = [{{"id": f"{{n:016x}}", "media": "m", "name": f"{{n}}.jpg", "thumb": photo(), "label": "ok"}} for n in range(60 * 40)]
data = commit(wb.open({root!r}), "photos", rows, classes=["ok"])
def thumbs(n):
    return [row["thumb"] for row in data.rows(["thumb"], offset=n % 40 * 60, limit=60)]

grid = wb.browse(data)
images = [ipywidgets.Image(format="jpeg", width=96) for _ in range(60)]
html = ipywidgets.HTML()
def box(name, *children):
    made = ipywidgets.Box(children, layout=ipywidgets.Layout(flex_flow="row wrap"))
    made.add_class(name)
    return made

def by_grid(n):
    grid.show(page=n % 40)

def by_images(n):
    for image, thumb in zip(images, thumbs(n)):
        image.value = thumb

def by_html(n):
    made = [f'<img width=96 src="data:image/jpeg;base64,{{base64.b64encode(t).decode()}}">' for t in thumbs(n)]
    html.value = "".join(made)

by_images(0); by_html(0)
display(grid, box("images", *images), box("html", html))
"""

#: Resolves with the wall clock in milliseconds when what a way shows has changed and is painted.
_WATCH = """way => new Promise(done => {
  const now = () => performance.timeOrigin + performance.now();
  const painted = () => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done(now());
    port2.postMessage(0);
  });
  if (way === 'grid') {
    const canvas = document.querySelector('.wb-grid-canvas');
    const page = canvas.dataset.painted;
    const watch = new MutationObserver(() => {
      if (canvas.dataset.painted !== page) { watch.disconnect(); painted(); }
    });
    watch.observe(canvas, { attributeFilter: ['data-painted'] });
    return;
  }
  const images = () => [...document.querySelectorAll(`.${way} img`)];
  const before = new Set(images().map(image => image.src));
  const look = () => {
    const shown = images();
    const fresh = shown.length === 60 && shown.every(i => !before.has(i.src) && i.complete && i.naturalWidth > 0);
    if (fresh) { Promise.all(shown.map(i => i.decode().catch(() => 0))).then(painted); } else { requestAnimationFrame(look); }
  };
  look();
})"""

#: Runs one way in the kernel and returns the wall clock in milliseconds just before it sent.
_SEND = """async ([way, n]) => {
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const future = kernel.requestExecute({ code: `t = time.time(); by_${way}(${n}); print(t * 1000)` });
  let text = '';
  future.onIOPub = message => { text += message.content.text ?? message.content.evalue ?? ''; };
  await future.done;
  return Number(text);
}"""

_WAYS = {"grid": "the grid: one buffer, one canvas", "images": "60 ipywidgets.Image", "html": "base64 <img> in one HTML"}


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        times = measure(Path(folder), rounds)
    medians = {way: statistics.median(found) for way, found in times.items()}
    print(f"60 thumbnails of 96 x 96, Python to painted, {rounds} rounds in JupyterLab\n")
    print(f"{'way':36}{'median ms':>10}{'p90 ms':>9}{'ratio to the grid':>20}")
    for way, said in _WAYS.items():
        p90 = statistics.quantiles(times[way], n=10)[-1]
        print(f"{said:36}{medians[way]:10.0f}{p90:9.0f}{medians[way] / medians['grid']:20.2f}")


def measure(folder: Path, rounds: int) -> dict[str, list[float]]:
    """Return the milliseconds of each round, by way."""
    lab = start_lab(folder / "lab")
    try:
        cell = nbformat.v4.new_code_cell(_SETUP.format(root=str(folder / "ws")).strip())
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel}), lab.root / "paint.ipynb")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=list(_FLAGS))
            page = browser.new_page(viewport={"width": 1400, "height": 3200})
            page.goto(lab.address("doc/tree/paint.ipynb"))
            page.wait_for_function(
                "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
            )
            page.evaluate("() => void jupyterapp.commands.execute('notebook:run-all-cells')")
            page.wait_for_function("() => document.querySelectorAll('.images img, .html img').length === 120", timeout=120_000)
            page.locator(".wb-grid-canvas[data-painted]").wait_for()
            return _rounds(page, rounds)
    finally:
        lab.stop()


def _rounds(page: Page, rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {way: [] for way in _WAYS}
    for n in range(1, rounds + 3):
        for way, found in times.items():
            painted = page.evaluate_handle(f"way => ({{ promise: ({_WATCH})(way) }})", way)
            sent = page.evaluate(_SEND, [way, n])
            found.append(painted.evaluate("held => held.promise") - sent)
    return {way: found[2:] for way, found in times.items()}  # the first two rounds warm everything up


if __name__ == "__main__":
    main()
