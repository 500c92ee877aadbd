"""Spans and what holds between them."""

from __future__ import annotations

import pytest

from workbench import tasks
from workbench.core.errors import InputError
from workbench.core.labels import dumps

TASK = tasks.task("relation-extraction")
CLASSES = ("person", "firm", "->works for")
ANN, ACME = {"start": 0, "end": 3, "label": "person"}, {"start": 13, "end": 17, "label": "firm"}
WORKS = {"from": "s1", "to": "s2", "label": "works for"}
LABEL = dumps({"spans": [{"id": "s1", **ANN}, {"id": "s2", **ACME}], "relations": [WORKS]})


def test_spans_are_named_by_their_place_whatever_they_were_called() -> None:
    named = {"spans": [{"id": 7, **ACME}, {"id": "x", **ANN}, {"id": "y", **ANN}]}
    said = {**named, "relations": [{**WORKS, "from": "x", "to": 7}, {**WORKS, "from": "y", "to": "7"}]}
    assert TASK.check(dumps(said), CLASSES) == LABEL
    assert TASK.names_in(LABEL) == ("->works for", "firm", "person")


def test_a_relation_that_was_drawn_to_the_left_is_turned_round() -> None:
    *spans, drawn = TASK.result_of(LABEL)
    turned = {**drawn, "from_id": "s2", "to_id": "s1", "direction": "left"}
    assert TASK.label_of([*spans, turned]) == LABEL
    assert '"label":""' in str(TASK.label_of([*spans, {**drawn, "labels": []}]))


@pytest.mark.parametrize(
    ("relation", "said"),
    [
        ({**WORKS, "to": "s9"}, "there is no span 's9'"),
        ({**WORKS, "label": "loves"}, "'loves' is none"),
        ({}, "it has no 'from'"),
    ],
)
def test_a_relation_needs_two_spans_and_a_known_class(relation: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        TASK.check(dumps({"spans": [{"id": "s1", **ANN}, {"id": "s2", **ACME}], "relations": [relation]}), CLASSES)


def test_relations_are_alike_when_both_of_their_ends_are() -> None:
    without = dumps({"spans": [{"id": "s1", **ANN}, {"id": "s2", **ACME}], "relations": []})
    shorter = LABEL.replace('"end":17', '"end":15')
    assert TASK.likeness(LABEL, without) == pytest.approx(0.5)
    assert TASK.likeness(LABEL, shorter) == pytest.approx((0.75 + 0.5) / 2)
