"""What every target keeps: the shipped fake, processes of this machine, a Ray cluster."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from workbench.core import files
from workbench.core.ports import Target
from workbench.jobs.members import members
from workbench.jobs.places.cluster import LOCAL
from workbench.jobs.places.local_target import LocalTarget
from workbench.jobs.places.ray_target import RayTarget
from workbench.testing.target import FakeTarget

#: Starts a child in a session of its own, as a kernel is, and then works for a long time.
_BUSY = """
import subprocess, sys, time, pathlib
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
pathlib.Path(sys.argv[1], "ready").touch()
time.sleep(600)
"""


def _made(name: str, root: Path, request: pytest.FixtureRequest) -> Target:
    if name == "fake":
        return FakeTarget()
    if name == "local":
        return LocalTarget(root, command=(sys.executable, "-c", _BUSY), grace_s=2)
    request.getfixturevalue("ray_cluster")
    return RayTarget(root, LOCAL, command=("-c", _BUSY), grace_s=2)


@pytest.fixture(params=["fake", "local", pytest.param("ray", marks=pytest.mark.slow)])
def target(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    made = _made(request.param, tmp_path, request)
    handles: list[Mapping[str, Any]] = []
    submit = made.submit

    def remembering(run: str, folder: Path) -> Mapping[str, Any]:
        handles.append(submit(run, folder))
        return handles[-1]

    monkeypatch.setattr(made, "submit", remembering)
    yield made
    for handle in handles:
        made.cancel(handle)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "runs" / "job-1"
    files.write_json(made / "job.json", {"environment": {}})
    return made


def test_a_submitted_job_lives_until_it_is_cancelled(target: Target, folder: Path) -> None:
    handle = target.submit("job-1", folder)
    assert target.alive(handle)
    target.cancel(handle)
    assert not target.alive(handle)


def test_a_handle_survives_json(target: Target, folder: Path) -> None:
    handle = target.submit("job-1", folder)
    files.write_json(folder / "handle.json", dict(handle))
    assert target.alive(files.read_json(folder / "handle.json"))


def test_cancelling_twice_is_no_error(target: Target, folder: Path) -> None:
    handle = target.submit("job-1", folder)
    target.cancel(handle)
    target.cancel(handle)
    assert not target.alive(handle)


def test_two_jobs_are_told_apart(target: Target, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "runs" / "job-2"
    files.write_json(other / "job.json", {"environment": {}})
    first, second = target.submit("job-1", folder), target.submit("job-2", other)
    target.cancel(first)
    assert (target.alive(first), target.alive(second)) == (False, True)


def test_cancel_ends_a_child_that_left_the_session(target: Target, folder: Path) -> None:
    handle = target.submit("job-1", folder)
    if isinstance(target, FakeTarget):
        pytest.skip("it has no processes")
    _wait_for(folder / "ready")
    assert len(members(handle["token"])) >= 2
    target.cancel(handle)
    assert members(handle["token"]) == []


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 240
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert path.exists()
