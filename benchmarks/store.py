"""The store beside Hugging Face datasets and Parquet with DuckDB, on the same rows: reading and writing.

Run: python benchmarks/store.py [--rows 1000000] [--folder PATH] [--rounds 9] [--only store]
Every system is a process of its own, one after the other; what it takes is the median of the rounds, memory what it grew by.
"""

# ruff: noqa: ARG002, D102  # the classes are the same few things, done by each system
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
from typing import Any

os.environ.setdefault("LANCE_LOG", "error")
os.environ.setdefault("HF_DATASETS_OFFLINE", "1")

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

BATCH, PAGE, WIDTH, THUMB = 20_000, 60, 384, 1024
CLASSES = np.array(["ok", "crack", "dent", "scratch", "stain"])
SHOWN = ["id", "label", "thumb"]


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


class Store:
    """The workbench."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "store"

    def build(self, source: Path) -> None:
        from workbench.store.tables import LanceTables

        file = pq.ParquetFile(source)
        reader = pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(BATCH))
        LanceTables(self.folder).commit("rows", reader, meta={})

    def open(self) -> None:
        from workbench.store.scans import LanceScans
        from workbench.store.tables import LanceTables

        self.tables = LanceTables(self.folder)
        self.scans = LanceScans(self.tables)
        self.newest = self.tables.versions("rows")[-1].version

    def page(self, start: int) -> Any:
        return self.tables.read("rows", self.newest, columns=SHOWN, offset=start, limit=PAGE)

    def filtered(self, least: float) -> Any:
        where = f"label = 'crack' and score > {least}"
        places = self.scans.order("rows", self.newest, where=where, sort="score", descending=True)
        return self.scans.take("rows", self.newest, places[:PAGE], columns=SHOWN)

    def counts(self, least: float) -> Any:
        return self.scans.counts("rows", self.newest, "group", where=f"score > {least}")

    def nearest(self, vector: Any) -> Any:
        return [id for id, _ in self.scans.nearest("rows", self.newest, "embedding", vector, 10)]

    def update(self, ids: list[str], label: str) -> None:
        made = self.tables.commit("rows", [{"id": id, "label": label} for id in ids], meta={})
        self.newest = made.version

    def add(self, ids: list[str], column: str, values: Any) -> None:
        self.newest = self.tables.commit("rows", pa.table({"id": ids, column: values}), meta={}).version


class Parquet:
    """One Parquet file, asked by DuckDB."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "duckdb.parquet"

    def build(self, source: Path) -> None:
        file = pq.ParquetFile(source)
        with pq.ParquetWriter(self.path, file.schema_arrow) as writer:
            for batch in file.iter_batches(BATCH):
                writer.write_batch(batch)

    def open(self) -> None:
        import duckdb

        self.db = duckdb.connect()
        self.db.execute("set threads = 1")

    def _rows(self, tail: str) -> Any:
        return self.db.execute(f"select id, label, thumb from '{self.path}' {tail}").fetchall()

    def page(self, start: int) -> Any:
        return self._rows(f"limit {PAGE} offset {start}")

    def filtered(self, least: float) -> Any:
        return self._rows(f"where label = 'crack' and score > {least} order by score desc limit {PAGE}")

    def counts(self, least: float) -> Any:
        return self.db.execute(f"select \"group\", count(*) from '{self.path}' where score > {least} group by 1").fetchall()

    def nearest(self, vector: Any) -> Any:
        told = f"array_cosine_similarity(embedding::float[{WIDTH}], ?::float[{WIDTH}])"
        return [
            id for (id,) in self.db.execute(f"select id from '{self.path}' order by {told} desc limit 10", [vector]).fetchall()
        ]

    def update(self, ids: list[str], label: str) -> None:
        listed = ", ".join(f"'{id}'" for id in ids)
        self._rewrite(f"select * replace (case when id in ({listed}) then '{label}' else label end as label)")

    def add(self, ids: list[str], column: str, values: Any) -> None:
        self.db.register("fresh", pa.table({"id": ids, column: values}))
        self._rewrite(f"select *, fresh.{column}", "left join fresh using (id)")

    def _rewrite(self, select: str, join: str = "") -> None:
        self.db.execute(f"copy ({select} from '{self.path}' {join}) to '{self.path}.new' (format parquet)")
        Path(f"{self.path}.new").replace(self.path)


class HuggingFace:
    """Hugging Face datasets: Arrow files, mapped into memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "hf"

    def build(self, source: Path) -> None:
        import datasets

        datasets.disable_progress_bars()
        made = datasets.Dataset.from_parquet(str(source), cache_dir=str(self.folder / "cache"))
        made.save_to_disk(str(self.folder / "0"))
        self.n = 0

    def open(self) -> None:
        import datasets

        datasets.disable_progress_bars()
        self.n = 0
        self.data = datasets.load_from_disk(str(self.folder / "0"))

    def page(self, start: int) -> Any:
        return self.data.select_columns(SHOWN)[start : start + PAGE]

    def filtered(self, least: float) -> Any:
        score, label = (np.asarray(self.data.with_format("numpy")[c][:]) for c in ("score", "label"))
        places = np.flatnonzero((label == "crack") & (score > least))
        return self.data.select_columns(SHOWN)[places[np.argsort(-score[places], kind="stable")][:PAGE]]

    def counts(self, least: float) -> Any:
        table = self.data.select_columns(["group", "score"]).with_format("arrow")[:]
        return table.filter(pa.compute.greater(table["score"], least)).group_by("group").aggregate([([], "count_all")])

    def nearest(self, vector: Any) -> Any:
        query, best = np.asarray(vector, dtype=np.float32), []
        for start, part in enumerate(self.data.select_columns(["embedding"]).with_format("numpy").iter(BATCH)):
            told = part["embedding"] @ query / np.linalg.norm(part["embedding"], axis=1)
            best += [(float(told[n]), start * BATCH + int(n)) for n in np.argsort(-told)[:10]]
        return [self.data[place]["id"] for _, place in sorted(best, reverse=True)[:10]]

    def update(self, ids: list[str], label: str) -> None:
        wanted = set(ids)
        labels = [label if i in wanted else old for i, old in zip(self.data["id"][:], self.data["label"][:], strict=True)]
        self._save(self.data.remove_columns("label").add_column("label", labels))

    def add(self, ids: list[str], column: str, values: Any) -> None:
        self._save(self.data.add_column(column, list(values)))

    def _save(self, data: Any) -> None:
        import datasets

        self.n += 1
        data.save_to_disk(str(self.folder / str(self.n)))
        self.data = datasets.load_from_disk(str(self.folder / str(self.n)))


SYSTEMS: dict[str, Callable[[Path], Any]] = {"store": Store, "parquet + duckdb": Parquet, "hf datasets": HuggingFace}


def measure(name: str, folder: Path, n_rows: int, rounds: int) -> dict[str, float]:
    """Return what a system takes, in milliseconds, and what its memory grew by, in MB."""
    system = SYSTEMS[name](folder)
    told = {"build, s": _taken(lambda: system.build(folder / "rows.parquet")) / 1000}
    arguments = ["--measure", name, "--folder", str(folder), "--rows", str(n_rows), "--rounds", str(rounds)]
    again = subprocess.run([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, check=True)
    told.update(json.loads(again.stdout.splitlines()[-1]))
    return told


def warm(name: str, folder: Path, n_rows: int, rounds: int) -> dict[str, float]:
    """Return what a system that was built takes, in a process that did not build it."""
    system, draw = SYSTEMS[name](folder), np.random.default_rng(1)
    ids = pq.read_table(folder / "rows.parquet", columns=["id"])["id"].to_pylist()
    vector = next(pq.ParquetFile(folder / "rows.parquet").iter_batches(1, columns=["embedding"]))["embedding"][0].as_py()
    before = _memory()
    took: dict[str, float] = {"open and first page": _taken(lambda: (system.open(), system.page(0)))}
    for what, call in (
        ("page anywhere", lambda: system.page(int(draw.integers(0, n_rows - PAGE)))),
        ("filter, sort, page", lambda: system.filtered(float(draw.random()))),
        ("count a facet", lambda: system.counts(float(draw.random()))),
    ):
        took[what] = statistics.median(_taken(call) for _ in range(rounds + 1))
    took["memory, MB"] = _memory() - before
    took["nearest 10"] = statistics.median(_taken(lambda: system.nearest(vector)) for _ in range(3))
    took["change 100 labels"] = _taken(lambda: system.update([str(i) for i in draw.choice(ids, 100)], "seen"))
    took["add a column"] = _taken(lambda: system.add(ids, "width", np.arange(n_rows)))
    return took


def _taken(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def _memory() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Measure every system and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", choices=sorted(SYSTEMS))
    parser.add_argument("--measure", choices=sorted(SYSTEMS), help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.measure:
        print(json.dumps(warm(told.measure, told.folder, told.rows, told.rounds)))
        return
    folder = told.folder or Path(tempfile.mkdtemp(prefix="store-"))
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "rows.parquet").exists():
        with pq.ParquetWriter(folder / "rows.parquet", next(batches(1)).schema) as writer:
            for batch in batches(told.rows):
                writer.write_batch(batch)
    found = {name: measure(name, folder, told.rows, told.rounds) for name in ([told.only] if told.only else SYSTEMS)}
    print("| ms, median |", " | ".join(found), "|\n|---" + "|---" * len(found) + "|")
    for what in next(iter(found.values())):
        print(f"| {what} |", " | ".join(f"{took[what]:,.1f}" for took in found.values()), "|")
    if not told.folder:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
