"""One registry of verbs serves every face: arguments are typed, references resolved, problems told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import InputError, NotFoundError
from workbench.core.verbs import call, encode, parameters


def rows(n: int) -> list[dict[str, object]]:
    return [{"id": f"{i:03}", "label": "ok" if i % 2 else "crack"} for i in range(n)]


def test_arguments_are_described_without_the_workspace() -> None:
    assert [(p.name, p.type, p.required) for p in parameters("split")] == [
        ("data", "dataset", True),
        ("shares", "array", False),
        ("by", "choice", False),
        ("together", "string", False),
        ("time", "string", False),
        ("seed", "integer", False),
    ]
    assert [p.name for p in parameters("ingest")][:2] == ["name", "source"]


def test_a_call_resolves_references_and_reads_text(ws: wb.Workspace) -> None:
    commit(ws, "caps", rows(20), task="image-classification", classes=["ok", "crack"])
    parts = call("split", ws, {"data": "caps", "shares": ["0.5", "0.5"], "by": "label", "seed": "3"})
    assert [part["n_items"] for part in encode(parts)] == [10, 10]


def test_every_problem_of_a_call_is_told_at_once(ws: wb.Workspace) -> None:
    commit(ws, "caps", rows(4))
    with pytest.raises(InputError) as told:
        call("split", ws, {"data": "caps", "by": "size", "sed": 1})
    assert told.value.message == "split: unknown argument 'sed'; `by` must be one of '', 'label', got 'size'."
    with pytest.raises(InputError, match="`data` is missing"):
        call("split", ws, {})


def test_an_unknown_verb_or_reference_lists_close_ones(ws: wb.Workspace) -> None:
    with pytest.raises(NotFoundError, match="Did you mean 'ingest'"):
        call("ingst", ws, {})
    commit(ws, "caps", rows(4))
    with pytest.raises(NotFoundError, match="Did you mean 'caps'"):
        call("split", ws, {"data": "dataset:cap", "shares": [0.5, 0.5]})


def test_a_selection_is_found_again_by_its_reference(ws: wb.Workspace) -> None:
    data = commit(ws, "caps", rows(10))
    chosen = data.select(["003", "001"])
    again = ws.dataset(chosen.ref)
    assert again.ids() == ["003", "001"]
    assert (again.ref, len(again)) == (chosen.ref, 2)
    assert chosen.ref != data.ref
    with pytest.raises(NotFoundError, match="No content of dataset caps@1"):
        ws.dataset("dataset:caps@1#0000aaaa")


def test_verbs_without_a_workspace_mean_the_one_that_was_opened(tmp_path: Path) -> None:
    from workbench.core.workspace import current

    ws = wb.open(tmp_path / "line-3", environment={})
    assert current() is ws
