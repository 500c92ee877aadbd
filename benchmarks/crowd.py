"""Who finds the truth in the answers of a crowd: ours beside crowd-kit, on people with and without habits.

Run: python benchmarks/crowd.py [--repeats 5]
"""

from __future__ import annotations

import argparse
import random
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.labeling.consensus import METHODS as CONSENSUS
from workbench.labeling.consensus import votes as votes_of
from workbench.ops.crowd import Votes, dawid_skene, one_coin, votes
from workbench.ops.likeness import edits
from workbench.tasks import task
from workbench.testing.crowd import transcripts

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
    print("share of words that are wrong in 100 transcripts (seconds)")
    for people in ((0.9, 0.8, 0.7), (0.9, 0.9, 0.9), (0.95, 0.9, 0.85, 0.8, 0.7)):
        print(f"right words {people}: {by_transcripts(people, repeats=told.repeats)}", flush=True)


def by_transcripts(people: tuple[float, ...], *, repeats: int) -> str:
    """Return what the texts of *people*, of words drawn from a page of this project, come to by each method."""
    known = (Path(__file__).parents[1] / "docs" / "people.md").read_text(encoding="utf-8").split()
    heard, wrong, taken = (
        task("automatic-speech-recognition"),
        defaultdict[str, list[float]](list),
        defaultdict[str, float](float),
    )
    for seed in range(repeats):
        draw = random.Random(seed)
        truth = {f"{i:03}": " ".join(draw.choices(known, k=draw.randint(8, 40))) for i in range(100)}
        given = votes_of(heard, transcripts(truth, people={f"p{i}": skill for i, skill in enumerate(people)}, seed=seed))
        said = [vote for votes in given.values() for vote in votes]
        made = {"best person": lambda said=said: {vote.item: vote.label for vote in said if vote.annotator == "p0"}}
        for how in ("majority", "weighted", "rover"):
            made[how] = lambda how=how, given=given: {
                i: text for i, (text, _) in CONSENSUS[how](heard, given, {}).labels.items()
            }
        made["crowd-kit ROVER"] = lambda said=said: rover_of_crowd_kit([(v.item, v.annotator, v.label) for v in said])
        for name, make in made.items():
            began = time.perf_counter()
            texts = make()
            taken[name] += (time.perf_counter() - began) / repeats
            n_wrong = sum(edits(texts[item].split(), text.split()) for item, text in truth.items())
            wrong[name].append(n_wrong / sum(len(text.split()) for text in truth.values()))
    return "  ".join(f"{name} {np.mean(shares):.3f} ({taken[name]:.2f})" for name, shares in wrong.items())


def rover_of_crowd_kit(said: list[tuple[str, str, str]]) -> dict[str, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it speaks to an older pandas
        from crowdkit.aggregation import ROVER

        return dict(ROVER(str.split, " ".join).fit_predict(pd.DataFrame(said, columns=["task", "worker", "text"])))


if __name__ == "__main__":
    main()
