"""The target for Ray, against a Jobs API that is played: what it is told, and what its silence means."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from workbench.core import files
from workbench.core.errors import ExternalError, InputError
from workbench.jobs.places.ray_target import RayTarget

NODE = {"state": "ALIVE", "is_head_node": True, "node_ip": "10.0.0.1", "resources_total": {"CPU": 4.0, "memory": 8 * 2.0**30}}


class Played(ThreadingHTTPServer):
    """A Jobs API with one node; it remembers the documents that it got."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.documents: list[dict[str, Any]] = []
        self.status = "RUNNING"
        self.fails = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    """Answers as Ray does."""

    server: Played

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _answer(self, code: int, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _is_refused(self) -> bool:
        told = self.headers.get("Authorization")
        code = self.server.fails or (0 if told == "Bearer right" else 403 if told else 401)
        if code:
            self._answer(code, "Traceback\nit is so")
        return bool(code)

    def do_GET(self) -> None:
        if not self._is_refused():
            nodes = {"data": {"result": {"result": [NODE]}}}
            known = {d["submission_id"] for d in self.server.documents}
            if "nodes" in self.path:
                self._answer(200, nodes)
            elif self.path.rpartition("/")[2] in known:
                self._answer(200, {"status": self.server.status, "message": "it is told"})
            else:
                self._answer(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self._is_refused():
            return
        if self.path.endswith("/stop"):
            self.server.status = "STOPPED"
            self._answer(200, {"stopped": True})
            return
        self.server.documents.append(json.loads(body))
        self._answer(200, {"submission_id": self.server.documents[-1]["submission_id"]})


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "right")
    made = Played()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def folder(root: Path, **order: Any) -> Path:
    made = root / "runs" / "job-1"
    files.write_json(made / "job.json", {"environment": {"MODE": "x"}, "secrets": ["S3_KEY"], "order": order})
    return made


def test_no_secret_of_the_submitting_process_goes_to_the_cluster(
    api: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S3_KEY", "hidden")
    monkeypatch.setenv("WORKBENCH_LABELS_TOKEN", "hidden")
    handle = RayTarget(tmp_path, api.url).submit("job-1", folder(tmp_path))
    told = json.dumps(api.documents[0])
    assert "hidden" not in told
    assert "right" not in told + json.dumps(dict(handle))
    env = api.documents[0]["runtime_env"]["env_vars"]
    assert (env["MODE"], env["WORKBENCH_RUN"], env["WORKBENCH_AT"]) == ("x", "run:job-1", "")


def test_one_worker_is_the_runner_and_several_hold_their_own(api: Played, tmp_path: Path) -> None:
    target = RayTarget(tmp_path, api.url)
    target.submit("job-1", folder(tmp_path, cpus=2.0, memory_gb=1.0))
    target.submit("job-2", folder(tmp_path, cpus=2.0, workers=2))
    one, two = api.documents
    assert (one["entrypoint_num_cpus"], one["entrypoint_memory"]) == (2.0, 2**30)
    assert "entrypoint_num_cpus" not in two
    assert json.loads(two["runtime_env"]["env_vars"]["WORKBENCH_WORKER_RESOURCES"]) == {"CPU": 2.0}


@pytest.mark.parametrize("order", [{"cpus": 5.0}, {"workers": 5}, {"gpus": 1}, {"memory_gb": 9.0}, {"workers": 2, "cpus": 3.0}])
def test_what_no_node_could_ever_hold_is_refused(api: Played, tmp_path: Path, order: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"on no nodes of the cluster\. Its nodes have: 4 CPU, 0 GPU, 8\.0 GB\."):
        RayTarget(tmp_path, api.url).submit("job-1", folder(tmp_path, **order))
    assert api.documents == []


@pytest.mark.parametrize(("token", "told"), [("wrong", "does not take the token"), ("", "wants a token, and there is none")])
def test_a_token_that_is_not_taken_is_told(
    api: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str, told: str
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", token)
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(ExternalError) as caught:
        RayTarget(tmp_path, api.url).submit("job-1", folder(tmp_path))
    assert told in caught.value.message
    assert "RAY_AUTH_TOKEN_PATH" in caught.value.hint
    assert not caught.value.retryable


def test_an_answer_that_is_none_is_told_with_its_last_line(api: Played, tmp_path: Path) -> None:
    api.fails = 500
    with pytest.raises(ExternalError, match="answered with status 500"):
        RayTarget(tmp_path, api.url).submit("job-1", folder(tmp_path))


def test_a_job_lives_until_the_cluster_says_otherwise_and_says_why(api: Played, tmp_path: Path) -> None:
    target = RayTarget(tmp_path, api.url)
    handle = target.submit("job-1", folder(tmp_path))
    seen = []
    for api.status in ("PENDING", "RUNNING", "FAILED", "STOPPED"):
        seen.append(target.alive(handle))
    assert seen == [True, True, False, False]
    assert target.why(handle) == "it is told"
    api.documents.clear()  # the head was started anew
    assert not target.alive(handle)
    assert target.why(handle) == "The cluster was started anew and knows nothing of the job."


def test_a_silent_cluster_is_believed_while_the_folder_of_the_run_changes(api: Played, tmp_path: Path) -> None:
    place = folder(tmp_path)
    handle = RayTarget(tmp_path, api.url).submit("job-1", place)
    api.fails = 503
    assert RayTarget(tmp_path, api.url).alive(handle)
    long_ago = time.time() - 3600
    for path in place.iterdir():
        os.utime(path, (long_ago, long_ago))
    assert not RayTarget(tmp_path, api.url).alive(handle)


def test_cancel_at_a_silent_cluster_does_not_claim_that_nothing_is_left(api: Played, tmp_path: Path) -> None:
    target = RayTarget(tmp_path, api.url)
    handle = target.submit("job-1", folder(tmp_path))
    api.fails = 503
    with pytest.raises(ExternalError) as caught:
        target.cancel(handle)
    assert caught.value.retryable


@pytest.mark.parametrize("at", ["head:8265", "ray://head:10001", "cluster"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, at: str) -> None:
    with pytest.raises(InputError, match="'local-cluster' or an address such as 'http://head:8265'"):
        RayTarget(tmp_path, at)
