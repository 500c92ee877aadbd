"""Jobs and verbs in forks of a warm process: the same as without one, only sooner."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core.errors import NotFoundError
from workbench.core.run import Run
from workbench.core.workspace import Workspace
from workbench.jobs.members import members
from workbench.jobs.promote import promote
from workbench.jobs.running import warm
from workbench.server.calls import Calls
from workbench.testing.notebooks import write_notebook

pytestmark = pytest.mark.slow

#: Results whose last bits depend on how many threads share the work.
SUMS = """
import hashlib, os, sys
import torch
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(300, 500), torch.nn.ReLU(), torch.nn.Linear(500, 10))
data = torch.randn(4_000, 300)
for step in range(3):
    loss = net(data).logsumexp(1).mean() + (data @ data.T).sum() / 1e6
    loss.backward()
print(hashlib.sha256(b"".join(p.grad.numpy().tobytes() for p in net.parameters())).hexdigest(), torch.get_num_threads())
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of warm processes that are this test's own."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("WORKBENCH_WARM", "1")
    yield tmp_path / "perception-workbench" / "warm"
    for lock in (tmp_path / "perception-workbench" / "warm").glob("*.lock"):
        end(lock)


def end(lock: Path) -> None:
    deadline = time.monotonic() + 30
    while not warm._is_free(lock):
        assert time.monotonic() < deadline, "it did not end"
        if pid := lock.read_text():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.1)


def ready(*, env: dict[str, str] | None = None) -> Path:
    """Start a warm process, and return its socket once it answers."""
    env = dict(os.environ) | (env or {})
    warm.ensure(env)
    deadline = time.monotonic() + 120
    while not warm.place(env).exists():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return warm.place(env)


def job(path: Path, ws: Workspace) -> Run:
    run = promote(path, rehearsal_s=0, ws=ws)
    run.follow(str, timeout_s=200)
    assert run.state == "done", run.info().error
    return run


def said(run: Run) -> list[str]:
    return [line for line in run.log_path.read_text().splitlines() if not line.startswith("---")]


def test_a_job_is_a_fork_of_a_warm_process_and_marked_as_every_other(real_ws: Workspace, tmp_path: Path, place: Path) -> None:
    ready()
    code = (
        "import os\nfrom workbench.jobs.members import members\n"
        "print(sorted(members(os.environ['WORKBENCH_JOB'])) == sorted([os.getpid(), os.getppid()]))\n"
        "print(open(f'/proc/{os.getppid()}/cmdline').read().split(chr(0))[2], os.getsid(0) == os.getpid(), os.getcwd())"
    )
    run = job(write_notebook(tmp_path / "a.ipynb", code), real_ws)
    assert said(run) == ["True", f"workbench.jobs.running.zygote True {run.folder / 'work'}"]
    assert members(run.info().handle["token"]) == []


def test_the_first_job_does_not_wait_for_a_warm_process(real_ws: Workspace, tmp_path: Path, place: Path) -> None:
    code = "import os\nprint(open(f'/proc/{os.getppid()}/cmdline').read().split(chr(0))[2])"
    assert said(job(write_notebook(tmp_path / "a.ipynb", code), real_ws)) == ["workbench.jobs.running.runner"]
    assert ready().exists()  # the next one has it


def test_a_job_outlives_the_warm_process_that_it_is_a_fork_of(real_ws: Workspace, tmp_path: Path, place: Path) -> None:
    lock = ready().with_suffix(".lock")
    path = write_notebook(tmp_path / "a.ipynb", "import time\nprint('first', flush=True)\ntime.sleep(3)\nprint('last')")
    run = promote(path, rehearsal_s=0, ws=real_ws)
    while "first" not in run.log_path.read_text():
        time.sleep(0.05)
    end(lock)
    run.follow(str, timeout_s=60)
    assert (run.state, said(run)) == ("done", ["first", "last"])


@pytest.mark.parametrize("threads", ["1", "2"])
def test_results_are_the_same_bits_warm_and_cold(
    real_ws: Workspace, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch, threads: str
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    path = write_notebook(tmp_path / "a.ipynb", "import sys\nprint('torch' in sys.modules)", SUMS)
    ready()
    deadline = time.monotonic() + 200
    while (warmly := said(job(path, real_ws)))[0] == "False":  # it answers before it has loaded torch
        assert time.monotonic() < deadline, "it did not load torch"
        time.sleep(1)
    monkeypatch.setenv("WORKBENCH_WARM", "0")
    coldly = said(job(path, real_ws))
    assert (warmly[0], coldly[0]) == ("True", "False")
    assert warmly[1] == coldly[1]
    assert warmly[1].endswith(f" {threads}")


def test_a_verb_answers_the_same_warm_and_cold(real_ws: Workspace, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ready()
    answers = []
    for is_warm in ("1", "0"):
        monkeypatch.setenv("WORKBENCH_WARM", is_warm)
        asked = [("reconcile", {}), ("cancel", {"run": "run:job-9"}), ("reconcile", {"no": 1})]
        answers.append([asyncio.run(Calls().call(verb, given, workspace=real_ws.root)) for verb, given in asked])
    assert answers[0] == answers[1]
    assert [answer.status for answer in answers[0]] == [200, 404, 422]
    with pytest.raises(NotFoundError):
        asyncio.run(Calls().call("nothing", {}, workspace=real_ws.root))


def test_a_verb_that_takes_too_long_ends_with_its_fork(real_ws: Workspace, tmp_path: Path, place: Path) -> None:
    ready()
    path = write_notebook(tmp_path / "a.ipynb", "import time\ntime.sleep(600)")
    with pytest.raises(Exception, match="promote was ended after 3 s"):
        given = {"notebook": str(path), "rehearsal_s": 6}
        asyncio.run(Calls(timeout_s=3).call("promote", given, workspace=real_ws.root))


def test_the_witness_of_a_warm_job_is_that_of_a_cold_one(
    real_ws: Workspace, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "import json\nprint(1)")
    ready()
    told = []
    for is_warm in ("1", "0"):
        monkeypatch.setenv("WORKBENCH_WARM", is_warm)
        told.append(json.loads((job(path, real_ws).folder / "witness.json").read_text()))
    for witness in told:
        witness["threads"].pop("torch")  # loaded or not
        witness["cpu"].pop("capability")
        for cell in witness["cells"]:
            cell.pop("seconds")
            cell.pop("started")
    assert told[0] == told[1]
