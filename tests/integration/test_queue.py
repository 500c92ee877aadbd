"""The queue with real processes: nothing is lost or started twice, whoever is killed and whenever."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

import workbench as wb
from workbench.core import processes
from workbench.core.errors import ExternalError
from workbench.core.run import ACTIVE, Run, begin
from workbench.core.workspace import Workspace
from workbench.jobs.bundles.bundle import read
from workbench.jobs.order import Order
from workbench.jobs.promote import promote
from workbench.jobs.queueing import keeper
from workbench.jobs.queueing.queue import dispatch
from workbench.jobs.queueing.reconcile import reconcile
from workbench.jobs.schedule import schedule
from workbench.jobs.submit import folder, prepare, submit
from workbench.testing.notebooks import write_notebook
from workbench.testing.runs import wait
from workbench.testing.target import FakeTarget

pytestmark = pytest.mark.slow

#: A cell that tells when it was done, in a file that all jobs share.
TELL = """
import os, time
time.sleep(wait)
with open(told, "a") as file:
    file.write(os.environ["WORKBENCH_RUN"] + "\\n")
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace whose jobs hold two cores at most; whoever still keeps it ends with the test."""
    root = tmp_path / "real"
    root.mkdir()
    (root / "workbench.toml").write_text("cpus = 2\n")
    ws = wb.open(root, environment={})
    yield ws
    (root / "workbench.toml").unlink()
    for run in ws.records.all("run", states=ACTIVE):
        Run(ws, run.id).cancel()
    for pid in keepers(ws):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def digest(desk: Workspace, tmp_path: Path) -> str:
    """The bundle of a notebook that tells when it was done; it was run once."""
    path = write_notebook(tmp_path / "tell.ipynb", ("wait = 0.0\ntold = ''", "parameters"), TELL)
    run = promote(path, parameters={"told": str(tmp_path / "told.txt")}, rehearsal_s=0, ws=desk)
    ended(desk, run)
    (tmp_path / "told.txt").unlink()
    return str(run.info().more["bundle"])


def keepers(ws: Workspace) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
        except OSError:
            continue
        if b"workbench.jobs.queueing.keeper" in words and str(ws.root).encode() in words:
            found.append(int(entry.name))
    return [pid for pid in found if processes.alive({"pid": pid})]


def ended(ws: Workspace, *runs: Run) -> None:
    wait(lambda: all(run.is_done for run in runs), seconds=240)
    assert [run.state for run in runs] == ["done"] * len(runs), [run.info().error for run in runs]


def told(path: Path) -> Counter[str]:
    return Counter(path.read_text().split()) if path.exists() else Counter()


SUBMITTER = """
import sys
from pathlib import Path
import workbench as wb
from workbench.jobs.submit import folder, prepare, submit
root, digest, told, n, pause, retries = sys.argv[1:]
ws = wb.open(root)
for _ in range(int(n)):
    given = {"told": told, "wait": float(pause)}
    print(submit(Path(digest), parameters=given, retries=int(retries), ws=ws).id, flush=True)
"""


def submitter(ws: Workspace, digest: str, path: Path, n: int, *, pause: float = 0.0, retries: int = 0) -> subprocess.Popen[str]:
    words = [str(ws.root), digest, str(path), str(n), str(pause), str(retries)]
    return subprocess.Popen([sys.executable, "-c", SUBMITTER, *words], stdout=subprocess.PIPE, text=True)


def test_fifty_jobs_on_two_cores_all_run_once_and_leave_no_core_idle(desk: Workspace, digest: str, tmp_path: Path) -> None:
    path = tmp_path / "told.txt"
    runs = [submit(Path(digest), parameters={"told": str(path), "wait": 0.2}, ws=desk) for _ in range(50)]
    ended(desk, *runs)
    assert told(path) == Counter({run.ref: 1 for run in runs})
    spans = []
    for run in runs:
        more = run.info().more
        spans.append((datetime.fromisoformat(more["claim"]["made"]), datetime.fromisoformat(more["ended"])))
    moments = sorted([(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans])
    held, most, level = 0.0, 0, 0
    for (moment, step), (after, _) in pairwise(moments):
        level += step
        most = max(most, level)
        held += level * (after - moment).total_seconds()
    whole = (moments[-1][0] - moments[0][0]).total_seconds()
    share = held / (2 * whole)
    print(f"\n50 jobs in {whole:.1f} s, both cores held {100 * share:.1f} % of the time")
    assert most == 2
    assert share > 0.8


def test_two_submitters_at_once_lose_no_job_and_start_none_twice(desk: Workspace, digest: str, tmp_path: Path) -> None:
    path = tmp_path / "told.txt"
    both = [submitter(desk, digest, path, 8) for _ in range(2)]
    names = [name for process in both for name in process.communicate()[0].split()]
    assert len(set(names)) == 16
    ended(desk, *(desk.run(name) for name in names))
    assert told(path) == Counter({f"run:{name}": 1 for name in names})


KILLED = """
import os, signal, sys
import workbench as wb
from workbench.core.run import Run
from workbench.jobs.queueing import queue
ws = wb.open(sys.argv[1])
submit = ws.target.submit

def killed_before(run, folder):
    os.kill(os.getpid(), signal.SIGKILL)

def killed_after(run, folder):
    submit(run, folder)
    os.kill(os.getpid(), signal.SIGKILL)

ws.target.submit = {"before": killed_before, "after": killed_after}[sys.argv[2]]
queue.dispatch(ws)
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_dispatcher_that_is_killed_around_a_start_loses_no_run_and_doubles_none(
    desk: Workspace, digest: str, tmp_path: Path, moment: str
) -> None:
    path = tmp_path / "told.txt"
    bundle = read(folder(desk), Path(digest))
    run = prepare(desk, bundle, {"told": str(path)}, Order())
    assert subprocess.run([sys.executable, "-c", KILLED, str(desk.root), moment], check=False).returncode == -signal.SIGKILL
    dispatch(desk)
    ended(desk, run)
    time.sleep(2)
    assert told(path) == Counter({run.ref: 1})
    assert reconcile(desk) == []


def test_whoever_is_killed_the_jobs_come_to_their_end(desk: Workspace, digest: str, tmp_path: Path) -> None:
    path, draw = tmp_path / "told.txt", random.Random(7)
    process = submitter(desk, digest, path, 12, pause=0.3, retries=20)
    n_killed = 0
    while process.poll() is None or desk.records.all("run", states=ACTIVE):
        time.sleep(draw.uniform(0.3, 1.0))
        running = [r.fields["handle"]["pid"] for r in desk.records.all("run", states=("running",)) if r.fields.get("handle")]
        victims = keepers(desk) + running if n_killed < 10 else []
        if victims and n_killed < 10:
            n_killed += 1
            try:
                os.kill(draw.choice(victims), signal.SIGKILL)
            except ProcessLookupError:
                continue
        reconcile(desk)  # as a face that looks
        keeper.ensure(desk)
    assert process.stdout is not None
    names = process.stdout.read().split()
    process.stdout.close()
    assert n_killed == 10
    assert len(names) == 12
    ended(desk, *(desk.run(name) for name in names))
    assert set(told(path)) == {f"run:{name}" for name in names}
    again = sum(desk.run(name).info().more["attempt"] - 1 for name in names)
    assert sum(told(path).values()) <= 12 + again, "one that was not killed has run once"


def test_a_keeper_is_one_and_another_comes_when_it_is_killed(desk: Workspace) -> None:
    both = [subprocess.Popen([sys.executable, "-m", "workbench.jobs.queueing.keeper", str(desk.root)]) for _ in range(2)]
    wait(lambda: sum(process.poll() is None for process in both) == 1)
    assert not keeper.ensure(desk)
    (first,) = [process for process in both if process.poll() is None]
    first.kill()
    first.wait()
    assert keeper.ensure(desk)
    assert not keeper.ensure(desk), "its lock was handed over before it had even begun"
    wait(lambda: len(keepers(desk)) == 1)


def test_a_killed_runner_is_noticed_and_tried_again_while_nobody_looks(desk: Workspace, digest: str, tmp_path: Path) -> None:
    path = tmp_path / "told.txt"
    run = submit(Path(digest), parameters={"told": str(path), "wait": 1.5}, retries=1, ws=desk)
    wait(lambda: run.state == "running")
    time.sleep(0.5)
    os.kill(run.info().handle["pid"], signal.SIGKILL)
    ended(desk, run)
    assert run.info().more["attempt"] == 2
    assert told(path)[run.ref] >= 1
    assert (run.folder / "attempt-1.log.txt").exists()


def test_a_chain_hands_its_results_on(desk: Workspace, tmp_path: Path) -> None:
    make = "import workbench as wb\nwb.open()\nwb.result({'accuracy': 0.75})"
    first = promote(write_notebook(tmp_path / "make.ipynb", make), rehearsal_s=0, ws=desk)
    use = write_notebook(tmp_path / "use.ipynb", ("floor = 0.0", "parameters"), "print('floor is', floor)")
    second = promote(use, parameters={"floor": f"{first.ref}[accuracy]"}, rehearsal_s=0, ws=desk)
    third = promote(use, after=(second.ref,), rehearsal_s=0, ws=desk)
    ended(desk, first, second, third)
    assert "floor is 0.75" in second.log_path.read_text()
    starts = [run.info().more["started"] for run in (first, second, third)]
    assert starts == sorted(starts)


def test_a_schedule_fires_by_itself_and_goes_on_when_its_keeper_is_killed(desk: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "told.txt"
    notebook = write_notebook(tmp_path / "tell.ipynb", ("wait = 0.0\ntold = ''", "parameters"), TELL)
    plan = schedule(notebook, "*/3 * * * * *", parameters={"told": str(path)}, rehearsal_s=0, ws=desk)
    wait(lambda: sum(told(path).values()) >= 1)
    for pid in keepers(desk):
        os.kill(pid, signal.SIGKILL)
    n = len(desk.records.all("run"))
    time.sleep(4)
    keeper.ensure(desk)  # a job that ended meanwhile may have done so already
    wait(lambda: len(desk.records.all("run")) >= n + 2)
    plan.pause()
    wait(lambda: not desk.records.all("run", states=ACTIVE))
    dues = [json.dumps(r.fields["scheduled"]) for r in desk.records.all("run")]
    assert len(set(dues)) == len(dues), "a time had two runs"
    assert all(count == 1 for count in told(path).values())


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
def test_a_full_disk_keeps_the_queue_and_lets_it_go_on_when_there_is_room(tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", place], check=True)
    try:
        ws = wb.open(place / "ws", environment={})
        ws._made["target"] = FakeTarget()
        run = begin(ws, "job", state="queued", order={"cpus": 1.0, "at": "", "after": []}, attempt=1, params={})
        (run.folder / "job.json").write_text("{}")
        ballast = place / "ballast"
        with pytest.raises(OSError, match="No space left"), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 512)
        with pytest.raises(ExternalError, match="full"):
            for _ in range(200):  # until the log of SQLite, which has some room of its own, is full as well
                run.update(note="x" * 10_000)
        with pytest.raises(ExternalError, match="full"):
            dispatch(ws)
        assert run.state == "queued"
        ballast.unlink()
        assert [r.id for r in dispatch(ws)] == [run.id]
    finally:
        subprocess.run(["umount", "-l", place], check=True)
