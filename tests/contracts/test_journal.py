"""What every journal of answers does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from workbench.core.errors import InputError
from workbench.core.ports import Answer, Journal
from workbench.store.journal import SqliteJournal
from workbench.testing.journal import FakeJournal

_CRACK = [{"from_name": "label", "to_name": "image", "type": "choices", "value": {"choices": ["Riß <i>"]}}]
ANN = Answer("a", "ann", "2026-03-01T12:00:00.000+00:00", _CRACK, 2.5, "ann/a", "cell")


@pytest.fixture(params=["fake", "sqlite"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Journal:
    return FakeJournal() if request.param == "fake" else SqliteJournal(tmp_path / "labels.db")


def test_an_answer_comes_back_as_it_was_given(journal: Journal) -> None:
    assert journal.write("caps", [ANN]) == 1
    assert journal.answers("caps")[1] == [ANN]
    assert journal.answers("lids")[1] == []


def test_the_same_answers_again_are_no_news(journal: Journal) -> None:
    journal.write("caps", [ANN])
    newest, _ = journal.answers("caps")
    assert journal.write("caps", [ANN, ANN]) == 0
    assert journal.answers("caps", since=newest) == (newest, [])


def test_a_changed_answer_replaces_the_one_of_its_key_and_is_news(journal: Journal) -> None:
    bob = replace(ANN, annotator="bob", key="bob/a")
    journal.write("caps", [ANN, bob])
    newest, _ = journal.answers("caps")
    changed = replace(ANN, at="2026-03-01T12:00:09Z", result=[], state="skipped")
    assert journal.write("caps", [changed]) == 1
    assert journal.answers("caps")[1] == [bob, changed]
    assert journal.answers("caps", since=newest)[1] == [changed]


def test_an_answer_that_arrives_late_never_replaces_a_newer_one(journal: Journal) -> None:
    journal.write("caps", [ANN])
    # Earlier by a second, though its text sorts later: times are compared, not their spelling.
    late = replace(ANN, at="2026-03-01T13:59:59+02:00", result=[])
    assert journal.write("caps", [late]) == 0
    assert journal.answers("caps")[1] == [ANN]


def test_an_answer_without_a_key_is_told_by_its_annotator_and_item(journal: Journal) -> None:
    first = replace(ANN, key="")
    journal.write("caps", [first, replace(first, annotator="bob"), replace(first, id="b")])
    assert journal.write("caps", [replace(first, at="2026-03-01T12:00:01Z")]) == 1
    assert len(journal.answers("caps")[1]) == 3


def test_one_answer_that_does_not_say_when_leaves_the_others_unwritten(journal: Journal) -> None:
    with pytest.raises(InputError, match="An answer to 'b' was given at 'noon', which is no ISO 8601 time"):
        journal.write("caps", [ANN, replace(ANN, id="b", key="ann/b", at="noon")])
    assert journal.answers("caps") == (0, [])
