"""FiftyOne's App beside `browser.py`: from opening its address until its first pictures are painted, in Chromium.

Run: python benchmarks/fiftyone_app.py [--rows 10000] [--rounds 5] [--folder PATH] [--fiftyone PYTHON]
The server runs before the clock starts. A round is a browser that has nothing cached; its clock stops in the first task after
the frame in which the App says of a picture that its canvas is loaded.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "ui"))

from conftest import _CHROMIUM, _FLAGS
from playwright.sync_api import sync_playwright
from store import environment

#: Run by FiftyOne's own interpreter: fills a dataset on first use, serves it, and says where.
SERVER = """
import os, socket, subprocess, sys, time
from pathlib import Path
folder, n_rows = Path(sys.argv[1]), int(sys.argv[2])
for name, place in {"FIFTYONE_DATABASE_DIR": "db", "FIFTYONE_DEFAULT_DATASET_DIR": "data", "HOME": "home"}.items():
    os.environ[name] = str(folder / place)
os.environ["FIFTYONE_DO_NOT_TRACK"] = "1"
import numpy as np
from PIL import Image
import fiftyone as fo
name = f"pictures-{n_rows}"
if name not in fo.list_datasets():
    draw = np.random.default_rng(7)
    files = [folder / f"{n}.jpg" for n in range(200)]
    for path in files:
        Image.fromarray(draw.integers(0, 256, (96, 96, 3), dtype=np.uint8)).save(path)
    samples = (fo.Sample(filepath=str(files[n % 200]), label=f"class-{n % 10:02d}") for n in range(n_rows))
    fo.Dataset(name, persistent=True).add_samples(samples, num_samples=n_rows, progress=False)
# As launch_app() does it, which gives up on a server that takes longer than it expects.
command = [sys.executable, "-m", "fiftyone.server.main", "--address", "127.0.0.1", "--port", sys.argv[3]]
server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
while server.poll() is None:
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[3]))).close()
        print(f"http://127.0.0.1:{sys.argv[3]}/datasets/{name}", flush=True)
        sys.stdin.read()
        break
    except OSError:
        time.sleep(0.2)
server.kill()
"""

_PAINTED = """() => new Promise(done => {
  const look = () => document.querySelector('canvas[canvas-loaded=true]')
    ? requestAnimationFrame(() => setTimeout(() => done(performance.now())))
    : requestAnimationFrame(look);
  look();
})"""


def painted(address: str) -> float:
    """Return the milliseconds from the beginning of the navigation until the first pictures are painted."""
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=_CHROMIUM, args=list(_FLAGS))
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(180_000)
        page.goto(address, wait_until="commit")
        took = float(page.evaluate(_PAINTED))
        browser.close()
    return took


def main() -> None:
    """Measure, and print a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--port", type=int, default=5151)
    parser.add_argument("--folder", type=Path, help="where it is kept for the next time")
    parser.add_argument("--fiftyone", default=os.environ.get("FIFTYONE_PYTHON", ""), metavar="PYTHON")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = told.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        python = told.fiftyone or environment(folder)
        if not python:
            return
        command = [python, "-c", SERVER, str(folder), str(told.rows), str(told.port)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdin
            assert server.stdout
            address = next((line.strip() for line in server.stdout if line.startswith("http://")), "")
            if not address:
                sys.exit("FiftyOne's server did not start; what it says stands above.")
            found = [painted(address) for _ in range(told.rounds)]
            server.stdin.close()
    print(f"FiftyOne, {told.rows:,} rows: {statistics.median(found):,.0f} ms to the first pictures, {max(found):,.0f} at most")


if __name__ == "__main__":
    main()
