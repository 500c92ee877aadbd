"""Texts of several people come to one, word by word."""

from __future__ import annotations

import pytest

from workbench.ops import rover as ops
from workbench.ops.rover import rover, words


def test_each_word_is_what_most_wrote() -> None:
    assert (
        rover([(1, "the cat sat on a mat"), (1, "the bat sat on the mat"), (1, "cat sat on the hat")])
        == "the cat sat on the mat"
    )
    assert rover([(1, "one three"), (1, "one two three"), (1, "one two three four")]) == "one two three"


def test_who_weighs_more_decides_where_all_differ() -> None:
    assert rover([(0.7, "a crack here"), (0.9, "a track here"), (0.8, "a stack here")]) == "a track here"
    assert rover([(0.7, "yes"), (0.4, "no"), (0.4, "no")]) == "no"


def test_case_and_signs_do_not_part_a_word_and_are_voted_on_themselves() -> None:
    assert rover([(1, "It leaks."), (1, "it leaks"), (1, "It reeks.")]) == "It leaks."


def test_a_character_is_a_word_where_there_are_no_blanks() -> None:
    assert words("泵 Pump-3漏油") == ["泵", "Pump-3", "漏", "油"]
    assert rover([(1, "水泵在漏油"), (1, "水泵漏油"), (1, "水泵在漏水")]) == "水泵在漏油"
    assert rover([(1, "насос течёт"), (1, "насос тычёт"), (1, "насос течёт")]) == "насос течёт"


def test_texts_too_long_for_a_table_are_left_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ops, "MOST_CELLS", 8)
    assert rover([(1, "one two three"), (1, "one")]) is None
    assert rover([(1, "one two"), (1, "one")]) == "one two"
    assert rover([]) == ""
