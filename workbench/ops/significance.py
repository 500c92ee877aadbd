"""Whether what was counted can be luck: exact tests, by the binomial distribution."""

from __future__ import annotations

import math


def at_least(hits: int, n_items: int, share: float) -> float:
    """Return the probability of *hits* or more among *n_items*, each being one with probability *share*.

    >>> at_least(2, 2, 0.5)
    0.25
    """
    if hits <= 0 or share >= 1:
        return 1.0
    if share <= 0:
        return 0.0
    return min(1.0, math.fsum(_exactly(k, n_items, share) for k in range(hits, n_items + 1)))


def mcnemar(only_one: int, only_other: int) -> float:
    """Return the two-sided p-value that two classifiers are equally good (McNemar, 1947; exact).

    What both get right or wrong tells nothing; of the samples that only one of them gets right, each is as likely to be
    the one's as the other's.

    >>> round(mcnemar(6, 0), 3)
    0.031
    """
    n = only_one + only_other
    return min(1.0, 2 * at_least(max(only_one, only_other), n, 0.5)) if n else 1.0


def _exactly(k: int, n: int, share: float) -> float:
    # By logarithms: the coefficients of a few thousand samples are larger than any float.
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(ways + k * math.log(share) + (n - k) * math.log1p(-share))
