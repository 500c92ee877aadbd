"""One person's answer: checked, kept by person and item, counted."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import InputError, NotFoundError
from workbench.labeling.answer import Said, keep
from workbench.labeling.items import rows


def job(ws: wb.Workspace, **more: Any) -> wb.Labeling:
    made = [{"id": id, "media": ws.blobs.put(id.encode(), suffix=".png"), "name": id} for id in ("a", "b")]
    data = commit(ws, "caps", made)
    return wb.label(data, task="image-classification", classes=["ok", "crack"], place="cell", **more)


def test_an_answer_is_kept_by_person_and_item_and_becomes_a_label(ws: wb.Workspace) -> None:
    caps = job(ws)
    caps.answer("a", "ok", annotator="ann", seconds=2.5)
    caps.answer("a", "crack", annotator="ann")
    caps.answer("b", "ok", annotator="bob")
    answers = ws.journal.answers("caps")[1]
    assert sorted((a.id, a.annotator, a.key, a.source, a.state) for a in answers) == [
        ("a", "ann", "ann/a", "cell", "given"),
        ("b", "bob", "bob/b", "cell", "given"),
    ]
    info = caps.info()
    assert (info.state, info.n_labeled, info.n_answers) == ("done", 2, 2)
    assert [(row["label"], row["label_by"]) for row in caps.pull()] == [("crack", "ann"), ("ok", "bob")]


def test_a_label_that_is_none_keeps_nothing_of_its_batch(ws: wb.Workspace) -> None:
    caps, at = job(ws), ws.now()
    with pytest.raises(InputError, match="'rust'"):
        keep(caps, [Said(item="a", label="ok", annotator="ann", at=at), Said(item="b", label="rust", annotator="ann", at=at)])
    assert ws.journal.answers("caps")[1] == []


def test_skipped_and_withdrawn_answers_need_no_label(ws: wb.Workspace) -> None:
    caps = job(ws)
    caps.answer("a", "", annotator="ann", state="skipped")
    caps.answer("b", "ok", annotator="ann")
    caps.answer("b", "", annotator="ann", state="withdrawn")
    assert [(a.id, a.state, list(a.result)) for a in ws.journal.answers("caps")[1]] == [
        ("a", "skipped", []),
        ("b", "withdrawn", []),
    ]
    assert ws.assignments.claim("caps", "ann", 5) == ["b"]


def test_a_review_stands_beside_what_the_same_person_said_before(ws: wb.Workspace) -> None:
    caps = job(ws)
    caps.answer("a", "ok", annotator="ann")
    caps.answer("a", "crack", annotator="ann", source="review")
    assert len(ws.journal.answers("caps")[1]) == 2
    [row] = [row for row in caps.pull() if row["id"] == "a"]
    assert (row["label"], row["reviewed_by"]) == ("crack", "ann")


def test_only_the_annotators_that_are_named_may_answer(ws: wb.Workspace) -> None:
    caps = job(ws, annotators=["ann", "bob"])
    with pytest.raises(InputError, match="'eve' is not one of the annotators") as caught:
        caps.answer("a", "ok", annotator="eve")
    assert caught.value.hint == "Annotators: ann, bob."


def test_an_item_that_was_never_pushed_is_not_found(ws: wb.Workspace) -> None:
    with pytest.raises(NotFoundError, match="'z'"):
        job(ws).answer("z", "ok", annotator="ann")


def test_rows_come_from_the_dataset_that_was_pushed_last(ws: wb.Workspace) -> None:
    caps = job(ws)
    health = commit(ws, "health", [{"id": id, "media": "m", "name": f"new {id}"} for id in ("b", "c")])
    caps.push(health)
    found = rows(caps, ["c", "a", "b"])
    assert [(id, data.name, row["name"]) for id, (data, row) in found.items()] == [
        ("c", "health", "new c"),
        ("a", "caps", "a"),
        ("b", "health", "new b"),
    ]
