"""Datasets and media behind an address: an S3 server on this machine."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import ConflictError, ExternalError, NotFoundError
from workbench.store import sharing

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """An S3 server."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    import boto3

    told = {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="lab")
    return "s3://lab"


@pytest.fixture
def photos_ws(tmp_path: Path, photos: Path) -> wb.Workspace:
    ws = wb.open(tmp_path / "anna", environment={})
    wb.ingest(ws, "caps", str(photos), labels="folder")
    return ws


def test_a_published_dataset_opens_from_s3_as_it_opens_from_here(bucket: str, photos_ws: wb.Workspace, tmp_path: Path) -> None:
    caps = photos_ws.dataset("caps")
    caps.tag("gold")
    address = caps.publish(f"{bucket}/line-3")
    assert address == "s3://lab/line-3/caps@1"
    later = commit(photos_ws, "caps", [{"id": caps.ids()[0], "label": "crack"}])
    assert later.publish(f"{bucket}/line-3") == later.publish(f"{bucket}/line-3")

    bert = wb.open(tmp_path / "bert", environment={})
    found = bert.dataset("s3://lab/line-3/caps@gold")
    assert (found.ref, found.rows(), found.classes) == (caps.ref, caps.rows(), ("crack", "ok"))
    newest = bert.dataset("caps")
    assert (newest.ref, newest.labels()) == (later.ref, later.labels())
    assert bert.scans.counts("caps", 2, "label") == {"crack": 5, "ok": 3}
    assert found.diff(newest)["labels"] == {"added": 0, "removed": 0, "changed": 1}
    row = found.rows()[3]
    assert found.media(row).read_bytes() == caps.media(row).read_bytes()
    assert found.media(row).is_relative_to(bert.root / "media"), "kept under its hash, so read once"
    with pytest.raises(ConflictError, match=r"can only be read here: it belongs to s3://lab/line-3\."):
        commit(bert, "caps", [{"id": "1"}])
    with pytest.raises(NotFoundError, match=r"No dataset at s3://lab/line-3 named 'cap'\. Did you mean 'caps'"):
        bert.dataset("s3://lab/line-3/cap")


def test_a_medium_that_was_changed_behind_its_address_is_refused(bucket: str, photos_ws: wb.Workspace, tmp_path: Path) -> None:
    import boto3

    s3: Any = boto3.client("s3")
    s3.put_object(Bucket="lab", Key="raw/a.png", Body=b"picture")
    row = {"id": "1", "media": f"{bucket}/raw/a.png", "sha256": hashlib.sha256(b"picture").hexdigest()}
    raw = commit(photos_ws, "raw", [row, row | {"id": "2", "media": f"{bucket}/raw/none.png", "sha256": None}])
    s3.put_object(Bucket="lab", Key="raw/a.png", Body=b"another")
    with pytest.raises(ConflictError, match="s3://lab/raw/a.png is not what it was when it was added"):
        raw.media(raw.rows()[0])
    s3.put_object(Bucket="lab", Key="raw/a.png", Body=b"picture")
    assert raw.media(raw.rows()[0]).read_bytes() == b"picture"
    s3.delete_object(Bucket="lab", Key="raw/a.png")
    assert raw.media(raw.rows()[0]).read_bytes() == b"picture", "it was kept under its hash"
    with pytest.raises(NotFoundError, match=r"No file named 's3://lab/raw/none\.png'"):
        raw.media(raw.rows()[1])


def test_a_store_that_does_not_answer_is_named(bucket: str, photos_ws: wb.Workspace, tmp_path: Path) -> None:
    with pytest.raises((ExternalError, NotFoundError), match="s3://nothing"):
        photos_ws.dataset("s3://nothing/line-3/caps")


def test_two_who_publish_at_once_leave_one_whole_version(bucket: str, photos_ws: wb.Workspace, tmp_path: Path) -> None:
    caps = photos_ws.dataset("caps")
    facts = dataclasses.asdict(photos_ws.tables.versions("caps")[0])
    rows = photos_ws.scans.columns("caps", 1, caps.columns)

    def meanwhile() -> Iterator[pa.RecordBatch]:
        caps.publish(f"{bucket}/together")
        yield from rows.to_batches()

    slow = pa.RecordBatchReader.from_batches(rows.schema, meanwhile())
    assert sharing.publish(f"{bucket}/together", facts, slow, tags={})
    found = wb.open(tmp_path / "bert", environment={}).dataset("s3://lab/together/caps")
    assert (found.ref, found.rows()) == (caps.ref, caps.rows())


def test_labels_and_pictures_go_to_s3_and_come_in_from_there(bucket: str, photos_ws: wb.Workspace, tmp_path: Path) -> None:
    caps = photos_ws.dataset("caps")
    done = wb.export(caps, f"{bucket}/sheets/caps", format="csv")
    assert done.path == "s3://lab/sheets/caps"
    bert = wb.open(tmp_path / "bert", environment={})
    for source in (done.path, f"{done.path}/labels.csv"):
        back = wb.ingest(bert, "caps", source, format="csv", media="link")
        assert (back.ids(), back.labels(), back.classes) == (caps.ids(), caps.labels(), caps.classes)
    row = back.rows()[0]
    assert row["media"].startswith("s3://lab/sheets/caps/files/")
    assert back.media(row).read_bytes() == caps.media(caps.rows()[0]).read_bytes()
    with pytest.raises(ConflictError, match=r"s3://lab/sheets/caps is there already\."):
        wb.export(caps, f"{bucket}/sheets/caps")
    with pytest.raises(ExternalError, match=r"s3://nothing/caps cannot be reached: The specified bucket does not exist"):
        wb.export(caps, "s3://nothing/caps", format="csv")
    with pytest.raises(ExternalError, match=r"s3://nothing/media cannot be reached: The specified bucket does not exist"):
        caps.publish("s3://nothing")
    with pytest.raises(NotFoundError, match=r"No file or folder named 's3://lab/sheets/none\.json'"):
        wb.ingest(bert, "caps", f"{bucket}/sheets/none.json")
    assert not list(photos_ws.root.glob(".export*")) + list(bert.root.glob(".ingest*"))


def test_a_label_file_that_is_replaced_at_its_address_is_read_anew(bucket: str, photos_ws: wb.Workspace) -> None:
    import boto3

    s3: Any = boto3.client("s3")
    for n, said in enumerate(("a short one", "a text that is much longer than the one before it")):
        s3.put_object(Bucket="lab", Key="texts/labels.csv", Body=f"text,label\n{said},ok\n".encode())
        data = wb.ingest(photos_ws, "texts", f"{bucket}/texts/labels.csv")
        assert (data.version, said in {row["text"] for row in data.rows()}) == (n + 1, True)
