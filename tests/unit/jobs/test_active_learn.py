"""How active learning answers wrong use, and how labels saved are counted."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import InputError
from workbench.jobs.learning.rehearsal import labels_for, right


@pytest.fixture
def labeled(ws: wb.Workspace) -> wb.Dataset:
    rows = [{"id": f"{n:02}", "text": f"text {n}", "label": "ab"[n % 2], "embedding": [1.0, n % 2]} for n in range(30)]
    return commit(ws, "texts", rows, task="text-classification", meta={"embedding_by": "ngrams"})


def test_numbers_out_of_range_are_named_together(labeled: wb.Dataset) -> None:
    with pytest.raises(
        InputError, match="`per_round` must be .*, got 0; `rounds` must be .*, got '9'; `target` must be .*, got 2"
    ):
        wb.active_learn(labeled, per_round=0, rounds="9", target=2)  # type: ignore[arg-type]  # mistakes


def test_labels_that_are_more_than_a_name_are_refused_with_what_works_instead(ws: wb.Workspace) -> None:
    boxes = commit(ws, "boxes", [{"id": "a", "label": "[]"}], task="object-detection")
    with pytest.raises(InputError, match=r"is for object-detection; .*wb.pick\(data, n, by=\"coverage\"\)"):
        wb.active_learn(boxes)


def test_too_few_labels_and_a_single_class_are_told(ws: wb.Workspace, labeled: wb.Dataset) -> None:
    with pytest.raises(InputError, match="30 labels are too few for a rehearsal with 15 labels a round"):
        wb.active_learn(labeled, per_round=15)
    one = labeled.select([id for id in labeled.ids() if int(id) % 2])
    with pytest.raises(InputError, match="has only the label 'b'"):
        wb.active_learn(one)


def test_several_classes_an_item_are_rehearsed_by_the_names_in_common(ws: wb.Workspace) -> None:
    names = ['["a", "b"]', '["b"]', "[]"]
    rows = [
        {
            "id": f"{n:02}",
            "text": f"text {n}",
            "label": names[n % 3],
            "embedding": [1.0 if n % 3 == i else 0.0 for i in range(3)],
        }
        for n in range(60)
    ]
    data = commit(ws, "several", rows, task="multi-label-text-classification", meta={"embedding_by": "ngrams"})
    heard: list[tuple[object, object]] = []
    ws.events.subscribe(lambda event: heard.append((event.fields["done"], event.fields["total"])))
    report = wb.active_learn(data, per_round=10, rounds=2, repeats=1)
    assert report.details["curve"][-1]["hybrid"] == 1.0
    assert (2, 2) in heard, "two orders, one run each"
    assert right([frozenset("ab"), frozenset("b")], [frozenset("b"), frozenset("b")]) == 0.75


def test_needed_labels_lie_between_rounds_and_are_none_when_nothing_reached_the_target() -> None:
    assert labels_for(0.5, [10, 20], [0.5, 0.9]) == 10
    assert labels_for(0.9, [10, 20, 30], [0.5, 0.8, 1.0]) == 25
    assert labels_for(0.9, [10, 20], [0.5, 0.8]) is None
