"""Shares, the way in for a canary, and the way back."""

from __future__ import annotations

import pytest

from workbench.core.errors import InputError
from workbench.serving import traffic

A, B, C = "model:caps@1", "model:caps@2", "model:caps@3"


def entry(why: str = "routed", **shares: float) -> dict[str, object]:
    names = {"a": A, "b": B, "c": C}
    return {"at": "", "why": why, "traffic": {names[k]: v for k, v in shares.items()}}


def test_shares_that_do_not_sum_to_100_are_added_up_for_the_reader() -> None:
    with pytest.raises(InputError) as caught:
        traffic.check({A: 80, B: 30})
    assert caught.value.message == "Shares of the traffic must sum to 100, got 80 + 30 = 110."


@pytest.mark.parametrize("share", [-1, 101, float("nan"), float("inf")])
def test_a_share_outside_0_to_100_is_named(share: float) -> None:
    with pytest.raises(InputError, match=A):
        traffic.check({A: share, B: 50})


def test_no_shares_at_all_are_refused() -> None:
    with pytest.raises(InputError, match="got none = 0"):
        traffic.check({})


def test_a_first_model_gets_everything_whatever_its_share() -> None:
    assert traffic.admit({}, A, 10) == {A: 100.0}


def test_admitting_twice_is_admitting_once() -> None:
    once = traffic.admit({A: 100.0}, B, 10)
    assert traffic.admit(once, B, 10) == once == {A: 90.0, B: 10.0}


def test_the_others_keep_their_proportions() -> None:
    assert traffic.admit({A: 60.0, B: 40.0}, C, 50) == {A: 30.0, B: 20.0, C: 50.0}


def test_shares_of_thirds_still_sum_to_100() -> None:
    assert sum(traffic.admit({A: 100 / 3, B: 200 / 3}, C, 33.3).values()) == 100


def test_all_for_one_leaves_nobody_else() -> None:
    assert traffic.admit({A: 90.0, B: 10.0}, B, 100) == {B: 100.0}


def test_a_canary_goes_back_to_the_model_before_it() -> None:
    assert traffic.settled_before([entry(a=100), entry(a=90, b=10)], {A: 90.0, B: 10.0}) == A


def test_a_cut_over_goes_back_past_its_own_canary() -> None:
    assert traffic.settled_before([entry(a=100), entry(a=90, b=10), entry(b=100)], {B: 100.0}) == A


def test_going_back_twice_goes_further_back() -> None:
    history = [entry(a=100), entry(b=100), entry(c=100), entry(traffic.ROLLED_BACK, b=100)]
    assert traffic.settled_before(history, {B: 100.0}) == A


def test_the_first_model_has_nothing_before_it() -> None:
    assert traffic.settled_before([entry(a=100), entry("stopped"), entry(a=100)], {A: 100.0}) == ""
