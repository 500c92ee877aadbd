"""Splitting a dataset into parts that share no item."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from workbench.core.dataset import ID, LABEL, Dataset
from workbench.core.errors import InputError


def split(data: Dataset, *shares: float, by: Literal["", "label"] = "", seed: int = 0) -> tuple[Dataset, ...]:
    """Return one dataset per share, disjoint, together all of *data*; the same seed gives the same parts anywhere.

    With `by="label"` only labeled items count and every part has each class in the same proportion (stratified).
    Raises `InputError` when the shares do not sum to 1, or when a part would be empty.

    >>> split_ids(["a", "b", "c", "d"], (0.5, 0.5), seed=1)
    [['d', 'a'], ['c', 'b']]
    """
    if len(shares) < 2 or any(share <= 0 for share in shares):
        raise InputError(f"A split takes two or more shares greater than 0, got {', '.join(map(str, shares)) or 'none'}.")
    if not math.isclose(sum(shares), 1.0, abs_tol=1e-6):
        said = " + ".join(f"{share:g}" for share in shares)
        raise InputError(f"Shares must sum to 1, got {said} = {sum(shares):g}.")
    groups: dict[str, list[str]] = defaultdict(list)
    rows = (data.labeled() if by == "label" else data).rows([ID, LABEL])
    for row in rows:
        groups[str(row.get(LABEL)) if by == "label" else ""].append(str(row[ID]))
    parts: list[list[str]] = [[] for _ in shares]
    for name in sorted(groups):
        for part, ids in zip(parts, split_ids(groups[name], shares, seed=seed), strict=True):
            part.extend(ids)
    if not all(parts):
        raise InputError(f"{data.ref} has {len(rows)} items, too few for {len(shares)} parts.", hint="Label more items.")
    return tuple(data.select(sorted(part)) for part in parts)


def split_ids(ids: Sequence[str], shares: Sequence[float], *, seed: int) -> list[list[str]]:
    """Return *ids* dealt into parts whose sizes are the shares, rounded by largest remainder."""
    # Sorted before shuffling: the order of rows is the store's business and must not change the split.
    order = sorted(ids)
    random.Random(seed).shuffle(order)  # noqa: S311  # a reproducible draw, not a secret
    exact = [share * len(order) for share in shares]
    sizes = [int(size) for size in exact]
    remainders = sorted(range(len(shares)), key=lambda i: (sizes[i] - exact[i], i))
    for i in remainders[: len(order) - sum(sizes)]:
        sizes[i] += 1
    starts = [sum(sizes[:i]) for i in range(len(sizes) + 1)]
    return [order[a:b] for a, b in pairwise(starts)]
