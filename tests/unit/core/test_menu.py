"""What can be done with a record depends on its kind and its state."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.core.menu import Action, offered, ref_of
from workbench.core.ports import Record
from workbench.core.verbs import lookup, parameters


def record(kind: str, id: str, state: str = "ready", **fields: Any) -> Record:
    return Record(kind, id, 1, state, "2026-01-01T00:00:00+00:00", fields)


def labels(one: Record) -> list[str]:
    return [action.label for action in offered(one)]


@pytest.mark.parametrize(("state", "expected"), [("queued", ["Cancel"]), ("running", ["Cancel"]), ("done", []), ("lost", [])])
def test_only_a_run_that_is_under_way_can_be_cancelled(state: str, expected: list[str]) -> None:
    assert labels(record("run", "train-1", state)) == expected


def test_only_a_model_that_runs_on_torch_is_offered_for_optimizing() -> None:
    assert labels(record("model", "caps@1", runtime="torch")) == ["Deploy", "Optimize"]
    assert labels(record("model", "caps@2", runtime="openvino")) == ["Deploy"]


def test_a_model_is_optimized_on_what_it_was_checked_on() -> None:
    known = offered(record("model", "caps@1", runtime="torch", val="dataset:caps@2#9f3c"))[-1]
    assert (known.arguments, known.ask) == ({"model": "model:caps@1", "data": "dataset:caps@2#9f3c"}, ())
    assert offered(record("model", "caps@1", runtime="torch"))[-1].ask == ("data",)


def test_a_service_with_a_canary_can_be_cut_over_to_the_model_that_came_last() -> None:
    history = [{"traffic": {"model:caps@2": 100}}, {"traffic": {"model:caps@1": 10, "model:caps@2": 90}}]
    offers = offered(record("service", "check", "running", traffic=history[-1]["traffic"], history=history))
    assert [offer.label for offer in offers] == ["Cut over", "Roll back", "Stop"]
    assert offers[0].arguments == {"service": "service:check", "traffic": {"model:caps@1": 100}}


def test_a_model_that_comes_back_as_a_canary_is_the_one_to_cut_over_to() -> None:
    shares = [{"a": 100}, {"a": 90, "b": 10}, {"b": 100}, {"b": 90, "a": 10}]
    history = [{"traffic": {f"model:{name}@1": share for name, share in entry.items()}} for entry in shares]
    [cut_over, *_] = offered(record("service", "check", "running", traffic=history[-1]["traffic"], history=history))
    assert cut_over.arguments["traffic"] == {"model:a@1": 100}


def test_a_service_that_never_had_another_model_cannot_be_rolled_back() -> None:
    alone = {"model:caps@1": 100}
    assert labels(record("service", "check", "running", traffic=alone, history=[{"traffic": alone}])) == ["Stop"]


@pytest.mark.parametrize("state", ["stopped", "failed"])
def test_a_service_that_does_not_run_is_started_with_the_model_and_the_share_that_it_had(state: str) -> None:
    history = [{"traffic": {"model:caps@1": 90, "model:caps@2": 10}}, {"traffic": {}}]
    [start] = offered(record("service", "check", state, history=history))
    assert (start.label, start.verb) == ("Start", "serve")
    assert start.arguments == {"model": "model:caps@1", "name": "check", "canary": 90}


def test_nothing_can_be_done_with_a_service_that_never_ran_or_a_kind_without_verbs() -> None:
    assert labels(record("service", "check", "stopped", traffic={})) == []
    assert labels(record("report", "evaluate-1")) == []


def test_a_dataset_is_named_with_its_version() -> None:
    assert ref_of(record("dataset", "caps", ref="dataset:caps@2#9f3c")) == "dataset:caps@2#9f3c"


@pytest.mark.parametrize(
    "one",
    [
        record("dataset", "caps", ref="dataset:caps@1"),
        record("labeling", "caps"),
        record("run", "train-1", "running"),
        record("model", "caps@1", runtime="torch"),
        record("service", "check", "running", traffic={"model:caps@1": 90, "model:caps@2": 10}),
    ],
    ids=lambda r: r.kind,
)
def test_what_is_offered_has_the_arguments_that_its_verb_takes(one: Record) -> None:
    for action in offered(one):
        assert callable(lookup(action.verb))
        known = {p.name: p for p in parameters(action.verb)}
        told = {*action.arguments, *action.ask}
        assert told <= set(known)
        assert {p.name for p in known.values() if p.required} <= told


def test_what_is_empty_is_left_out_of_the_json() -> None:
    assert Action(verb="pull", label="Pull").to_json() == {"verb": "pull", "label": "Pull", "arguments": {}}
