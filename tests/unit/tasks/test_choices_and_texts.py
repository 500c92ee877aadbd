"""Labels that are several classes, a text, a side or an order."""

from __future__ import annotations

import pytest

from workbench import tasks
from workbench.core.errors import InputError
from workbench.core.labels import dumps

SEVERAL, WRITTEN = tasks.task("multi-label-text-classification"), tasks.task("image-captioning")
PAIR, RANKING = tasks.task("preference"), tasks.task("ranking")


def test_several_classes_are_one_text_in_whatever_order_and_none_is_an_answer() -> None:
    assert SEVERAL.check('["b", "a", "b"]', ["a", "b"]) == '["a","b"]'
    assert SEVERAL.label_of([]) == "[]"
    assert SEVERAL.likeness('["a","b"]', '["b"]') == 0.5
    with pytest.raises(InputError, match="'z' is none of the classes"):
        SEVERAL.check('["a", "z"]', ["a", "b"])


def test_a_text_loses_the_space_around_it_and_nothing_else() -> None:
    assert WRITTEN.check("  a  <b>\n\n c \n") == "a  <b>\n\n c"
    assert WRITTEN.label_of([{"type": "textarea", "value": {"text": ["one", "two"]}}]) == "one\ntwo"
    assert WRITTEN.label_of([{"type": "textarea", "value": {"text": [" "]}}]) is None
    assert WRITTEN.names_in("anything") == ()


def test_a_tie_agrees_half_with_either_side() -> None:
    assert (PAIR.likeness("left", "tie"), PAIR.likeness("left", "right")) == (0.5, 0)
    with pytest.raises(InputError, match="'both' is none of the classes") as caught:
        PAIR.check("both")
    assert caught.value.hint == "Classes: 'left', 'right', 'tie'."


def test_a_pair_needs_a_second_member_and_a_ranking_two_candidates() -> None:
    with pytest.raises(InputError, match="Row 'i' has no second text"):
        PAIR.shown({"id": "i", "text": "a"}, None)
    with pytest.raises(InputError, match="Row 'i' has no second picture"):
        tasks.task("image-preference").shown({"id": "i"}, None)
    for candidates in (None, ["a"], ["a", "a"]):
        with pytest.raises(InputError, match="Row 'i' has no two different candidates"):
            RANKING.shown({"id": "i", "candidates": candidates}, None)


def test_an_order_has_every_candidate_once() -> None:
    row = {"candidates": ["a", "b", "c"]}
    assert RANKING.check('["c", "a", "b"]', row=row) == '["c","a","b"]'
    for order, said in (
        ('["a", "b"]', "all 3 candidates"),
        ('["a", "b", "b"]', "each candidate once"),
        ("[]", "list of texts"),
    ):
        with pytest.raises(InputError, match=said):
            RANKING.check(order, row=row)
    assert RANKING.likeness(dumps(["a", "b", "c"]), dumps(["a", "c", "b"])) == pytest.approx(2 / 3)


def test_a_row_of_a_table_shows_its_own_columns_only() -> None:
    row = {"id": "i", "name": "n", "label": "x", "tags": ["t"], "age": 4, "city": None, "thumb": b"", "width": 3.5}
    assert tasks.task("tabular-classification").shown(row, None)["table"] == {"age": "4", "width": "3.5"}
