"""Labels through a real Label Studio: the whole way round, and what happens when the server goes away."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from workbench import wiring
from workbench.core import processes
from workbench.core.dataset import Dataset, commit
from workbench.core.errors import ConflictError, ExternalError
from workbench.core.ports import LabelTask
from workbench.core.workspace import Workspace
from workbench.labeling import studio as studio_module
from workbench.labeling import studio_server, studio_wire
from workbench.labeling.label import label
from workbench.labeling.studio import StudioLabeler
from workbench.labeling.studio_server import ServerInfo
from workbench.tasks import task as find_task
from workbench.testing.annotator import EMAIL, answer

pytestmark = pytest.mark.slow

TASK = "image-classification"


def photos(ws: Workspace, name: str, n: int, *, shade: int = 0, **columns: Any) -> Dataset:
    rows = []
    for i in range(n):
        file = io.BytesIO()
        Image.new("L", (8, 8), shade + i).save(file, "PNG")
        key = ws.blobs.put(file.getvalue(), suffix=".png")
        rows.append({"id": key[:16], "media": key, "name": f"{i}.png", **columns})
    return commit(ws, name, rows)


def by_name(item: Any) -> str | None:
    """Label even photos ok, odd ones crack, and leave the last one to somebody else."""
    number = int(item["name"].partition(".")[0])
    return None if number == 4 else ("ok", "crack")[number % 2]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Return a workspace that has a server of its own, to be broken; a start takes seconds, so tests share it."""
    ws = wiring.open(tmp_path_factory.mktemp("own"), environment={})
    try:
        yield ws
    finally:
        studio_server.stop(ws.root)


@pytest.mark.parametrize("one_by_one", [False, True])
def test_labels_make_the_whole_way_round(studio: ServerInfo, studio_ws: Workspace, one_by_one: bool) -> None:
    job = label(photos(studio_ws, "caps", 5), task=TASK, classes=["ok", "crack"])
    assert answer(studio.url, studio.token, job.info().project, by_name, task=TASK, one_by_one=one_by_one) == 4
    caps = job.pull()
    assert (caps.ref, caps.version) == (job.pull().ref, 2)
    assert {row["name"]: (row["label"], row["label_by"]) for row in caps} == {
        "0.png": ("ok", EMAIL),
        "1.png": ("crack", EMAIL),
        "2.png": ("ok", EMAIL),
        "3.png": ("crack", EMAIL),
        "4.png": (None, None),
    }
    assert (job.info().n_items, job.info().n_labeled) == (5, 4)


def test_production_samples_go_back_with_their_predictions_and_come_home_labeled(
    studio: ServerInfo, studio_ws: Workspace
) -> None:
    job = label(photos(studio_ws, "caps", 2), task=TASK, classes=["ok", "crack"])
    job.push(photos(studio_ws, "first", 1, shade=50, prediction="ok", prediction_by="model:caps@1", score=0.51))
    hard = photos(studio_ws, "production", 3, shade=100, prediction="ok", prediction_by="model:caps@2", score=0.51)
    job.push(hard)
    assert shown_guesses(studio, job.info().project) == "model:caps@2"
    assert job.pull().labels() == [None, None]  # what a model guessed is no label
    answer(studio.url, studio.token, job.info().project, lambda item: "crack", task=TASK)
    caps = job.pull()
    assert caps.n_items == 6
    assert {(row["prediction"], row["label"]) for row in caps if row["id"] in hard.ids()} == {("ok", "crack")}


def test_an_annotator_sees_the_very_file_and_a_stranger_sees_nothing(studio: ServerInfo, studio_ws: Workspace) -> None:
    caps = photos(studio_ws, "caps", 1)
    project = label(caps, task=TASK, classes=["ok", "crack"]).info().project
    with httpx.Client(base_url=studio.url, follow_redirects=True) as browser:
        page = browser.get("/user/login/").text
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found
        form = {"email": studio.username, "password": studio.password, "csrfmiddlewaretoken": found[1]}
        browser.post("/user/login/", data=form, headers={"Referer": studio.url})
        item = browser.get("/api/tasks/", params={"project": project}).json()["tasks"][0]["data"]
        shown = browser.get(item["image"])
        assert shown.status_code == 200
        assert hashlib.sha256(shown.content).hexdigest()[:16] == caps.ids()[0] == item["sample"]
        assert browser.get("/data/local-files/?d=labels/server.json").status_code == 404
    assert httpx.get(studio.url + item["image"]).status_code == 401


def test_a_token_that_is_not_known_is_told_apart_from_a_server_that_is_down(studio: ServerInfo, tmp_path: Path) -> None:
    with pytest.raises(ExternalError, match="refused the token"):
        StudioLabeler(studio.url, "0" * 40, tmp_path).create("caps", "<View/>")


def test_a_server_killed_in_the_middle_of_a_pull_costs_nothing(own: Workspace) -> None:
    info = studio_server.start(own.root)
    caps = photos(own, "caps", 200)
    job = label(caps, task=TASK, classes=["ok", "crack"])
    answer(info.url, info.token, job.info().project, lambda item: "ok", task=TASK)
    killer = threading.Timer(0.2, os.killpg, (info.handle["pid"], signal.SIGKILL))
    killer.start()
    with pytest.raises(ExternalError) as caught:
        while True:  # until the kill meets a pull in the middle
            before = own.dataset("caps").ref
            job.pull()
    killer.join()
    while processes.alive(info.handle):  # the system takes a moment to clear it away
        time.sleep(0.02)
    assert (caught.value.system, caught.value.retryable) == ("Label Studio", True)
    assert str(caught.value) == f"Label Studio: no answer from {info.url}. Run: workbench labels start"
    assert own.dataset("caps").ref == before
    assert studio_server.status(own.root) is None

    again = studio_server.start(own.root)
    assert (again.url, again.token) == (info.url, info.token)
    assert job.pull().labels() == ["ok"] * 200


def test_a_push_that_was_cut_off_goes_on_where_it_was(
    studio: ServerInfo, studio_ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    caps, whole, seen = photos(studio_ws, "caps", 5), studio_module._check_count, []

    def cut(made: Any, expected: int) -> None:
        whole(made, expected)
        seen.append(expected)
        if len(seen) == 2:
            raise ExternalError("Label Studio: no answer.", system="Label Studio", retryable=True)

    monkeypatch.setattr(studio_module, "_BATCH", 2)
    monkeypatch.setattr(studio_module, "_check_count", cut)
    with pytest.raises(ExternalError):
        label(caps, task=TASK, classes=["ok", "crack"])
    job = label(caps, task=TASK, classes=["ok", "crack"])
    assert seen == [2, 2, 1]
    assert studio_ws.labeler.counts(job.info().project) == (5, 0)


def test_an_import_that_comes_through_late_leaves_nothing_twice_and_takes_no_answer(
    studio: ServerInfo, studio_ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio_module, "_BATCH", 2)
    project = studio_ws.labeler.create("late", find_task(TASK).labeling_config(["ok", "crack"]))
    items = [LabelTask(f"i{n}", {"image": f"/{n}.png", "name": str(n)}) for n in range(5)]
    said = {"result": list(find_task(TASK).result_of("ok")), "ground_truth": False}
    late = [{"data": {**item.data, "sample": item.id}} for item in items[2:4]]
    late[0]["annotations"] = [said]
    heard = []

    def step(done: int) -> None:
        heard.append(done)
        if done == 2:  # what an earlier push sent before it was killed, done by the server only now
            url, headers = f"{studio.url}/api/projects/{project}/import", {"Authorization": f"Token {studio.token}"}
            httpx.post(url, json=late, headers=headers).raise_for_status()

    assert studio_ws.labeler.push(project, items, step=step) == 5
    assert heard == [2, 4, 5]
    assert studio_ws.labeler.counts(project) == (5, 1)
    assert [answer.id for answer in studio_ws.labeler.pull(project).answers] == ["i2"]
    assert studio_ws.labeler.push(project, items) == 0


def test_suggestions_that_the_server_forgets_while_its_database_is_locked_are_sent_again(own: Workspace) -> None:
    info = studio_server.start(own.root)
    project = own.labeler.create("locked", find_task(TASK).labeling_config(["ok", "crack"]))
    guess = {"result": list(find_task(TASK).result_of("ok")), "model_version": "m@1", "score": 0.5}
    [file] = own.root.glob("labels/*.sqlite3")
    # Longer than the server waits; it tries again then, and has taken the predictions out of what it was sent.
    with contextlib.closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        free = threading.Timer(6.5, other.execute, ["ROLLBACK"])
        free.start()
        assert own.labeler.push(project, [LabelTask(f"i{n}", {"image": "/0.png"}, guess) for n in range(2)]) == 2
        free.join()
    with httpx.Client(base_url=info.url, headers={"Authorization": f"Token {info.token}"}) as client:
        tasks = client.get("/api/tasks/", params={"project": project, "fields": "all"}).json()["tasks"]
        assert client.get(f"/api/projects/{project}/").json()["model_version"] == "m@1"
    assert [[each["model_version"] for each in task["predictions"]] for task in tasks] == [["m@1"], ["m@1"]]


class _Broken(BaseHTTPRequestHandler):
    """Stands for a server in trouble: its disk is full, it is stuck, it says nonsense, it hangs up in the middle."""

    def do_GET(self) -> None:
        trouble = self.headers["Authorization"].split()[1]
        if trouble == "stuck":
            time.sleep(0.5)
        content = b'{"detail": "database or disk is full"}' if trouble == "full" else b"<html>"
        self.send_response(500 if trouble == "full" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content) + 100 * (trouble == "gone")))
        self.end_headers()
        with contextlib.suppress(OSError):  # whoever asked has not waited
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.mark.parametrize("trouble", ["full", "stuck", "nonsense", "gone"])
def test_a_server_in_trouble_is_told_as_one_to_be_asked_again(
    trouble: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Broken)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(studio_wire, "PATIENCE_S", 0.2 if trouble == "stuck" else 5.0)
    try:
        with pytest.raises(ExternalError) as caught:
            StudioLabeler(f"http://127.0.0.1:{server.server_address[1]}", trouble, tmp_path).pull("1")
    finally:
        server.shutdown()
        server.server_close()
    assert (caught.value.system, caught.value.retryable) == ("Label Studio", True)
    assert trouble != "full" or "answered 500: database or disk is full" in str(caught.value)


def test_two_starts_give_one_server_that_stop_ends_for_good(own: Workspace) -> None:
    info = studio_server.start(own.root)
    assert studio_server.start(own.root) == studio_server.status(own.root) == info
    path = own.root / "labels" / "server.json"
    assert path.stat().st_mode & 0o777 == 0o600
    everyone = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    group = [pid for pid in everyone if _group(pid) == info.handle["pid"]]
    studio_server.stop(own.root)
    assert studio_server.status(own.root) is None
    assert group
    assert not [pid for pid in group if processes.alive({"pid": pid})]
    with pytest.raises(httpx.ConnectError):
        httpx.get(info.url + "/health")


def test_a_login_that_was_lost_is_made_again(own: Workspace) -> None:
    old = studio_server.start(own.root)
    project = own.labeler.create("caps", "<View/>")
    studio_server.stop(own.root)
    (own.root / "labels" / "server.json").unlink()
    new = studio_server.start(own.root)
    assert new.token != old.token
    assert own.labeler.counts(project) == (0, 0)


def test_a_port_that_is_taken_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConflictError, match=f"Port {port} is taken by another program") as caught:
            studio_server.start(tmp_path, port=port)
    assert "workbench labels start --port" in caught.value.hint
    assert studio_server.status(tmp_path) is None


def test_a_workspace_whose_server_never_ran_says_how_to_start_it(tmp_path: Path) -> None:
    ws = wiring.open(tmp_path / "new", environment={})
    with pytest.raises(ExternalError, match="Run: workbench labels start"):
        ws.labeler.pull("1")


def shown_guesses(studio: ServerInfo, project: str) -> str:
    headers = {"Authorization": f"Token {studio.token}"}
    return str(httpx.get(f"{studio.url}/api/projects/{project}/", headers=headers).json()["model_version"])


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0
