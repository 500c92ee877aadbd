"""Notices of the end of a run, to a real HTTP server and a real mail server on this machine."""

from __future__ import annotations

import email
import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from workbench.core.run import Run, begin
from workbench.core.workspace import Workspace
from workbench.jobs.order import Order
from workbench.jobs.queueing.ending import end
from workbench.jobs.queueing.notify import chore
from workbench.testing.clock import FakeClock
from workbench.wiring import Settings

pytestmark = pytest.mark.slow


class Hook(ThreadingHTTPServer):
    """Answers with the next of `answers`, 200 when there is none; `got` is what it was sent."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[int] = []
        super().__init__(("127.0.0.1", 0), _Hook)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hooks/s3cret"


class _Hook(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((self.headers["Idempotency-Key"], body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


class Post(socketserver.ThreadingTCPServer):
    """A mail server that takes every letter."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        self.letters: list[Message] = []
        super().__init__(("127.0.0.1", 0), _Post)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class _Post(socketserver.StreamRequestHandler):
    server: Post

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            word = line.strip().upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                told = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.letters.append(email.message_from_bytes(told))
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")
            if word == b"QUIT":
                return


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def post() -> Iterator[Post]:
    with Post() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def ended(ws: Workspace, state: str = "done", **facts: Any) -> Run:
    order = Order().to_json()
    run = begin(ws, "job", state="running", title="a.ipynb", order=order, attempt=1, started=ws.now(), **facts)
    error = {"code": "run", "message": "ValueError in cell 2: no."} if state == "failed" else None
    end(run, state, only=("running",), error=error)
    return run


def test_the_end_of_a_run_is_told_to_an_address_once(ws: Workspace, hook: Hook) -> None:
    desk = replace(ws, settings=Settings(notify_url=hook.url))
    run = ended(desk, "failed", results={"accuracy": 0.5})
    assert hook.got == [], "the run does not wait for it"
    assert chore(desk) is not None
    assert chore(desk) is None
    assert len(hook.got) == 1
    key, told = hook.got[0]
    assert key == told["id"] == "ws.job-1.1.url"
    assert (told["run"], told["state"], told["results"]) == ("run:job-1", "failed", {"accuracy": 0.5})
    assert told["text"] == "job-1 (a.ipynb) is failed. ValueError in cell 2: no."
    assert run.info().more["notified"]


def test_the_end_of_a_run_is_told_by_mail(ws: Workspace, post: Post) -> None:
    desk = replace(ws, settings=Settings(notify_mail="ada@example.org", mail_server=post.url))
    ended(desk, results={"größe": 3})
    chore(desk)
    (letter,) = post.letters
    assert letter["To"] == "ada@example.org"
    assert letter["Subject"] == "job-1 is done: a.ipynb"
    assert letter["Message-ID"] == "<ws.job-1.1.mail@workbench>"
    body = letter.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert "größe: 3" in body.decode()


def test_an_address_that_is_out_of_order_is_tried_again(ws: Workspace, hook: Hook) -> None:
    clock = FakeClock()
    desk = replace(ws, clock=clock, settings=Settings(notify_url=hook.url))
    hook.answers = [500, 503]
    run = ended(desk)
    chore(desk)
    chore(desk)
    assert len(hook.got) == 1, "it waits"
    clock.forward(3)
    chore(desk)
    clock.forward(5)
    chore(desk)
    assert len(hook.got) == 3
    assert run.info().more["notified"]


def test_nobody_who_answers_is_a_line_in_the_log_and_no_more(ws: Workspace) -> None:
    clock = FakeClock()
    desk = replace(ws, clock=clock, settings=Settings(notify_url="http://127.0.0.1:9/hooks/s3cret"))
    run = ended(desk)
    for _ in range(5):
        chore(desk)
        clock.forward(10)
    assert chore(desk) is None
    assert run.state == "done"
    log = run.log_path.read_text()
    assert "nobody at 127.0.0.1 could be told of the end of this run, in 3 tries" in log
    assert "s3cret" not in log


def test_a_run_that_will_be_tried_again_is_not_told_of(ws: Workspace, hook: Hook) -> None:
    desk = replace(ws, settings=Settings(notify_url=hook.url))
    run = begin(desk, "job", state="running", order=Order(retries=1).to_json(), attempt=1, started=desk.now())
    end(run, "failed", only=("running",))
    assert chore(desk) is None
    assert hook.got == []


TELLER = """
import sys
import workbench as wb
from workbench.core.run import begin
from workbench.jobs.queueing import ending, notify
from workbench.jobs.order import Order
ws = wb.open(sys.argv[1])
for n in range(1000):
    run = begin(ws, "job", state="running", order=Order().to_json(), attempt=1, started=ws.now())
    ending.end(run, "done", only=("running",))
    print(run.id, flush=True)
    notify.chore(ws)
"""


def test_whoever_tells_may_be_killed_at_any_moment_and_nobody_is_left_untold(real_ws: Workspace, hook: Hook) -> None:
    (real_ws.root / "workbench.toml").write_text(f'notify_url = "{hook.url}"\n')
    for n in range(4):
        process = subprocess.Popen([sys.executable, "-c", TELLER, str(real_ws.root)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.05 * n)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    desk = replace(real_ws, settings=Settings(notify_url=hook.url))
    while chore(desk) is not None and desk.records.all("notice", states=("pending",)):
        told_of = {r.fields["run"] for r in desk.records.all("notice", states=("pending",))}
        if all(desk.run(run).state == "running" for run in told_of):
            break  # killed before they had ended
    done = {f"run:{r.id}" for r in real_ws.records.all("run", states=("done",))}
    assert len(done) >= 4
    assert {told["run"] for _, told in hook.got} == done
    assert len(hook.got) <= len(done) + 4, "each kill may tell one twice"
