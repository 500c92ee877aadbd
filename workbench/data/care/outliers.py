"""The check for items that are far from all others."""

from __future__ import annotations

import numpy as np

from workbench.data.care.finding import Finding, Outcome
from workbench.data.care.subject import K, Subject

#: How far above the usual, in robust deviations of the log distance; no more than this share of a dataset is odd.
_FAR, _MOST = 4.0, 0.05
#: Where all are nearly as far from each other, deviations are small: farther is at least so many times as far.
_TIMES = 1.5


def outliers(subject: Subject) -> Outcome:
    """Propose to tag items whose nearest others are much farther away than is usual, farthest first."""
    ids, vectors = subject.vectors
    if len(ids) < 4 * K:
        return Outcome(skipped=f"It takes {4 * K} items that can be read; there are {len(ids)}.")
    _, cosines = subject.near(vectors)
    distance = np.log(np.maximum(1 - cosines.mean(axis=1), 1e-6))
    usual = float(np.median(distance))
    # Deviations on the far side alone: many copies make the near side wide.
    spread = 1.4826 * float(np.median(distance[distance >= usual] - usual)) or 1e-6
    far = (distance - usual) / spread
    order = np.argsort(-far, kind="stable")[: max(1, int(_MOST * len(ids)))]
    found = [
        Finding(
            ids[i], f"Its {K} nearest are {np.exp(distance[i] - usual):.1f} times as far as is usual.", "tag", float(far[i])
        )
        for i in order
        if far[i] > _FAR and np.exp(distance[i] - usual) >= _TIMES
    ]
    return Outcome(found, {"usual_distance": round(float(np.exp(usual)), 6), "dimensions": int(vectors.shape[1])})
