"""The queue with fakes: who starts when, with what, and what happens when somebody is killed in between."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench.core import files, processes
from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.run import Run, begin
from workbench.core.workspace import Workspace
from workbench.jobs.bundles.bundle import FACTS, PROTOCOL
from workbench.jobs.job import JOB, SECRETS
from workbench.jobs.order import Order
from workbench.jobs.queueing.ending import end
from workbench.jobs.queueing.queue import admit, dispatch, enter
from workbench.jobs.queueing.reconcile import reconcile
from workbench.jobs.reading.promises import kept
from workbench.jobs.surroundings import outside
from workbench.testing.clock import FakeClock
from workbench.wiring import Settings

GONE = {"pid": 2**22 + 1, "started": "1"}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def desk(ws: Workspace, clock: FakeClock) -> Workspace:
    """A workspace of fakes on a machine with two cores, four GB and two GPUs."""
    return replace(ws, clock=clock, settings=Settings(cpus=2, memory_gb=4, gpus=2))


def queued(ws: Workspace, *, params: dict[str, Any] | None = None, **order: Any) -> Run:
    """A job in the queue, its folder as `submit` makes it."""
    known = [{"name": name, "default": None, "type": "float"} for name in params or ()]
    facts = ws.root / "bundles" / FACTS
    files.write_json(facts, {"protocol": PROTOCOL, "files": {}, "parameters": known})
    bundle = files.digest(facts)
    (facts.parent / bundle).mkdir(exist_ok=True)
    facts.rename(facts.parent / bundle / FACTS)
    told = Order(**order).to_json()
    run = begin(ws, "job", state="queued", order=told, bundle=bundle, attempt=1, params=params or {}, process=GONE)
    files.write_json(run.folder / JOB, {"order": told, "environment": {}, "parameters": params or {}})
    return run


def started(ws: Workspace) -> list[str]:
    return [run.id for run in dispatch(ws)]


def ends(run: Run, state: str = "done", **facts: Any) -> None:
    if run.state == "queued":
        assert enter(run, "")
    run.update(**facts)
    end(run, state, only=("running",))


def waits(run: Run) -> str:
    return str(run.info().more.get("waits", ""))


def test_as_many_start_as_there_is_room_for_the_oldest_first(desk: Workspace) -> None:
    runs = [queued(desk) for _ in range(4)]
    assert started(desk) == ["job-1", "job-2"]
    assert started(desk) == []
    assert waits(runs[2]) == "room on this machine"
    ends(runs[0])
    assert started(desk) == ["job-3"]


def test_the_highest_priority_goes_first(desk: Workspace) -> None:
    queued(desk, cpus=2)
    queued(desk, cpus=2, priority=-1)
    queued(desk, cpus=2, priority=5)
    assert started(desk) == ["job-3"]


def test_memory_and_workers_count(desk: Workspace) -> None:
    queued(desk, cpus=0.5, memory_gb=3)
    queued(desk, cpus=0.5, memory_gb=2)
    queued(desk, cpus=0.5, workers=2)
    assert started(desk) == ["job-1", "job-3"]


def test_gpus_are_given_by_index_and_told_to_the_job(desk: Workspace) -> None:
    runs = [queued(desk, cpus=0.1, gpus=1) for _ in range(3)]
    assert started(desk) == ["job-1", "job-2"]
    visible = [files.read_json(run.folder / JOB)["environment"]["CUDA_VISIBLE_DEVICES"] for run in runs[:2]]
    assert visible == ["0", "1"]
    ends(runs[0])
    assert started(desk) == ["job-3"]
    assert files.read_json(runs[2].folder / JOB)["environment"]["CUDA_VISIBLE_DEVICES"] == "0"


def test_what_runs_elsewhere_needs_no_room_here(desk: Workspace) -> None:
    queued(desk, cpus=2)
    queued(desk, cpus=64, gpus=8, at="http://head:8265")
    queued(desk)
    assert started(desk) == ["job-1", "job-2"]


def test_small_jobs_pass_a_big_one_until_it_has_waited_long_enough(desk: Workspace, clock: FakeClock) -> None:
    small = [queued(desk)]
    assert started(desk) == ["job-1"]
    big = queued(desk, cpus=2)
    small.append(queued(desk))
    assert started(desk) == ["job-3"]
    clock.forward(61)
    ends(small[0])
    queued(desk)
    assert started(desk) == []
    ends(small[1])
    assert started(desk) == [big.id]


def test_a_job_that_wants_more_cores_than_there_are_gets_all(desk: Workspace) -> None:
    queued(desk, workers=4)
    queued(desk)
    assert started(desk) == ["job-1"]


def test_what_will_never_fit_is_refused_with_every_reason(desk: Workspace) -> None:
    with pytest.raises(InputError, match=r"asks for 8 GB of memory, where jobs may hold 4\.0 GB; 3 GPUs, where there are 2\."):
        admit(desk, Order(memory_gb=8, gpus=3), {})


def test_a_run_starts_when_all_that_it_waits_for_are_done(desk: Workspace) -> None:
    first, second = queued(desk), queued(desk)
    last = queued(desk, after=(first.ref, second.ref))
    assert started(desk) == ["job-1", "job-2"]
    assert waits(last) == "run:job-1"
    ends(first)
    assert started(desk) == []
    ends(second)
    assert started(desk) == ["job-3"]


@pytest.mark.parametrize("state", ["failed", "cancelled", "lost"])
def test_a_run_that_waits_in_vain_is_cancelled_with_the_reason_and_so_is_what_waits_for_it(desk: Workspace, state: str) -> None:
    first = queued(desk)
    second = queued(desk, after=(first.ref,))
    third = queued(desk, after=(second.ref,))
    dispatch(desk)
    ends(first, state)
    assert started(desk) == []
    assert (second.state, third.state) == ("cancelled", "cancelled")
    assert second.info().error["message"] == f"Run job-1, which it waited for, is {state}."


def test_cancelling_reaches_the_runs_that_wait(desk: Workspace) -> None:
    first = queued(desk, cpus=2)
    second = queued(desk, after=(first.ref,))
    other = queued(desk, cpus=2)
    dispatch(desk)
    first.cancel()
    assert (first.state, second.state) == ("cancelled", "cancelled")
    assert other.info().handle, "the room that became free is given on"


def test_a_queued_run_is_cancelled_without_ever_starting(desk: Workspace) -> None:
    queued(desk, cpus=2)
    waiting = queued(desk)
    dispatch(desk)
    waiting.cancel()
    assert waiting.state == "cancelled"
    assert not enter(waiting)


def test_a_run_that_was_claimed_by_somebody_who_was_killed_is_started_once_more(desk: Workspace) -> None:
    run = queued(desk)
    run.update(claim={**GONE, "made": desk.now()}, slots={"cpus": 1, "memory_gb": 0, "gpus": []})
    assert started(desk) == ["job-1"]
    assert started(desk) == []


def test_a_claim_of_somebody_who_lives_is_kept(desk: Workspace, clock: FakeClock) -> None:
    run = queued(desk)
    run.update(claim={**processes.identity(1), "made": desk.now()})
    assert started(desk) == []
    clock.forward(3600)
    assert started(desk) == ["job-1"], "it has not started it, whatever it does"


def test_of_two_runners_one_runs(desk: Workspace) -> None:
    run = queued(desk)
    dispatch(desk)
    assert enter(run)
    assert not enter(run)
    assert run.info().handle["pid"], "the record names the one that runs"


def test_a_run_that_breaks_starts_again_after_a_wait(desk: Workspace, clock: FakeClock) -> None:
    run = queued(desk, retries=1)
    dispatch(desk)
    (run.folder / "log.txt").write_text("first\n")
    (run.folder / SECRETS).write_text("{}")
    enter(run)
    clock.forward(10)
    ends(run, "failed")
    assert (run.state, run.info().more["attempt"], run.info().more["cost"]["wall_s"]) == ("queued", 2, 10.0)
    assert (run.folder / SECRETS).exists(), "the next attempt needs them"
    assert started(desk) == []
    clock.forward(2)
    assert started(desk) == ["job-1"]
    assert (run.folder / "attempt-1.log.txt").read_text() == "first\n"
    assert files.read_json(run.folder / JOB)["attempt"] == 2
    enter(run)
    clock.forward(5)
    ends(run, "failed")
    assert (run.state, run.info().more["cost"]["wall_s"]) == ("failed", 15.0)
    assert not (run.folder / SECRETS).exists()


def test_a_cancelled_run_is_not_tried_again(desk: Workspace) -> None:
    run = queued(desk, retries=3)
    dispatch(desk)
    run.cancel()
    assert run.state == "cancelled"


def test_what_breaks_because_it_is_cancelled_is_cancelled(desk: Workspace) -> None:
    run = queued(desk, retries=3)
    dispatch(desk)
    run.cancel_path.touch()
    ends(run, "failed")
    assert run.state == "cancelled"


def test_a_lost_run_is_tried_again_and_its_room_is_free(desk: Workspace, clock: FakeClock) -> None:
    run = queued(desk, cpus=2, retries=1)
    other = queued(desk)
    dispatch(desk)
    desk.target.end(run.id)
    assert reconcile(desk) == []
    assert (run.state, run.info().more["attempt"]) == ("queued", 2)
    assert started(desk) == [other.id]


def test_a_queued_run_is_not_lost_with_whoever_made_it(desk: Workspace) -> None:
    queued(desk, cpus=2)
    waiting = queued(desk)
    dispatch(desk)
    assert reconcile(desk) == []
    assert waiting.state == "queued"


def test_a_clock_that_is_set_back_keeps_no_run_waiting(desk: Workspace, clock: FakeClock) -> None:
    run = queued(desk, retries=1)
    dispatch(desk)
    ends(run, "failed")
    clock.forward(-86_400)
    assert started(desk) == ["job-1"]
    enter(run)
    clock.forward(-3600)
    ends(run)
    assert run.info().more["cost"]["wall_s"] == 0


def test_a_promised_value_is_there_when_the_run_starts(desk: Workspace) -> None:
    first = queued(desk)
    second = queued(desk, params={"floor": f"{first.ref}[accuracy]"}, after=(first.ref,))
    dispatch(desk)
    ends(first, results={"accuracy": 0.5})
    assert started(desk) == ["job-2"]
    job = files.read_json(second.folder / JOB)
    assert job["parameters"] == {"floor": 0.5}
    assert second.info().params == {"floor": 0.5}
    assert second.info().more["promised"] == {"floor": {"from": "run:job-1[accuracy]", "value": 0.5}}


def test_the_model_of_a_run_is_promised_by_its_reference(desk: Workspace) -> None:
    run = queued(desk)
    run.update(model="model:caps@4", results={"note": "fine"})
    assert kept(desk, "run:job-1[model]") == "model:caps@4"


def test_a_promise_that_was_not_kept_is_the_end_of_the_run_that_needed_it(desk: Workspace) -> None:
    first = queued(desk)
    second = queued(desk, params={"floor": f"{first.ref}[acuracy]"}, after=(first.ref,))
    dispatch(desk)
    ends(first, results={"accuracy": 0.5})
    assert started(desk) == []
    assert second.state == "failed"
    assert second.info().error["message"] == "The job was not started: No result of run:job-1 named 'acuracy'."
    assert "Did you mean 'accuracy'?" in second.info().error["hint"]


def test_a_promise_of_another_type_is_refused_when_it_is_known(desk: Workspace) -> None:
    first = queued(desk)
    second = queued(desk, params={"floor": f"{first.ref}[name]"}, after=(first.ref,))
    dispatch(desk)
    ends(first, results={"name": "caps"})
    dispatch(desk)
    assert "`floor` must be a number, got 'caps'" in second.info().error["message"]


def test_promises_and_runs_that_are_not_there_are_refused_at_once(desk: Workspace) -> None:
    run = queued(desk)
    ends(run, results={"accuracy": 0.5})
    admit(desk, Order(), {"x": "run:job-1[accuracy]", "y": "run:job-1"})
    with pytest.raises(NotFoundError, match="No result of run:job-1 named 'recall'"):
        admit(desk, Order(), {"x": "run:job-1[recall]"})
    with pytest.raises(NotFoundError, match="No run named 'job-9'"):
        admit(desk, Order(), {"x": "run:job-9[recall]"})
    with pytest.raises(NotFoundError, match="No run named 'job-7'"):
        admit(desk, Order(after=("run:job-7",)), {})


def test_a_stopped_run_goes_on_as_its_next_attempt(desk: Workspace) -> None:
    run = queued(desk)
    dispatch(desk)
    with pytest.raises(ConflictError, match=r"Run job-1 is queued\. Only a run that stopped can go on"):
        run.resume()
    run.cancel()
    run.resume()
    assert (run.state, run.info().more["attempt"], bool(run.info().handle)) == ("queued", 2, True)
    assert not run.cancel_path.exists()


def test_another_queue_is_not_looked_into_for_long(desk: Workspace, tmp_path: Path) -> None:
    for _ in range(3):
        ends(queued(desk))
    seen: list[tuple[str, ...]] = []
    records, known = desk.records, desk.records.all

    def watched(kind: str, *, states: tuple[str, ...] = ()) -> Any:
        seen.append(states)
        return known(kind, states=states)

    records.all = watched
    dispatch(desk)
    assert all(seen), "what has ended is never read"


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a folder to somebody else takes root")
def test_the_jobs_of_another_user_are_left_to_that_one(desk: Workspace) -> None:
    run = queued(desk)
    os.chown(run.folder, 12345, 12345)
    assert started(desk) == []
    os.chown(run.folder, os.getuid(), os.getgid())
    assert started(desk) == ["job-1"]


def test_what_a_job_was_told_stays_with_it() -> None:
    job = {"environment": {"OMP_NUM_THREADS": "1"}, "secrets": ["API_KEY"]}
    env = {"PATH": "/bin", "OMP_NUM_THREADS": "1", "API_KEY": "x", "WORKBENCH_RUN": "run:job-1", "WORKBENCH_JOB": "token"}
    kept = outside(env | {"WORKBENCH_NOTIFY_URL": "http://127.0.0.1"}, job)
    assert set(kept) - {"PYTHONPATH"} == {"PATH", "WORKBENCH_NOTIFY_URL"}
    assert outside(kept, job)["PYTHONPATH"] == kept["PYTHONPATH"], "it does not grow with each job that starts the next"
