"""Each of the seven errors, in the shell: a message for people, one shape for programs, its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.cli.main import main
from workbench.core import errors

SEVEN = [
    errors.InputError("`n` must be at least 1, got 0.", hint="Give a number."),
    errors.not_found("dataset", "line-4", ["line-3"]),
    errors.ConflictError("Run job-1 is done, not queued or running."),
    errors.DependencyError("tune() needs the package 'optuna'.", hint="Run: pip install 'perception-workbench[tune]'"),
    errors.ExternalError("Label Studio: no answer from http://x.", hint="Run: workbench labels start", system="Label Studio"),
    errors.RunError("Run train-7 failed: OutOfMemoryError in cell 4.", hint="Log: /ws/runs/train-7/log.txt"),
    errors.GateError("model:caps@4 missed its gate: f1 is 0.810, required 0.900."),
]


@pytest.fixture(params=SEVEN, ids=lambda exc: exc.code)
def planted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> errors.WorkbenchError:
    def broken(*_: object) -> None:
        raise request.param

    monkeypatch.setattr("workbench.cli.main.call", broken)
    return request.param


def test_people_read_what_is_wrong_and_what_to_do(
    planted: errors.WorkbenchError, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["split", "caps", "0.5", "0.5", "-w", str(tmp_path)])
    said = capsys.readouterr()
    assert status == errors.STATUS[planted.code].exit
    assert said.out == ""
    assert said.err == planted.message + "\n" + (planted.hint + "\n" if planted.hint else "")


def test_programs_get_one_document(planted: errors.WorkbenchError, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["call", "split", "-w", str(tmp_path)])
    said = capsys.readouterr()
    assert status == errors.STATUS[planted.code].exit
    assert json.loads(said.out) == {"ok": False, "code": planted.code, "message": planted.message, "hint": planted.hint}
    assert said.err == ""
