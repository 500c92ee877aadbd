"""How far two samples are apart: of labels (population stability index) and of numbers (Kolmogorov and Smirnov)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from workbench.core.need import need


def psi(before: Mapping[str, int], after: Mapping[str, int]) -> float:
    """Return the population stability index of two counts by name: 0 for equal shares; above 0.25 is read as a shift.

    Each name gets half a count more (Krichevsky and Trofimov, 1981), so that one that is missing on a side does not
    make the index infinite. Siddiqi, Credit Risk Scorecards, 2006.
    """
    names = sorted(set(before) | set(after))
    totals = [sum(side.values()) + 0.5 * len(names) for side in (before, after)]
    pairs = [((before.get(n, 0) + 0.5) / totals[0], (after.get(n, 0) + 0.5) / totals[1]) for n in names]
    return math.fsum((q - p) * math.log(q / p) for p, q in pairs)


def total_variation(before: Mapping[str, int], after: Mapping[str, int]) -> float:
    """Return the share of one that would have to change its name to look like the other: 0 to 1; both have counts."""
    n_before, n_after = sum(before.values()), sum(after.values())
    return math.fsum(abs(before.get(n, 0) / n_before - after.get(n, 0) / n_after) for n in {*before, *after}) / 2


def ks(before: Sequence[float], after: Sequence[float]) -> tuple[float, float]:
    """Return the greatest distance of the two cumulated distributions, 0 to 1, and the p-value of their being one."""
    stats = need("scipy.stats", extra="train", use="Measuring drift")
    # The asymptotic p-value: the exact one takes seconds at a few thousand values and differs in no digit that matters.
    found = stats.ks_2samp(before, after, method="asymp" if min(len(before), len(after)) > 50 else "auto")
    return float(found.statistic), float(found.pvalue)
