"""From a person's act to the painted frame: a dataset of a million rows in the browser, in JupyterLab and Chromium.

    python benchmarks/browser.py [--rows 1000000] [--rounds 15] [--keep FOLDER]

The first page is the time from running the cell `wb.browse(data)` until its tiles are painted. Every other act is a key or a
click on the real page; its time ends in the first task after the frame that holds what was asked for. Python's compiled
files are kept from the first notebook on, whatever the environment says. The memory of the
kernel is its resident size, beside what it was when the dataset was open and nothing was shown.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "ui"))

import nbformat
import numpy as np
import pyarrow as pa
from conftest import _CHROMIUM, _FLAGS, Lab, start_lab
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

import workbench as wb
from workbench.core.dataset import commit

CLASSES = [f"class-{n:02d}" for n in range(10)]
_BATCH = 50_000
#: The first page is measured in so many notebooks, each with a kernel of its own.
_FIRSTS = 7

_OPEN = """
import os, time
import workbench as wb
from workbench.widgets import grid
data = wb.open({root!r}).dataset("many")
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
before = resident()
"""

#: Resolves with the milliseconds that an act took, from before it until what it asked for is painted.
_TIMED = """([act, argument]) => new Promise(done => {
  const canvas = document.querySelector('.wb-grid-canvas');
  const watched = act === 'map' ? document.querySelector('.wb-grid') : canvas;
  const seen = canvas.dataset.painted;
  const begun = performance.now();
  const painted = () => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done(performance.now() - begun);
    port2.postMessage(0);
  });
  const watch = new MutationObserver(() => {
    if (canvas.dataset.painted !== seen) { watch.disconnect(); painted(); }
  });
  watch.observe(watched, { attributeFilter: ['data-painted'] });
  const key = name => canvas.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true }));
  const change = (element, value, event) => {
    element.value = value;
    element.dispatchEvent(new Event(event, { bubbles: true }));
  };
  if (act === 'key') { key(argument); }
  if (act === 'chip') { [...document.querySelectorAll('.wb-chip-label')][argument].click(); }
  if (act === 'choice') { document.querySelector(`[data-choice="${argument}"]`).click(); }
  if (act === 'search') { change(document.querySelector('.wb-grid-search'), argument, 'input'); }
  if (act === 'sort') { change(document.querySelector('[aria-label=Order]'), argument, 'change'); }
})"""

_FIRST = """() => new Promise(done => {
  const begun = performance.now();
  const look = () => {
    if (document.querySelector('.wb-grid-canvas[data-painted]')) {
      requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
    } else { requestAnimationFrame(look); }
  };
  void jupyterapp.commands.execute('notebook:run-cell');
  look();
})"""

_ASK = """async code => {
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const future = kernel.requestExecute({ code });
  let text = '';
  future.onIOPub = message => { text += message.content.text ?? message.content.evalue ?? ''; };
  await future.done;
  return text;
}"""


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--keep", default="", help="a folder for the workspace, made once and used again")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(told.keep or Path(folder) / "ws")
        if not (root / "data" / "many.lance").exists():
            fill(root, told.rows)
        times, memory = measure(Path(folder), root, told.rounds)
    print(f"{told.rows:,} rows, from the act to the painted frame, in JupyterLab\n")
    print(f"{'act':44}{'median ms':>10}{'worst ms':>10}{'rounds':>8}")
    for act, found in times.items():
        print(f"{act:44}{statistics.median(found):10.0f}{max(found):10.0f}{len(found):8}")
    print("\nthe kernel has grown by " + ", ".join(f"{mb:.0f} MB {when}" for when, mb in memory.items()))


def fill(root: Path, n_rows: int) -> None:
    """Make the dataset: pictures of 96 pixels, two columns of classes, a score, tags and vectors of 16 numbers."""
    rng = np.random.default_rng(7)
    thumbs = [_photo(rng) for _ in range(200)]
    first = next(_batches(rng, 1, thumbs))
    reader = pa.RecordBatchReader.from_batches(first.schema, _batches(rng, n_rows, thumbs))
    commit(wb.open(root, environment={}), "many", reader, task="image-classification", classes=CLASSES)


def measure(folder: Path, root: Path, rounds: int) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Return the milliseconds of each act, and the megabytes by which the kernel grew until when."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    lab = start_lab(folder / "lab")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=list(_FLAGS))
            first = []
            for n in range(_FIRSTS):
                page = _notebook(lab, browser, root, f"browse-{n}.ipynb")
                page.evaluate("() => jupyterapp.commands.execute('notebook:run-cell-and-select-next')")
                page.wait_for_timeout(1000)  # to have done with the cell that opens the dataset
                first.append(page.evaluate(_FIRST))
                if n < _FIRSTS - 1:
                    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
                    page.close()
            return _acts(page, {"first page, from running the cell": first}, rounds)
    finally:
        lab.stop()


def _notebook(lab: Lab, browser: Browser, root: Path, name: str) -> Page:
    """Return a page with a new notebook, whose kernel waits."""
    cells = [nbformat.v4.new_code_cell(source) for source in (_OPEN.format(root=str(root)).strip(), "wb.browse(data)")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), lab.root / name)
    page = browser.new_page(viewport={"width": 1400, "height": 1200})
    page.goto(lab.address(f"doc/tree/{name}"))
    page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'")
    return page


def _acts(page: Page, times: dict[str, list[float]], rounds: int) -> tuple[dict[str, list[float]], dict[str, float]]:
    page.locator(".wb-chip-label").first.wait_for(timeout=60_000)
    memory = {"with the first page": _grown(page)}
    page.locator(".wb-grid-canvas").focus()

    def timed(name: str, act: str, argument: Any, *, settle: float = 0.5) -> None:
        times.setdefault(name, []).append(page.evaluate(_TIMED, [act, argument]))
        time.sleep(settle)  # the counts that follow a page belong to no act

    page.keyboard.press("f")
    for n in range(rounds):
        timed("next page", "key", "PageDown")
        timed("filter by a class, on and off", "chip", n % 10)
        timed("filter by a class, on and off", "chip", n % 10)
        timed("filter by another column, on and off", "choice", f"group:line-{n % 8}")
        timed("filter by another column, on and off", "choice", f"group:line-{n % 8}")
        timed("search in names (with 150 ms of typing)", "search", f"{n:02d}7")
        timed("search in names (with 150 ms of typing)", "search", "")
    for column in ("score", "name"):
        timed(f"sort by {column}, the first time", "sort", column)
        timed("sort, later", "sort", "id")
        timed("sort, later", "sort", column)
        timed("sort, later", "sort", "id")
    memory["after all of it"] = _grown(page)
    page.locator(".wb-grid-canvas").focus()
    begun = time.perf_counter()
    page.keyboard.press("m")
    page.locator(".wb-map-canvas[data-points]").wait_for(timeout=60_000)
    times["the map, the first time"] = [1000 * (time.perf_counter() - begun)]
    times["lasso on the map"] = [_lasso(page, 60 + 10 * n) for n in range(min(rounds, 5))]
    memory["with the map"] = _grown(page)
    return times, memory


def _lasso(page: Page, side: int) -> float:
    box = page.locator(".wb-map-canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + 210, box["y"] + 210
    page.mouse.move(x, y)
    page.mouse.down()
    for dx, dy in ((side, 0), (side, side), (0, side)):
        page.mouse.move(x + dx, y + dy, steps=6)
    painted = page.evaluate_handle(f"told => ({{ promise: ({_TIMED})(told) }})", ["lasso", ""])
    page.mouse.up()
    found: float = painted.evaluate("held => held.promise")
    time.sleep(0.5)
    return found


def _grown(page: Page) -> float:
    return float(page.evaluate(_ASK, "print(resident() - before)"))


def _batches(rng: np.random.Generator, n_rows: int, thumbs: list[bytes]) -> Iterator[pa.RecordBatch]:
    for start in range(0, n_rows, _BATCH):
        yield _batch(rng, np.arange(start, min(n_rows, start + _BATCH)), lambda n: thumbs[n % len(thumbs)])


def _batch(rng: np.random.Generator, at: Any, thumb: Callable[[int], bytes]) -> pa.RecordBatch:
    labels = rng.integers(0, 10, len(at))
    guesses = np.where(rng.random(len(at)) < 0.9, labels, rng.integers(0, 10, len(at)))
    vectors = rng.normal(size=(len(at), 16)) + 4 * np.eye(16)[labels]
    return pa.record_batch(
        {
            "id": [f"{n:016x}" for n in at],
            "media": ["m"] * len(at),
            "name": [f"photo-{n:07d}.jpg" for n in rng.permutation(at)],
            "thumb": pa.array([thumb(int(n)) for n in at], pa.binary()),
            "label": pa.array([CLASSES[n] for n in labels]),
            "prediction": pa.array([CLASSES[n] for n in guesses]),
            "score": rng.random(len(at)),
            "group": pa.array([f"line-{n % 8}" for n in at]),
            "width": pa.array(rng.integers(200, 4000, len(at))),
            "tags": pa.array([["blurry"] if n % 50 == 0 else [] for n in at], pa.list_(pa.string())),
            "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel().astype(np.float32)), 16),
        }
    )


def _photo(rng: np.random.Generator) -> bytes:
    file = io.BytesIO()
    coarse = rng.integers(0, 255, (6, 6, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((96, 96), Image.Resampling.BICUBIC).save(file, "JPEG", quality=85)
    return file.getvalue()


if __name__ == "__main__":
    main()
