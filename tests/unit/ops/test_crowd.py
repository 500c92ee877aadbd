"""Truth and skill from votes."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from numpy.typing import NDArray

from workbench.ops.crowd import Votes, dawid_skene, one_coin, votes

N_CLASSES = 4


def crowd(confusion: NDArray[np.float64], n_items: int, seed: int = 0) -> tuple[NDArray[np.int64], list[list[int]]]:
    """Return the truth of items, and the votes of as many people as there are matrices in *confusion*."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, N_CLASSES, n_items)
    said = [
        [item, person, int(random.choice(N_CLASSES, p=confusion[person, truth[item]]))]
        for item in range(n_items)
        for person in range(len(confusion))
    ]
    return truth, said


def ballots(said: list[list[int]], n_classes: int = N_CLASSES, known: list[int] | None = None) -> Votes:
    item, person, label = zip(*said, strict=True)
    return votes(item, person, label, n_classes, known)


def habits(*swapped: tuple[int, int]) -> NDArray[np.float64]:
    """Return people who know every class but one, which they take for another four times of five."""
    made = np.tile(np.eye(N_CLASSES) * 0.96 + 0.01, (len(swapped), 1, 1))
    for person, (true, said) in enumerate(swapped):
        made[person, true] = 0.02
        made[person, true, said] = 0.8
        made[person, true, true] = 0.16
    return made


def test_habits_of_people_are_found_and_undone() -> None:
    truth, said = crowd(habits((1, 0), (1, 0), (2, 3), (3, 2)), 400)
    made = ballots(said)
    most, found = made.shares().argmax(axis=1), dawid_skene(made)
    assert (found.likely.argmax(axis=1) == truth).mean() > (most == truth).mean() + 0.03
    assert found.confusion[0, 1].argmax() == 0
    assert abs(found.confusion[0, 1, 0] - 0.8) < 0.1


def test_where_people_have_no_habits_few_answers_are_no_reason_to_see_some() -> None:
    """Ten classes and 300 items are too few for matrices of 100 numbers; a plain EM loses three items of a hundred by them."""
    random, n_classes = np.random.default_rng(0), 10
    truth = random.integers(0, n_classes, 300)
    said = [
        [item, person, int(right if random.random() < skill else (right + random.integers(1, n_classes)) % n_classes)]
        for item, right in enumerate(truth)
        for person, skill in enumerate((0.9, 0.7, 0.5))
    ]
    made = ballots(said, n_classes)
    full, plain = dawid_skene(made), one_coin(made)
    assert (full.likely.argmax(axis=1) == plain.likely.argmax(axis=1)).mean() > 0.99
    assert np.abs(full.skill - (0.9, 0.7, 0.5)).max() < 0.08


def test_known_items_are_believed_whatever_people_say() -> None:
    said = [[0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 0]]
    made = ballots(said, 2, known=[0, -1])
    for model in (one_coin, dawid_skene):
        assert model(made).likely[0].tolist() == [1.0, 0.0]


def test_probabilities_add_up_and_one_vote_is_no_certainty() -> None:
    found = dawid_skene(votes([0], [0], [1], 3))
    assert found.likely.sum() == pytest.approx(1)
    assert found.likely.shape == (1, 3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_estimates_are_those_of_crowd_kit(seed: int) -> None:
    """Both are the EM of Dawid and Skene; where people have habits and answers are many, tempering weighs nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandas as pd
        from crowdkit.aggregation import DawidSkene

        _, said = crowd(habits((0, 1), (2, 3), (3, 0), (1, 2), (1, 3)), 600, seed)
        table = pd.DataFrame(said, columns=["task", "worker", "label"])
        theirs = DawidSkene(n_iter=200).fit_predict(table).sort_index().to_numpy()
    ours = dawid_skene(ballots(said)).likely.argmax(axis=1)
    assert (ours == theirs).mean() > 0.98
