"""What the store keeps when things go wrong: killed writers, two at once, a full disk."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from PIL import Image

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import ExternalError
from workbench.store.blobs import FileBlobs
from workbench.store.content import cells
from workbench.store.histories import LanceHistories
from workbench.store.records import SqliteRecords
from workbench.store.tables import LanceTables
from workbench.store.tracking import MlflowModels

pytestmark = pytest.mark.slow

WRITER = """
import sys
from pathlib import Path
from workbench.store.records import SqliteRecords
from workbench.store.tables import LanceTables
root, who = Path(sys.argv[1]), sys.argv[2]
tables, records = LanceTables(root / "data"), SqliteRecords(root / "records.db")
for n in range(int(sys.argv[3])):
    rows = [{"id": f"{who}-{n:04}-{i:03}", "label": who, "thumb": b"x" * 500} for i in range(40)]
    made = tables.commit("caps", rows, meta={})
    records.put("step", f"{who}-{n}", {"n": n}, state="done")
    print(made.version, flush=True)
"""


def writer(root: Path, who: str, steps: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(root), who, str(steps)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_writer_killed_at_any_moment_loses_nothing_that_was_there(tmp_path: Path) -> None:
    tables, records = LanceTables(tmp_path / "data"), SqliteRecords(tmp_path / "records.db")
    kept: dict[int, tuple[str, int]] = {}
    draw = random.Random(3)
    for round in range(6):
        process = writer(tmp_path, f"w{round}", 10_000)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(draw.uniform(0.0, 0.4))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        versions = {v.version: (v.digest, v.n_rows) for v in tables.versions("caps")}
        assert kept.items() <= versions.items(), "a version that was there has changed"
        for version in sorted(versions)[-2:]:
            rows = LanceTables(tmp_path / "data").read("caps", version, columns=["id"])
            assert len({row["id"] for row in rows}) == versions[version][1] == 40 * version
        assert len(records.all("step")) <= len(versions) <= len(records.all("step")) + round + 1
        kept = versions
    fresh = tables.commit("caps", [{"id": "last", "label": "z"}], meta={})
    assert fresh.n_rows == 40 * (fresh.version - 1) + 1


def test_two_processes_writing_one_dataset_lose_nothing(tmp_path: Path) -> None:
    processes = [writer(tmp_path, who, 15) for who in ("a", "b", "c")]
    said = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    tables = LanceTables(tmp_path / "data")
    versions = tables.versions("caps")
    assert [v.version for v in versions] == list(range(1, 46))
    assert versions[-1].n_rows == 45 * 40
    assert versions[-1].digest == tables.commit("again", tables.read("caps", 45), meta={}).digest
    changes = [LanceHistories(tables).changes("caps", n, n + 1) for n in range(1, 45)]
    assert [(len(c["added"]), c["removed"], c["changed"]) for c in changes] == [(40, [], [])] * 44


RELABELER = """
import sys
from pathlib import Path
import pyarrow as pa
from workbench.store.histories import LanceHistories
from workbench.store.tables import LanceTables
tables = LanceTables(Path(sys.argv[1]))
histories = LanceHistories(tables)
ids = [f"{n:05}" for n in range(20_000)]
print("ready", flush=True)
for n in range(10_000):
    gone = ids[n % 50 :: 50]
    tables.commit("caps", pa.table({"id": ids, "label": [f"{n}"] * 20_000}), meta={})  # the column is written anew
    tables.commit("caps", [], remove=gone, meta={})
    tables.commit("caps", [{"id": id, "label": f"{n}", "thumb": b"y"} for id in gone], meta={})
    if n % 3 == 2:
        histories.compact("caps")
    print(n, flush=True)
"""


def test_a_writer_of_whole_columns_killed_at_any_moment_leaves_whole_versions(tmp_path: Path) -> None:
    ids = [f"{n:05}" for n in range(20_000)]
    LanceTables(tmp_path).commit(
        "caps", pa.table({"id": ids, "thumb": [b"x" * 20] * len(ids), "label": ["-"] * len(ids)}), meta={}
    )
    draw = random.Random(7)
    digests: dict[int, str] = {}
    for _ in range(3):
        command = [sys.executable, "-c", RELABELER, str(tmp_path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(draw.uniform(0.2, 1.2))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        tables = LanceTables(tmp_path)
        versions = tables.versions("caps")
        assert digests.items() <= {v.version: v.digest for v in versions}.items(), "a version that was there has changed"
        digests = {v.version: v.digest for v in versions}
        for version in {versions[0].version, *(v.version for v in versions[-4:])}:
            told = LanceTables(tmp_path).shelf.view("caps", version)
            assert f"{cells(told.table()):x}" == tables.shelf.manifest("caps", version)["sum"], (
                "a version is not what its digest says"
            )
    assert len(digests) > 4


REGISTRAR = """
import sys
from pathlib import Path
from workbench.store.tracking import MlflowModels
root, bundle = Path(sys.argv[1]), Path(sys.argv[2])
models = MlflowModels(root / "models", f"sqlite:///{root / 'mlflow.db'}")
print("ready", flush=True)
for n in range(10_000):
    (bundle / "weights.bin").write_bytes(bytes([n % 256]) * 2_000_000)
    models.save("caps", bundle, facts={"n": n})
    print(n, flush=True)
"""


@pytest.mark.filterwarnings("ignore")  # MLflow warns of how it uses other packages
def test_a_registry_that_is_killed_at_any_moment_has_whole_versions_only(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    draw = random.Random(5)
    before = 0
    for _ in range(3):
        command = [sys.executable, "-c", REGISTRAR, str(tmp_path), str(bundle)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for _line in range(3):
            process.stdout.readline()
        time.sleep(draw.uniform(0.0, 0.2))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        found = MlflowModels(tmp_path / "models", f"sqlite:///{tmp_path / 'mlflow.db'}").versions("caps")
        assert len(found) >= before + 2
        assert [len((v.path / "weights.bin").read_bytes()) for v in found] == [2_000_000] * len(found)
        before = len(found)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
def test_a_full_disk_is_named_and_costs_nothing_that_was_there(small_disk: Path) -> None:
    tables, records = LanceTables(small_disk / "data"), SqliteRecords(small_disk / "records.db")
    blobs = FileBlobs(small_disk / "media")
    before = tables.commit("caps", [{"id": "1", "label": "ok"}], meta={})
    records.put("run", "train-1", {}, state="running")
    key = blobs.put(b"small")
    with pytest.raises(ExternalError, match=r"The disk that holds .* is full") as told:
        blobs.put(os.urandom(4_000_000))
    assert told.value.retryable
    with pytest.raises(ExternalError, match="full"):
        tables.commit("caps", [{"id": "2", "thumb": os.urandom(4_000_000)}], meta={})
    with pytest.raises(ExternalError, match="full"):
        tables.commit("caps", pa.table({"id": ["1"], "thumb": [os.urandom(4_000_000)]}), meta={})
    with pytest.raises(ExternalError, match="full"):
        for n in range(100):
            records.put("run", f"big-{n}", {"x": "y" * 100_000}, state="running")
    assert blobs.path(key).read_bytes() == b"small"
    assert LanceTables(small_disk / "data").versions("caps") == [before]
    assert tables.read("caps", 1) == [{"id": "1", "label": "ok"}]
    assert SqliteRecords(small_disk / "records.db").get("run", "train-1").state == "running"


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
def test_a_workspace_on_a_full_disk_keeps_its_datasets_and_goes_on_when_there_is_room(small_disk: Path, photos: Path) -> None:
    ws = wb.open(small_disk / "ws", environment={})
    before = wb.ingest(ws, "caps", str(photos))
    ballast = small_disk / "ballast"
    with pytest.raises(OSError, match="No space left"), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    (photos / "more.png").write_bytes((photos / "ok" / "0.png").read_bytes() + b"tail")
    with pytest.raises(ExternalError, match="full"):
        wb.ingest(ws, "caps", str(photos))
    assert ws.dataset("caps").ref == before.ref
    ballast.unlink()
    assert len(wb.ingest(ws, "caps", str(photos))) == len(before) + 1


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
@pytest.mark.parametrize("format", ["csv", "coco", "parquet", "folder"])
def test_an_export_that_fills_the_disk_leaves_nothing_of_itself(small_disk: Path, tmp_path: Path, format: str) -> None:
    ws = wb.open(tmp_path / "ws", environment={})
    draw = random.Random(1)
    for n in range(4):
        path = tmp_path / "photos" / "ok" / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.frombytes("RGB", (640, 640), draw.randbytes(640 * 640 * 3)).save(path)  # 1.2 MB that no packing makes small
    caps = wb.ingest(ws, "caps", str(tmp_path / "photos"), labels="folder")
    if format == "coco":
        caps = commit(ws, "caps", [{"id": id, "label": "[]"} for id in caps.ids()], task="object-detection")
    (small_disk / "mine.txt").write_text("mine")
    with pytest.raises(ExternalError, match=f"The disk that holds {small_disk}/.* is full"):
        wb.export(caps, str(small_disk / "deep" / "out"), format=format)
    assert [path.name for path in small_disk.rglob("*") if path.is_file()] == ["mine.txt"]
    assert wb.export(caps.select(caps.ids()[:2]), str(small_disk / "deep" / "out"), format=format).n_items == 2


def test_a_workspace_that_many_open_at_its_birth_refuses_none(tmp_path: Path) -> None:
    def first_use(path: Path, who: str, gate: threading.Barrier) -> None:
        records = SqliteRecords(path)
        gate.wait()
        records.all("run")
        records.put("run", who, {}, state="queued")

    for round in range(40):  # the moment in which SQLite changes to its write-ahead log is short
        path, gate = tmp_path / str(round) / "records.db", threading.Barrier(8)
        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(first_use, path, f"run-{n}", gate) for n in range(8)]:
                done.result()
        assert len(SqliteRecords(path).all("run")) == 8
