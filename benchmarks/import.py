"""Bringing data in and out: files beside what reading them takes at least, and items a second by format.

    python benchmarks/import.py [--files 2000] [--pictures 2000] [--texts 50000]

Files are digits (PNGs of 28 x 28), photographs of one and of twelve megapixels (JPEG), and recordings of ten seconds (WAV);
at least, a picture is opened, verified and made a thumbnail of by Pillow, a recording read by soundfile. Pictures by format
are JPEGs of 256 x 192 pixels with five boxes each, texts are short sentences. Each way is measured three times and the
median told, per second of the clock and per second of one processor: a machine that has other work shows in the first, not
in the second. Label Studio's own import and export: benchmarks/exchange.py.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image

import workbench as wb

_FORMATS = ("coco", "yolo", "voc", "cvat", "label-studio", "csv", "jsonl", "parquet", "huggingface")
_ROUNDS = 3


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000, help="digits; a tenth of it recordings, a hundredth 12 MP")
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--texts", type=int, default=50_000)
    told = parser.parse_args()
    logging.getLogger("workbench").setLevel(logging.ERROR)
    print(f"{'what':42}{'items a second':>16}{'a CPU second':>15}{'of at least':>13}")
    with tempfile.TemporaryDirectory() as folder:
        for kind, given in files(told.files).items():
            alone(Path(folder), kind, given)
        for what, n, run in [*pictures(Path(folder), told.pictures), *texts(Path(folder), told.texts)]:
            show(what, n, run)


def show(what: str, n: int, run: Callable[[], Any], *, least: float = 0.0) -> float:
    """Run three times, print the medians and what share of the work is the *least* there is; return the CPU seconds."""
    wall, cpu = [], []
    for _ in range(_ROUNDS):
        began = time.perf_counter(), time.process_time()
        run()
        wall.append(time.perf_counter() - began[0])
        cpu.append(time.process_time() - began[1])
    took = statistics.median(cpu)
    share = f"{least / took:13.2f}" if least else ""
    print(f"{what:42}{n / statistics.median(wall):16,.0f}{n / took:15,.0f}{share}", flush=True)
    return took


def files(n: int) -> dict[str, tuple[int, Callable[[Path, int], None], Callable[[Path], Any], str]]:
    """Return what is imported as files: how many, how one is made, what reading it takes at least, and the task."""
    rng = np.random.default_rng(7)

    def digit(path: Path, _i: int) -> None:
        Image.fromarray(rng.integers(0, 255, (28, 28), dtype=np.uint8)).save(path, "PNG")

    def photo(path: Path, width: int, height: int) -> None:
        coarse = rng.integers(0, 255, (height // 40, width // 40, 3), dtype=np.uint8)
        smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC), np.int16)
        noisy = smooth + rng.integers(-12, 12, smooth.shape, dtype=np.int16)
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path, "JPEG", quality=88)

    def sound(path: Path, _i: int) -> None:
        soundfile.write(path, rng.normal(0, 0.1, 160_000).astype(np.float32), 16_000, format="WAV")

    pictures, sounds = "image-classification", "audio-classification"
    return {
        "digits.png": (n, digit, thumbnail, pictures),
        "photos, 1 MP.jpg": (n // 20, lambda path, _i: photo(path, 1152, 864), thumbnail, pictures),
        "photos, 12 MP.jpg": (n // 100, lambda path, _i: photo(path, 4000, 3000), thumbnail, pictures),
        "recordings, 10 s.wav": (n // 10, sound, soundfile.read, sounds),
    }


def thumbnail(path: Path) -> None:
    """Do what the import of a picture takes at least, by Pillow alone."""
    with Image.open(path) as image:
        image.verify()
    with Image.open(path) as image:
        image.thumbnail((96, 96))
        image.convert("RGB").save(io.BytesIO(), "JPEG", quality=85)


def alone(folder: Path, kind: str, told: tuple[int, Callable[[Path, int], None], Callable[[Path], Any], str]) -> None:
    """Measure files of one kind: what reading them takes at least, all of them new, and all of them again."""
    n, make, least, task = told
    name, _, ending = kind.rpartition(".")
    place = folder / name
    place.mkdir()
    for i in range(n):
        make(place / f"{i}.{ending}", i)
    fresh = iter([wb.open(folder / f"{name}-{i}") for i in range(_ROUNDS)])
    last = wb.open(folder / f"{name}-{_ROUNDS - 1}")
    took = show(f"{name}, read at least", n, lambda: [least(path) for path in place.iterdir()])
    show(f"{name}, in, every file new", n, lambda: wb.ingest(next(fresh), "a", str(place), task=task), least=took)
    show(f"{name}, in again", n, lambda: wb.ingest(last, "a", str(place), task=task), least=took)


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


if __name__ == "__main__":
    main()
