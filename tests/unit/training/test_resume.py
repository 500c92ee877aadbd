"""Which interrupted training is continued; what it learned is for tests that learn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import workbench as wb
from workbench.core.run import Run, begin
from workbench.training.resume import before, ordinal, unfinished
from workbench.wiring import Settings

KEY: dict[str, Any] = {
    "inputs": {"data": "dataset:caps@1#9f3c", "val": "dataset:caps@1#77de", "recipe": "recipe:x"},
    "model_name": "caps",
}
GONE = {"pid": 2**30, "started": "1"}


def training(ws: wb.Workspace, state: str, *, left: bool = True, **fields: Any) -> Run:
    run = begin(ws, "train", state=state, **{**KEY, **fields})
    if "process" in fields:
        run.update(process=fields["process"])
    if left:
        (run.folder / "checkpoints" / "step-000000007").mkdir(parents=True)
    return run


@pytest.mark.parametrize("state", ["failed", "cancelled", "lost"])
def test_the_newest_interrupted_training_is_the_one_to_continue(ws: wb.Workspace, state: str) -> None:
    training(ws, "lost")
    newest = training(ws, state)
    training(ws, "done")
    training(ws, "running")  # its process is this one, which lives
    training(ws, "lost", left=False)
    assert unfinished(ws, KEY) == newest


def test_one_that_still_says_running_though_its_process_is_gone_is_interrupted(ws: wb.Workspace) -> None:
    run = training(ws, "running")
    run.update(process=GONE)
    assert unfinished(ws, KEY) == run


@pytest.mark.parametrize("other", [{"model_name": "lids"}, {"inputs": KEY["inputs"] | {"recipe": "recipe:y"}}])
def test_another_recipe_or_name_or_one_that_was_continued_already_is_not(ws: wb.Workspace, other: dict[str, Any]) -> None:
    training(ws, "lost", **other)
    training(ws, "lost", continued_by="run:train-9")
    assert unfinished(ws, KEY) is None


def test_a_training_is_known_by_its_place_in_the_job(ws: wb.Workspace) -> None:
    first = replace(ws, settings=Settings(run="job-1"))
    runs = []
    for number in range(2):
        assert ordinal(first, KEY) == number
        runs.append(training(first, "lost", attempt=1, ordinal=number))
    training(replace(ws, settings=Settings(run="job-2")), "lost", attempt=1, ordinal=0)
    again = replace(ws, settings=Settings(run="job-1", attempt=2))
    assert ordinal(again, KEY) == 0
    assert [before(again, KEY, number) for number in range(3)] == [*runs, None]


def test_of_several_attempts_the_last_that_left_something_is_continued(ws: wb.Workspace) -> None:
    job = replace(ws, settings=Settings(run="job-1", attempt=4))
    training(job, "lost", attempt=1, ordinal=0)
    second = training(job, "lost", attempt=2, ordinal=0)
    training(job, "lost", attempt=3, ordinal=0, left=False)
    assert before(job, KEY, 0) == second
