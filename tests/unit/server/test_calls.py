"""Verbs in processes of their own."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from workbench.core.errors import ConflictError, ExternalError, NotFoundError
from workbench.server.calls import Answer, Calls, describe


def calls(code: str, **settings: float) -> Calls:
    """Return calls whose process is this program, which gets the verb and the options as arguments."""
    return Calls(command=(sys.executable, "-c", code), **settings)  # type: ignore[arg-type]  # numbers of either kind


def call(at_work: Calls, folder: Path, verb: str = "train", **arguments: object) -> Answer:
    return asyncio.run(at_work.call(verb, arguments, workspace=folder))


def test_arguments_go_in_as_json_and_the_answer_comes_out(tmp_path: Path) -> None:
    echo = "import json, sys; print(json.dumps({'ok': True, 'result': [sys.argv[1:], json.load(sys.stdin)]}))"
    answer = call(calls(echo), tmp_path, data="dataset:caps@1")
    assert answer.status == 200
    assert answer.body["result"] == [
        ["train", "--arguments", "-", "--workspace", str(tmp_path)],
        {"data": "dataset:caps@1"},
    ]


def test_an_error_keeps_its_shape_and_gets_its_status(tmp_path: Path) -> None:
    code = 'print(\'{"ok": false, "code": "gate", "message": "Missed.", "hint": ""}\'); raise SystemExit(1)'
    answer = call(calls(code), tmp_path)
    assert (answer.status, answer.body["code"]) == (409, "gate")


def test_a_crash_is_a_bug_and_tells_no_details(tmp_path: Path) -> None:
    answer = call(calls("raise RuntimeError('secret')"), tmp_path)
    assert (answer.status, answer.body["code"]) == (500, "bug")
    assert "secret" not in str(answer.body)


def test_a_verb_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(ExternalError, match=r"train was ended after 0\.2 s"):
        call(calls("import time; time.sleep(60)", timeout_s=0.2), tmp_path)


def test_more_verbs_than_the_limit_are_refused(tmp_path: Path) -> None:
    at_work = calls("import time; time.sleep(.5); print('{\"ok\": true}')", most=1)

    async def two() -> list[object]:
        both = (at_work.call("train", {}, workspace=tmp_path) for _ in range(2))
        return await asyncio.gather(*both, return_exceptions=True)

    kinds = [type(answer) for answer in asyncio.run(two())]
    assert kinds == [Answer, ConflictError]


def test_an_unknown_verb_is_named_with_its_neighbours_and_starts_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="Did you mean 'train'"):
        call(calls("raise SystemExit(3)"), tmp_path, verb="trian")


def test_verbs_are_described_with_their_arguments() -> None:
    found = {verb["name"]: verb["parameters"] for verb in describe()}
    assert [p["name"] for p in found["serve"]][:3] == ["model", "name", "canary"]
    by = next(p for p in found["pick"] if p["name"] == "by")
    assert by["choices"] == ["random", "uncertainty", "margin", "disagreement", "diversity", "coverage", "hybrid"]
