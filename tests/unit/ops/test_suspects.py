"""What the other items say of a label."""

from __future__ import annotations

import numpy as np

from workbench.ops.suspects import doubtful, out_of_sample, tells
from workbench.ops.vectors import neighbours, unit


def test_a_flipped_label_is_contradicted_and_the_others_are_not() -> None:
    random = np.random.default_rng(0)
    targets = np.repeat([0, 1, 2], 30)
    rows = unit((np.eye(3)[targets] + 0.1 * random.normal(size=(90, 3))).astype(np.float32))
    targets[4] = 2
    said = out_of_sample(rows, *neighbours(rows, 10), targets, 3)
    assert np.allclose(said.sum(axis=1), 1)
    assert said.argmax(axis=1)[4] == 0
    assert (said.argmax(axis=1) == targets).sum() == 89


def test_labels_without_any_pattern_are_not_learned_by_heart() -> None:
    random = np.random.default_rng(0)
    rows = unit(random.normal(size=(300, 60)).astype(np.float32))
    targets = random.integers(0, 2, 300)
    said = out_of_sample(rows, *neighbours(rows, 10), targets, 2)
    assert 0.35 < (said.argmax(axis=1) == targets).mean() < 0.65
    assert not tells(targets, said)


def test_rows_that_are_all_the_same_tell_nothing_of_their_labels() -> None:
    rows, targets = unit(np.ones((60, 4), np.float32)), np.arange(60) % 2
    assert not tells(targets, out_of_sample(rows, *neighbours(rows, 10), targets, 2))
    assert tells(targets, np.eye(2)[np.where(np.arange(60) < 20, 1 - targets, targets)])


def test_no_label_is_doubted_where_all_agree_and_a_flipped_one_is() -> None:
    targets = np.repeat([0, 1], 20)
    said = np.where(np.eye(2)[targets] > 0, 0.9, 0.1)
    assert not doubtful(targets, said).any()
    targets[3] = 1
    assert np.flatnonzero(doubtful(targets, said)).tolist() == [3]
