"""What a crowd means: the likely truth of each item and how good each person is, from who said what of which item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

#: So many made-up answers per class, as people without habits would give them, may temper what few real ones seem to tell.
_TEMPERS = 2.0 ** np.arange(0, 11)
_ROUNDS, _CLOSE = 200, 1e-6


@dataclass(frozen=True)
class Crowd:
    """`likely` is the probability of each class, items x classes; `confusion` what each person says of each true class."""

    likely: Floats
    confusion: Floats
    #: How often each person is right, over all answers.
    skill: Floats


@dataclass(frozen=True)
class Votes:
    """One vote per place of the three arrays, as indices; `known` is the class of items whose truth is known, else -1."""

    item: Indices
    person: Indices
    label: Indices
    n_items: int
    n_people: int
    n_classes: int
    known: Indices

    def shares(self) -> Floats:
        """Return which share of an item's votes each class has; a known item is what it is known to be."""
        cells = np.bincount(self.item * self.n_classes + self.label, minlength=self.n_items * self.n_classes)
        counts = cells.reshape(self.n_items, self.n_classes).astype(np.float64)
        return self.settled(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))

    def settled(self, likely: Floats) -> Floats:
        """Return *likely* with the rows of known items set to what is known."""
        known = self.known >= 0
        likely[known] = np.eye(self.n_classes)[self.known[known]]
        return likely


def votes(item: ArrayLike, person: ArrayLike, label: ArrayLike, n_classes: int, known: ArrayLike | None = None) -> Votes:
    """Return votes from index arrays of equal length; items and people are numbered from 0 without gaps."""
    items, people, labels = (np.asarray(a, dtype=np.int64) for a in (item, person, label))
    n_items, n_people = int(items.max()) + 1, int(people.max()) + 1
    truth = np.full(n_items, -1, np.int64) if known is None else np.asarray(known, dtype=np.int64)
    return Votes(items, people, labels, n_items, n_people, max(n_classes, 2), truth)


def one_coin(said: Votes) -> Crowd:
    """Return the truth if each person is right with one probability, whatever the class, and else says any other.

    >>> found = one_coin(votes([0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 2] * 3, [1, 1, 0, 0, 0, 0, 1, 1, 1], 2))
    >>> found.likely.argmax(axis=1).tolist()
    [1, 0, 1]
    """
    return _em(said, said.shares(), lambda likely: _coins(said, _skill(said, likely)))


def dawid_skene(said: Votes) -> Crowd:
    """Return the truth if each person confuses classes in a way of their own (Dawid and Skene, 1979), by EM.

    Few answers say little about a whole matrix of confusions, so each is drawn towards that of a person who is right as
    often and has no habits. How strongly is what the answers make likeliest: where people have no habits this is
    `one_coin`, where they have, their own answers decide.
    """

    def estimate(likely: Floats) -> Floats:
        plain, seen = _coins(said, _skill(said, likely)), _confused(said, likely)
        temper = max(_TEMPERS, key=lambda n: _evidence(n * plain, seen))
        tempered = temper * plain + seen
        return np.asarray(tempered / tempered.sum(axis=2, keepdims=True))

    return _em(said, one_coin(said).likely, estimate)


def _confused(said: Votes, likely: Floats) -> Floats:
    """Return how often each person said each class of each true one, people x true x said."""
    n, c = said.n_people, said.n_classes
    seen = np.zeros((n, c, c))
    for true in range(c):
        cells = np.bincount(said.person * c + said.label, weights=likely[said.item, true], minlength=n * c)
        seen[:, true, :] = cells.reshape(n, c)
    return seen


def _evidence(prior: Floats, seen: Floats) -> float:
    """Return the log probability of counts whose shares were drawn from a Dirichlet distribution."""
    whole = _lgamma(prior.sum(axis=2)) - _lgamma((prior + seen).sum(axis=2))
    return float(whole.sum() + (_lgamma(prior + seen) - _lgamma(prior)).sum())


def _lgamma(x: Floats) -> Floats:
    """Return the logarithm of the gamma function of positive numbers, by Stirling's series after eight steps up."""
    x = np.maximum(x, 1e-9)
    steps = sum(np.log(x + i) for i in range(8))
    y = x + 8
    return np.asarray((y - 0.5) * np.log(y) - y + 0.5 * np.log(2 * np.pi) + 1 / (12 * y) - 1 / (360 * y**3) - steps)


def _em(said: Votes, likely: Floats, estimate: Callable[[Floats], Floats]) -> Crowd:
    for _ in range(_ROUNDS):
        confusion = estimate(likely)
        before, likely = likely, _expect(said, confusion, likely.mean(axis=0))
        if np.abs(likely - before).max() < _CLOSE:
            break
    return Crowd(likely, confusion, _skill(said, likely))


def _expect(said: Votes, confusion: Floats, prior: Floats) -> Floats:
    told = np.log(np.maximum(confusion, 1e-12))
    sums = np.tile(np.log(np.maximum(prior, 1e-12)), (said.n_items, 1))
    for true in range(said.n_classes):
        sums[:, true] += np.bincount(said.item, weights=told[said.person, true, said.label], minlength=said.n_items)
    raised = np.exp(sums - sums.max(axis=1, keepdims=True))
    return said.settled(raised / raised.sum(axis=1, keepdims=True))


def _skill(said: Votes, likely: Floats) -> Floats:
    right = np.bincount(said.person, weights=likely[said.item, said.label], minlength=said.n_people)
    return np.asarray((right + 1) / (np.bincount(said.person, minlength=said.n_people) + 2))


def _coins(said: Votes, skill: Floats) -> Floats:
    c = said.n_classes
    confusion = np.repeat(((1 - skill) / (c - 1))[:, None, None], c, axis=1).repeat(c, axis=2)
    confusion[:, range(c), range(c)] = skill[:, None]
    return confusion
