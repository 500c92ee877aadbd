"""The scores of a classifier, against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sklearn

from workbench.ops import metrics


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_the_scores_are_those_of_scikit_learn(seed: int, n_classes: int) -> None:
    random = np.random.default_rng(seed)
    truth = random.integers(0, n_classes, 60)
    guess = np.where(random.random(60) < 0.7, truth, random.integers(0, n_classes, 60))
    found = metrics.scores(metrics.confusion(truth, guess, n_classes))
    told = {"average": "macro", "zero_division": 0}
    assert found == pytest.approx(
        {
            "accuracy": sklearn.accuracy_score(truth, guess),
            "f1": sklearn.f1_score(truth, guess, **told),
            "precision": sklearn.precision_score(truth, guess, **told),
            "recall": sklearn.recall_score(truth, guess, **told),
        }
    )


def test_the_confusion_matrix_and_the_classes_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    truth, guess = random.integers(0, 4, 50), random.integers(0, 4, 50)
    counts = metrics.confusion(truth, guess, 4)
    assert (counts == sklearn.confusion_matrix(truth, guess)).all()
    precision, recall, f1, support = sklearn.precision_recall_fscore_support(truth, guess, zero_division=0)
    table = metrics.per_class(counts)
    for name, expected in {"precision": precision, "recall": recall, "f1": f1, "support": support}.items():
        assert table[name] == pytest.approx(expected)


def test_a_class_that_occurs_nowhere_does_not_count() -> None:
    # As scikit-learn: a macro mean is over the labels in truth or guess, not over all that a model could say.
    assert metrics.scores(metrics.confusion([0, 1], [0, 1], 5))["f1"] == 1.0


def test_no_items_score_zero() -> None:
    assert set(metrics.scores(metrics.confusion([], [], 3)).values()) == {0.0}


def test_softmax_of_large_outputs_stays_finite() -> None:
    rows = metrics.softmax([[1000.0, 0.0], [-1000.0, -1001.0]])
    assert np.isfinite(rows).all()
    assert rows.sum(axis=1) == pytest.approx([1, 1])


def test_the_bootstrap_interval_covers_the_binomial_one() -> None:
    hits = np.array([1.0] * 80 + [0.0] * 20)
    low, high = metrics.bootstrap(lambda picked: {"mean": float(hits[picked].mean())}, 100, n_rounds=2000)["mean"]
    expected = 1.96 * np.sqrt(0.8 * 0.2 / 100)
    assert low == pytest.approx(0.8 - expected, abs=0.02)
    assert high == pytest.approx(0.8 + expected, abs=0.02)


def test_the_same_seed_gives_the_same_interval() -> None:
    def score(picked: np.ndarray) -> dict[str, float]:
        return {"mean": float(picked.mean())}

    assert metrics.bootstrap(score, 50, seed=3) == metrics.bootstrap(score, 50, seed=3)
    assert metrics.bootstrap(score, 50, seed=3) != metrics.bootstrap(score, 50, seed=4)


def test_a_histogram_counts_both_ends() -> None:
    assert metrics.histogram([0.0, 0.5, 1.0], bins=2) == [1, 2]
