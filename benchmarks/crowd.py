"""Who finds the truth in the answers of a crowd: ours beside crowd-kit, on people with and without habits.

Run: python benchmarks/crowd.py [--repeats 5]
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.ops.crowd import Votes, dawid_skene, one_coin, votes

Table = NDArray[np.int64]
SKILLS = (0.9, 0.7, 0.5)


def crowd(n_items: int, n_classes: int, *, habits: bool, seed: int) -> tuple[Table, Table]:
    """Return the truth, and (item, person, label) of three people; with *habits* each mistakes a class for one other."""
    random = np.random.default_rng(seed)
    truth, said = random.integers(0, n_classes, n_items), []
    for item, right in enumerate(truth):
        for person, skill in enumerate(SKILLS):
            shift = person + 1 if habits else random.integers(1, n_classes)
            said.append((item, person, right if random.random() < skill else (right + shift) % n_classes))
    return truth, np.array(said)


def _votes(said: Table, n_classes: int) -> Votes:
    return votes(said[:, 0], said[:, 1], said[:, 2], n_classes)


def by_majority(said: Table, n_classes: int) -> Table:
    shares = _votes(said, n_classes).shares()
    # Ties are broken by a draw: always taking the first class would favor it.
    return np.asarray((shares + np.random.default_rng(0).random(shares.shape) * 1e-6).argmax(axis=1))


def by_crowd_kit(name: str) -> Callable[[Table, int], Table]:
    def guess(said: Table, _: int) -> Table:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it speaks to an older pandas
            from crowdkit import aggregation

            table = pd.DataFrame(said, columns=["task", "worker", "label"])
            return np.asarray(getattr(aggregation, name)(n_iter=100).fit_predict(table).sort_index().to_numpy())

    return guess


METHODS: dict[str, Callable[[Table, int], Table]] = {
    "majority": by_majority,
    "one-coin": lambda said, n: one_coin(_votes(said, n)).likely.argmax(axis=1),
    "dawid-skene": lambda said, n: dawid_skene(_votes(said, n)).likely.argmax(axis=1),
    "crowd-kit DawidSkene": by_crowd_kit("DawidSkene"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    told = parser.parse_args()
    print("share of right labels (seconds), three people who are right 90, 70 and 50 % of the time")
    for habits in (False, True):
        for n_items, n_classes in ((300, 10), (1000, 3), (1000, 10)):
            line = []
            for name, method in METHODS.items():
                right, taken = [], []
                for seed in range(told.repeats):
                    truth, said = crowd(n_items, n_classes, habits=habits, seed=seed)
                    began = time.perf_counter()
                    right.append(float((method(said, n_classes) == truth).mean()))
                    taken.append(time.perf_counter() - began)
                line.append(f"{name} {np.mean(right):.3f} ({np.median(taken):.2f})")
            print(
                f"{'habits' if habits else 'chance':7} {n_items:5} items {n_classes:3} classes: {'  '.join(line)}", flush=True
            )


if __name__ == "__main__":
    main()
