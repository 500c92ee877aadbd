"""What every task holds to: its config, its labels and their way to Label Studio and back."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from workbench import tasks
from workbench.core.errors import InputError
from workbench.core.task import Learnable
from workbench.testing.items import CLASSES, Example, dataset, example
from workbench.testing.workspace import fake_workspace

FIXTURES = Path(__file__).parents[2] / "fixtures" / "label_studio"
EVERY = pytest.mark.parametrize("name", list(tasks.TASKS))

#: Labels that are none, whatever the task.
NOT_JSON = ["", "nothing of the kind", "[" * 100_000, '{"a": 1}', "[1]", "[[]]", '[{"label": "crack"}]', "null"]


def rows_of(given: Example) -> list[dict[str, Any]]:
    row = {"id": "i0", "name": "n", "width": 97, "height": 61, "seconds": 1.5, "media_b": Path("b.png")}
    return [{**row, **(given.rows[i % len(given.rows)] if given.rows else {})} for i in range(len(given.labels))]


@EVERY
def test_the_config_shows_what_an_item_has_and_asks_for_the_classes(name: str) -> None:
    task, given = tasks.task(name), example(name)
    view = ET.fromstring(task.labeling_config(given.classes))
    fields = {node.get("value", "")[1:] for node in view.iter() if node.tag in ("Image", "Audio", "Text", "Table", "List")}
    assert fields <= set(task.shown(rows_of(given)[0], Path("a.png")))
    asked = {node.get("alias") or node.get("value") for node in view.iter() if node.tag in ("Choice", "Label", "Relation")}
    expected = {"tie"} if "preference" in name else {c.removeprefix("->") for c in task.classes_for(given.classes)}
    assert asked == expected
    names = [node.get("name") for node in view.iter() if node.get("name")]
    assert len(set(names)) == len(names)
    assert all(to in names for node in view.iter() if node.get("toName") for to in node.get("toName", "").split(","))


@EVERY
def test_a_label_comes_back_from_the_result_that_says_it(name: str) -> None:
    task, given = tasks.task(name), example(name)
    for label, row in zip(given.labels, rows_of(given), strict=True):
        assert task.check(label, task.classes_for(given.classes), row=row) == label
        result = json.loads(json.dumps(task.result_of(label, row=row, score=0.5)))
        assert task.label_of(result, row=row) == label
        assert all(region.get("score", 0.5) == 0.5 for region in result)
        assert set(task.names_in(label)) <= set(task.classes_for(given.classes))


@EVERY
def test_labels_in_a_real_export_are_read(name: str) -> None:
    task, given = tasks.task(name), example(name)
    export = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    rows = rows_of(given)
    for item in export:
        number = int(item["data"]["sample"][1:])
        [said] = item["annotations"]
        assert task.label_of(said["result"], row=rows[number]) == given.labels[number]
    assert len(export) == len(given.labels)


@EVERY
def test_labels_are_alike_from_0_to_1_in_both_directions(name: str) -> None:
    task, given = tasks.task(name), example(name)
    for one in given.labels:
        assert task.likeness(one, one) == 1
        for other in given.labels:
            alike = task.likeness(one, other)
            assert 0 <= alike <= 1
            assert alike == pytest.approx(task.likeness(other, one))
            assert (alike == 1) is (one == other)


@EVERY
def test_what_is_no_label_of_the_task_is_refused_with_a_reason(name: str) -> None:
    task, given = tasks.task(name), example(name)
    if task.shape == "text":
        with pytest.raises(InputError, match="The text of a label is empty"):
            task.check(" \n")
        return
    for label in NOT_JSON:
        with pytest.raises(InputError) as caught:
            task.check(label, task.classes_for(given.classes))
        assert len(caught.value.message) < 400


@EVERY
def test_answers_of_another_form_say_nothing_or_are_refused_and_never_crash(name: str) -> None:
    task, given = tasks.task(name), example(name)
    [*good] = task.result_of(given.labels[-1] if given.labels[-1] != "[]" else given.labels[0], row=rows_of(given)[0])
    broken: list[Any] = [{}, 7, "x", {"type": "choices"}, {"type": "choices", "value": None}, {"type": "relation"}]
    broken += [{**region, "value": value} for region in good for value in (None, [], {}, "x", {"choices": None})]
    for region in broken:
        try:
            said = task.label_of([region])
        except InputError:
            continue
        assert said in (None, "[]", '{"relations":[],"spans":[]}')


@EVERY
def test_a_dataset_of_the_task_can_be_shown(name: str, tmp_path: Path) -> None:
    task, data = tasks.task(name), dataset(fake_workspace(tmp_path), name)
    for row in data.rows():
        shown = tasks.shown(task, data, row)
        files = [value for value in shown.values() if isinstance(value, Path)]
        assert all(file.is_file() for file in files)
        assert len(files) == sum(column in row for column in ("media", "media_b"))
        json.dumps({key: str(value) if isinstance(value, Path) else value for key, value in shown.items()})


def test_classes_that_cannot_be_told_apart_are_refused_by_every_task_that_asks_for_them() -> None:
    for name in tasks.TASKS:
        task = tasks.task(name)
        if task.fixed or task.shape in ("text", "order"):
            assert task.classes_for(["a", "a"]) == task.fixed
            continue
        with pytest.raises(InputError, match=r"'a' is there twice; ' ' is empty; 'b\\x00' has a control character"):
            task.classes_for(["a", "a", " ", "b\0"])
    with pytest.raises(InputError, match="at least 1 is needed"):
        tasks.task("object-detection").classes_for([])


def test_a_class_that_looks_like_a_field_is_shown_and_answered_as_it_is() -> None:
    view = ET.fromstring(tasks.task("text-classification").labeling_config(["US$5", "a $ b", "$"]))
    assert [(node.get("value"), node.get("alias")) for node in view.iter("Choice")] == [
        ("US$\u200b5", "US$5"),
        ("a $ b", None),
        ("$", None),
    ]


def test_a_task_that_no_model_is_trained_for_says_which_ones_are() -> None:
    with pytest.raises(InputError, match="Models are not trained for object-detection here") as caught:
        tasks.learnable("object-detection")
    assert caught.value.hint == "Trained: image-classification, text-classification."
    assert isinstance(tasks.learnable("text-classification"), Learnable)


def test_the_examples_have_names_that_want_care() -> None:
    assert {"<", "$", "'", '"'} <= set("".join(CLASSES))
