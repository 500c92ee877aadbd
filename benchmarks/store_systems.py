"""What `store.py` measures: the store, Parquet with DuckDB, Hugging Face datasets and FiftyOne, doing the same few things."""

# ruff: noqa: ARG002, D102  # the classes are the same few things, done by each system
from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("LANCE_LOG", "error")
os.environ.setdefault("HF_DATASETS_OFFLINE", "1")

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

#: Rows that are written at a time, rows of a page, numbers of a vector.
BATCH, PAGE, WIDTH = 20_000, 60, 384
SHOWN = ["id", "label", "thumb"]


class Store:
    """The workbench."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

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

    def count(self, least: float) -> int:
        return self.tables.count("rows", self.newest, where=f"score > {least}")

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

    def _rows(self, tail: str) -> Any:
        return self.db.execute(f"select id, label, thumb from '{self.path}' {tail}").fetchall()

    def page(self, start: int) -> Any:
        return self._rows(f"limit {PAGE} offset {start}")

    def filtered(self, least: float) -> Any:
        return self._rows(f"where label = 'crack' and score > {least} order by score desc limit {PAGE}")

    def count(self, least: float) -> Any:
        return self.db.execute(f"select count(*) from '{self.path}' where score > {least}").fetchone()

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
        self.folder = folder

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

    def count(self, least: float) -> int:
        return int((np.asarray(self.data.with_format("numpy")["score"][:]) > least).sum())

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


class FiftyOne:
    """FiftyOne with the MongoDB that it starts, and indexes on what is filtered, as its guide has it; thumbnails are files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        told = {"FIFTYONE_DATABASE_DIR": "db", "FIFTYONE_DEFAULT_DATASET_DIR": "data", "HOME": "home"}
        for name, place in told.items():
            os.environ[name] = str(self.folder / place)
        os.environ["FIFTYONE_DO_NOT_TRACK"] = "1"

    def build(self, source: Path) -> None:
        import fiftyone as fo
        from fiftyone import brain

        (self.folder / "thumbs").mkdir()
        data = fo.Dataset("rows", persistent=True)
        data.add_samples(self._samples(fo, source), num_samples=pq.read_metadata(source).num_rows, progress=False)
        for field in ("key", "label", "score", "group"):
            data.create_index(field)
        brain.compute_similarity(data, embeddings="embedding", brain_key="near", backend="sklearn", metric="cosine")

    def _samples(self, fo: Any, source: Path) -> Any:
        for batch in pq.ParquetFile(source).iter_batches(BATCH):
            vectors = batch["embedding"].flatten().to_numpy().reshape(-1, WIDTH)
            for row, vector in zip(batch.drop_columns(["embedding"]).to_pylist(), vectors, strict=True):
                path = self.folder / "thumbs" / row["name"]
                path.write_bytes(row["thumb"])
                told = {name: row[name] for name in ("name", "group", "label", "score")}
                yield fo.Sample(filepath=str(path), key=row["id"], embedding=vector, **told)

    def open(self) -> None:
        import fiftyone as fo

        self.data = fo.load_dataset("rows")

    def _rows(self, view: Any) -> Any:
        keys, labels, paths = view.values(["key", "label", "filepath"])
        return list(zip(keys, labels, [Path(path).read_bytes() for path in paths], strict=True))

    def _above(self, least: float) -> Any:
        from fiftyone import ViewField

        return ViewField("score") > least

    def page(self, start: int) -> Any:
        return self._rows(self.data[start : start + PAGE])

    def filtered(self, least: float) -> Any:
        from fiftyone import ViewField

        found = self.data.match((ViewField("label") == "crack") & self._above(least))
        return self._rows(found.sort_by("score", reverse=True).limit(PAGE))

    def count(self, least: float) -> int:
        return len(self.data.match(self._above(least)))

    def counts(self, least: float) -> Any:
        return self.data.match(self._above(least)).count_values("group")

    def nearest(self, vector: Any) -> Any:
        return self.data.sort_by_similarity(np.asarray(vector), k=10, brain_key="near").values("key")

    def update(self, ids: list[str], label: str) -> None:
        self.data.set_values("label", dict.fromkeys(ids, label), key_field="key")

    def add(self, ids: list[str], column: str, values: Any) -> None:
        self.data.set_values(column, dict(zip(ids, values.tolist(), strict=True)), key_field="key")


SYSTEMS: dict[str, Callable[[Path], Any]] = {
    "store": Store,
    "parquet + duckdb": Parquet,
    "hf datasets": HuggingFace,
    "fiftyone": FiftyOne,
}
