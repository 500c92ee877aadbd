"""Jobs on a real Ray cluster of two nodes: same runner, same records; whatever dies, nothing is left and the reason is told."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
from pathlib import Path

import pytest

import workbench as wb
from workbench.cli.main import main
from workbench.core import processes
from workbench.core.errors import ExternalError, InputError
from workbench.core.run import Run
from workbench.core.workspace import Workspace
from workbench.jobs.members import members
from workbench.jobs.places import cluster, ray_entry
from workbench.jobs.places.ray_nodes import MARK, Cluster
from workbench.jobs.promote import promote
from workbench.jobs.queueing.reconcile import reconcile
from workbench.testing.notebooks import write_notebook
from workbench.testing.pictures import colors
from workbench.testing.runs import says, wait

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),  # named by MLflow, in SQLAlchemy
]

#: A cell that starts a child in a session of its own, says so, and then works for a long time.
BUSY = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print("busy", flush=True)
time.sleep(600)
"""

TRAIN = """
import workbench as wb
ws = wb.open()
recipe = wb.recipe("image-classification", epochs={epochs}, batch_size=25, lr=1e-4, image_size=16)
print(wb.train(recipe, ws.dataset({data!r}), ws.dataset({val!r})).state)
"""


def busy(ws: Workspace, folder: Path, at: str = cluster.LOCAL) -> Run:
    run = promote(write_notebook(folder / "busy.ipynb", BUSY), at=at, rehearsal_s=0, ws=ws)
    wait(says(run, "busy"))
    return run


def test_the_cluster_is_two_nodes_and_a_second_start_changes_nothing(
    ray_cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cluster", "start", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["result"]
    assert (told["state"], told["address"]) == ("running", ray_cluster.url)
    assert [(node["is_head"], node["is_alive"], node["cpus"]) for node in told["nodes"]] == [(True, True, 1), (False, True, 1)]
    assert len({node["address"] for node in told["nodes"]}) == 2
    kept = [cluster.home() / "cluster.json", Path(ray_cluster.token_path)]
    assert [stat.S_IMODE(path.stat().st_mode) for path in kept] == [0o600, 0o600]
    assert ray_cluster.token not in json.dumps(told)
    assert main(["cluster", "start", "--nodes", "3"]) == 1
    assert "runs already" in capsys.readouterr().err


def test_a_promotion_runs_on_the_cluster_with_its_certificate_and_a_live_log(
    real_ws: Workspace, tmp_path: Path, ray_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE_PASSWORD", "s3cret-value")
    gate = tmp_path / "gate"
    path = write_notebook(
        tmp_path / "a.ipynb",
        ("n = 1", "parameters"),
        "import os\nprint('on', os.environ['WORKBENCH_AT'], n, len(os.environ['SITE_PASSWORD']))",
        "import pathlib, time\n"
        f"while os.environ.get('RAY_ADDRESS') and not pathlib.Path({str(gate)!r}).exists(): time.sleep(.1)",
    )
    run = promote(path, parameters={"n": 7}, at=cluster.LOCAL, ws=real_ws)
    wait(says(run, "on local-cluster 7 12"))
    assert run.state == "running"  # the log came while it ran
    gate.touch()
    assert run.follow(str, timeout_s=60).state == "done"
    info = run.info()
    assert info.more["certificate"]
    assert info.progress["cells_state"] == ["done"] * 3
    assert "on local-cluster 7 12" in run.notebook_path.read_text()
    told = json.dumps(ray_cluster.api.info(info.handle["job"]))
    assert "s3cret-value" not in told
    assert ray_cluster.token not in told + json.dumps(dict(info.handle)) + run.log_path.read_text()


def test_two_workers_that_lose_one_and_then_a_node_learn_what_one_learns_here(
    real_ws: Workspace, tmp_path: Path, ray_cluster: Cluster
) -> None:
    data, val = colors(real_ws, 96, 23)
    recipe = wb.recipe("image-classification", epochs=60, batch_size=25, lr=1e-4, image_size=16)
    alone = wb.train(recipe, data, val)
    path = write_notebook(tmp_path / "train.ipynb", TRAIN.format(epochs=60, data=data.ref, val=val.ref))
    job = promote(path, at=cluster.LOCAL, workers=2, rehearsal_s=0, ws=real_ws)
    run = Run(real_ws, "train-2")
    wait(lambda: (run.folder / "metrics.jsonl").exists() and len(run.curve()) >= 2, seconds=240)
    first = [_pids(run, rank)[0] for rank in (0, 1)]
    assert all(token_of(pid) == job.info().handle["token"] for pid in first)
    os.kill(first[1], signal.SIGKILL)
    wait(lambda: len(_pids(run, 0)) == 2 and "goes on from" in run.log_path.read_text(), seconds=240)
    os.killpg(int(ray_cluster.nodes[1].handle["pid"]), signal.SIGKILL)
    assert job.follow(str, timeout_s=300).state == "done", job.log_path.read_text()
    assert "rank 0 of 1" in (run.folder / "rank-0.log").read_text()  # it went on without the node
    assert run.info().more["workers"] == 2
    for one, both in zip(alone.curve(), run.curve(), strict=True):
        assert both["loss"] == pytest.approx(one["loss"], abs=5e-4)
    assert job.result().ref == run.info().model
    wait(lambda: members(job.info().handle["token"]) == [])
    told = cluster.status()
    assert (told["state"], [node["is_alive"] for node in told["nodes"]]) == ("broken", [True, False])
    assert ray_cluster.nodes[1].address in told["says"]
    assert cluster.start().mark == ray_cluster.mark  # the node comes back to the same cluster
    assert cluster.status()["state"] == "running"


def test_cancel_ends_the_workers_on_every_node_and_whatever_left_its_session(
    real_ws: Workspace, tmp_path: Path, ray_cluster: Cluster
) -> None:
    data, val = colors(real_ws, 96, 23)
    child, _, _ = BUSY.partition("time.sleep(600)\n")
    train = TRAIN.format(epochs=100_000, data=data.ref, val=val.ref)
    path = write_notebook(tmp_path / "train.ipynb", child, train)
    job = promote(path, at=cluster.LOCAL, workers=2, rehearsal_s=0, ws=real_ws)
    run = Run(real_ws, "train-1")
    wait(lambda: (run.folder / "metrics.jsonl").exists() and len(run.curve()) >= 1, seconds=240)
    token = job.info().handle["token"]
    ranks = {_pids(run, rank)[0] for rank in (0, 1)}
    assert ranks <= set(members(token))
    job.cancel()
    assert (job.state, run.state) == ("cancelled", "cancelled")
    assert members(token) == []
    assert not any(processes.alive({"pid": pid}) for pid in ranks)


def test_a_job_that_is_cancelled_while_its_process_starts_has_ended_and_keeps_no_other_waiting(
    real_ws: Workspace, tmp_path: Path, ray_cluster: Cluster
) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "print('ran')")
    job = promote(path, at=cluster.LOCAL, rehearsal_s=0, ws=real_ws)
    wait(lambda: bool(members(job.info().handle["token"])))
    job.cancel()
    assert job.state == "cancelled"
    assert ray_cluster.api.info(job.info().handle["job"])["status"] == "STOPPED"  # Ray itself has seen its process end
    assert members(job.info().handle["token"]) == []


def test_a_cluster_that_is_only_an_address_is_swept_node_by_node(
    real_ws: Workspace, tmp_path: Path, ray_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", ray_cluster.token_path)
    run = busy(real_ws, tmp_path, ray_cluster.url)
    token = run.info().handle["token"]
    assert len(members(token)) >= 3
    run.cancel()
    assert run.state == "cancelled"
    assert members(token) == []
    assert ray_cluster.api.info(run.info().handle["job"])["status"] not in ("RUNNING", "PENDING")
    assert "busy" in run.log_path.read_text()


def test_the_command_of_a_rayjob_runs_its_bundle_to_the_end(
    real_ws: Workspace,
    tmp_path: Path,
    ray_cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", ray_cluster.token)
    path = write_notebook(tmp_path / "a.ipynb", ("n = 1", "parameters"), "print('value', n)")
    bundle = promote(path, rehearsal_s=0, ws=real_ws).follow(str, timeout_s=60).info().inputs["bundle"]
    told = json.dumps({"order": {"at": ray_cluster.url}, "parameters": {"n": 5}})
    assert ray_entry.main([str(real_ws.root), bundle, told]) == 0
    assert "value 5" in capsys.readouterr().out
    assert real_ws.run("job-2").info().handle["at"] == ray_cluster.url


def test_what_a_cluster_refuses_is_told_with_what_to_do(
    real_ws: Workspace, tmp_path: Path, ray_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "1")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "wrong")
    with pytest.raises(ExternalError, match=r"does not take the token\. Put the cluster's token into RAY_AUTH_TOKEN"):
        promote(path, at=ray_cluster.url, rehearsal_s=0, ws=real_ws)
    monkeypatch.delenv("RAY_AUTH_TOKEN")
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(ExternalError, match="wants a token, and there is none"):
        promote(path, at=ray_cluster.url, rehearsal_s=0, ws=real_ws)
    with pytest.raises(ExternalError, match=r"no answer from http://127\.0\.0\.1:9 .* Check the address"):
        promote(path, at="http://127.0.0.1:9", rehearsal_s=0, ws=real_ws)
    with pytest.raises(
        InputError, match=r"3 workers of 1 CPU, 0 GPU, 0 GB fit on no nodes of the cluster\. Its nodes have: 1 CPU"
    ):
        promote(path, at=cluster.LOCAL, workers=3, rehearsal_s=0, ws=real_ws)
    with pytest.raises(InputError, match="the address of a cluster such as 'http://head:8265', got 'head:8265'"):
        promote(path, at="head:8265", rehearsal_s=0, ws=real_ws)


def test_the_death_of_the_head_loses_the_run_and_says_so_and_nothing_is_left(
    real_ws: Workspace, tmp_path: Path, ray_cluster: Cluster
) -> None:
    run = busy(real_ws, tmp_path)
    token = run.info().handle["token"]
    os.killpg(int(ray_cluster.nodes[0].handle["pid"]), signal.SIGKILL)
    wait(lambda: not processes.alive(ray_cluster.nodes[0].handle))
    wait(lambda: run.state != "running" or bool(reconcile(real_ws)))
    assert run.state == "lost"
    assert run.info().error["message"] == "The head of the cluster is gone, and the job with it. Run: workbench cluster start"
    assert members(token) == []
    assert "busy" in run.log_path.read_text()  # Ray's own log of the job went with the head
    told = cluster.status()
    assert (told["state"], told["nodes"][0]["is_alive"]) == ("broken", False)
    assert "The head 127.0.0.2 is gone; runs on the cluster are lost." in told["says"]
    cluster.stop()
    assert members(ray_cluster.mark, variable=MARK) == []
    assert not Path(ray_cluster.temp).exists()
    assert cluster.status()["state"] == "stopped"
    with pytest.raises(ExternalError, match=r"The cluster of this machine was not started\. Run: workbench cluster start"):
        promote(write_notebook(tmp_path / "b.ipynb", "1"), at=cluster.LOCAL, rehearsal_s=0, ws=real_ws)


def _pids(run: Run, rank: int) -> list[int]:
    path = run.folder / f"rank-{rank}.log"
    return [int(pid) for pid in re.findall(r"process (\d+)", path.read_text())] if path.exists() else []


def token_of(pid: int) -> str:
    told = dict(part.partition("=")[::2] for part in Path(f"/proc/{pid}/environ").read_text().split("\0"))
    return told.get("WORKBENCH_JOB", "")
