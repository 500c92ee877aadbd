"""Choosing a model for a request."""

from __future__ import annotations

import random
from collections import Counter
from math import sqrt

from workbench.serving.shares import Shares

A, B = "model:caps@1", "model:caps@2"


def within(n: int, of: int, share: float) -> bool:
    """Return whether a count lies in the 99.9 % interval of a binomial draw."""
    return abs(n - of * share) < 3.3 * sqrt(of * share * (1 - share))


def test_random_requests_follow_the_shares() -> None:
    shares = Shares({A: 90, B: 10}, rng=random.Random(3).random)
    found = Counter(shares.choose() for _ in range(20_000))
    assert within(found[B], 20_000, 0.1)


def test_keys_follow_the_shares() -> None:
    shares = Shares({A: 90, B: 10})
    found = Counter(shares.choose(f"user-{i}") for i in range(20_000))
    assert within(found[B], 20_000, 0.1)


def test_a_key_always_meets_the_same_model() -> None:
    for i in range(100):
        assert len({Shares({A: 50, B: 50}).choose(f"user-{i}") for _ in range(5)}) == 1


def test_a_growing_canary_keeps_the_keys_that_it_has() -> None:
    small, large = Shares({A: 90, B: 10}), Shares({A: 50, B: 50})
    keys = [f"user-{i}" for i in range(5000)]
    assert {k for k in keys if small.choose(k) == B} < {k for k in keys if large.choose(k) == B}


def test_the_order_of_the_shares_does_not_matter() -> None:
    one, other = Shares({A: 70, B: 30}), Shares({B: 30, A: 70})
    assert all(one.choose(str(i)) == other.choose(str(i)) for i in range(500))


def test_a_model_without_a_share_is_never_chosen() -> None:
    assert {Shares({A: 100, B: 0}).choose(str(i)) for i in range(100)} == {A}
