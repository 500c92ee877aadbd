"""Bringing data in and out: items a second by format, and beside the REST of Label Studio when a server is at hand.

    python benchmarks/import.py [--pictures 2000] [--texts 50000] [--studio]

Pictures are JPEGs of 256 x 192 pixels with five boxes each, texts are short sentences. Each way is measured three times
and the median told, per second of the clock and per second of one processor: a machine that has other work shows in the
first, not in the second. `--studio` starts a Label Studio in a folder of its own and asks it for an import and an export
of the same texts.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import workbench as wb

_FORMATS = ("coco", "yolo", "voc", "cvat", "label-studio", "csv", "jsonl", "parquet", "huggingface")
_ROUNDS = 3


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--texts", type=int, default=50_000)
    parser.add_argument("--studio", action="store_true")
    told = parser.parse_args()
    logging.getLogger("workbench").setLevel(logging.ERROR)
    print(f"{'what':42}{'items a second':>16}{'a CPU second':>15}")
    with tempfile.TemporaryDirectory() as folder:
        for what, n, run in [*pictures(Path(folder), told.pictures), *texts(Path(folder), told.texts)]:
            show(what, n, run)
        if told.studio:
            studio(Path(folder), min(told.texts, 5_000))


def show(what: str, n: int, run: Callable[[], Any]) -> None:
    """Run three times and print the medians."""
    wall, cpu = [], []
    for _ in range(_ROUNDS):
        began = time.perf_counter(), time.process_time()
        run()
        wall.append(time.perf_counter() - began[0])
        cpu.append(time.process_time() - began[1])
    print(f"{what:42}{n / statistics.median(wall):16,.0f}{n / statistics.median(cpu):15,.0f}", flush=True)


def pictures(folder: Path, n: int) -> Iterator[tuple[str, int, Callable[[], Any]]]:
    """Yield the ways to bring pictures with boxes in and out."""
    (folder / "images").mkdir()
    rng = np.random.default_rng(7)
    for i in range(n):
        coarse = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((256, 192), Image.Resampling.BICUBIC).save(folder / f"images/{i}.jpg", quality=85)
    images = [{"id": i, "file_name": f"images/{i}.jpg", "width": 256, "height": 192} for i in range(n)]
    boxes = [[int(v) for v in (*rng.integers(0, 150, 2), *rng.integers(5, 40, 2))] for _ in range(n * 5)]
    annotations = [{"id": i, "image_id": i // 5, "category_id": 1 + i % 3, "bbox": box} for i, box in enumerate(boxes)]
    kinds = [{"id": i, "name": f"class {i}"} for i in (1, 2, 3)]
    source, count = folder / "labels.json", iter(range(_ROUNDS))
    source.write_text(json.dumps({"images": images, "annotations": annotations, "categories": kinds}))
    yield "pictures, coco, in, every file new", n, lambda: wb.ingest(wb.open(folder / f"ws-{next(count)}"), "a", str(source))
    ws = wb.open(folder / "ws")
    yield from _both(ws, wb.ingest(ws, "pictures", str(source)), _FORMATS, folder)


def texts(folder: Path, n: int) -> Iterator[tuple[str, int, Callable[[], Any]]]:
    """Yield the ways to bring labeled texts in and out."""
    lines = [{"text": f"Cap {i} came from line {i % 7} and looks fine.", "label": ("ok", "crack")[i % 2]} for i in range(n)]
    (folder / "texts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    ws = wb.open(folder / "ws")
    yield from _both(
        ws, wb.ingest(ws, "texts", str(folder / "texts.jsonl")), ("jsonl", "csv", "parquet", "label-studio"), folder
    )


def _both(
    ws: wb.Workspace, data: wb.Dataset, formats: Sequence[str], folder: Path
) -> Iterator[tuple[str, int, Callable[[], Any]]]:
    """Yield a way out and a way in again for each format."""
    for name in formats:
        count = iter(range(2 * _ROUNDS))
        made: list[str] = []

        def out(name: str = name, made: list[str] = made, count: Iterator[int] = count) -> None:
            made.append(wb.export(data, str(folder / f"{data.name}-{name}-{next(count)}"), format=name).path)

        def back(name: str = name, made: list[str] = made, count: Iterator[int] = count) -> None:
            wb.ingest(ws, f"{data.name}-{name}-{next(count)}", made[0], format=name)

        yield f"{data.name}, {name}, out", data.n_items, out
        yield f"{data.name}, {name}, in", data.n_items, back


def studio(folder: Path, n: int) -> None:
    """Measure the same through the REST of a Label Studio: texts with an answer each."""
    import httpx

    from workbench.labeling.studio_server import start, stop

    server = start(folder / "studio")
    try:
        tasks = json.loads((next(folder.glob("texts-label-studio-*")) / "tasks.json").read_text())[:n]
        config = (next(folder.glob("texts-label-studio-*")) / "config.xml").read_text()
        with httpx.Client(base_url=server.url, headers={"Authorization": f"Token {server.token}"}, timeout=600) as client:
            project = client.post("/api/projects/", json={"title": "texts", "label_config": config}).json()["id"]

            def put() -> None:
                for i in range(0, n, 1000):
                    client.post(f"/api/projects/{project}/import", json=tasks[i : i + 1000]).raise_for_status()

            show("texts, Label Studio's REST, in", n, put)
            show("texts, Label Studio's REST, out", n * _ROUNDS, lambda: client.get(f"/api/projects/{project}/export").content)
    finally:
        stop(folder / "studio")


if __name__ == "__main__":
    main()
