"""Splitting a dataset into parts that share no item, and nothing that belongs together."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

from workbench.core.dataset import ID, LABEL, Dataset
from workbench.core.errors import InputError

#: Changed copies of an item name it in this column; they are never parted from it.
_MADE_FROM = "made_from"


def split(
    data: Dataset, *shares: float, by: Literal["", "label"] = "", together: str = "", time: str = "", seed: int = 0
) -> tuple[Dataset, ...]:
    """Return one dataset per share, disjoint, together all of *data*; the same seed gives the same parts anywhere.

    Args:
        data: What is split. Copies that `wb.augment()` made of an item stay in its part.
        shares: The sizes of the parts, which sum to 1.
        by: With "label" only labeled items count, and every part has each class in the same proportion (stratified).
        together: A column, such as the patient or the recording day: rows of the same value are never parted. Sizes and
            proportions are then met as well as whole groups allow.
        time: A column that orders the rows: the first part is the earliest, and rows of the same time are never parted.
        seed: Fixes the draw.

    Raises:
        InputError: The shares do not sum to 1, a part would be empty, or a column is not there.

    >>> split_ids(["a", "b", "c", "d"], (0.5, 0.5), seed=1)
    [['d', 'a'], ['c', 'b']]
    """
    _check(data, shares, together, time)
    columns = [c for c in dict.fromkeys((ID, LABEL, together, time, _MADE_FROM)) if c in data.columns]
    rows = (data.labeled() if by == "label" else data).rows(columns)
    if time:
        parts = _in_time(rows, shares, time)
    elif together or _MADE_FROM in data.columns:
        parts = _whole(rows, shares, together, by_label=by == "label", seed=seed)
    else:
        parts = _drawn(rows, shares, by_label=by == "label", seed=seed)
    if not all(parts):
        hint = "Label more items." if by == "label" else "Give smaller groups, or fewer parts."
        raise InputError(f"{data.ref} has {len(rows)} items, too few for {len(shares)} parts.", hint=hint)
    return tuple(data.select(sorted(part)) for part in parts)


def split_ids(ids: Sequence[str], shares: Sequence[float], *, seed: int) -> list[list[str]]:
    """Return *ids* dealt into parts whose sizes are the shares, rounded by largest remainder."""
    # Sorted before shuffling: the order of rows is the store's business and must not change the split.
    order = sorted(ids)
    random.Random(seed).shuffle(order)  # noqa: S311  # a reproducible draw, not a secret
    starts = [0, *_ends(len(order), shares)]
    return [order[a:b] for a, b in pairwise(starts)]


def _check(data: Dataset, shares: Sequence[float], together: str, time: str) -> None:
    if len(shares) < 2 or any(share <= 0 for share in shares):
        raise InputError(f"A split takes two or more shares greater than 0, got {', '.join(map(str, shares)) or 'none'}.")
    if not math.isclose(sum(shares), 1.0, abs_tol=1e-6):
        said = " + ".join(f"{share:g}" for share in shares)
        raise InputError(f"Shares must sum to 1, got {said} = {sum(shares):g}.")
    if together and time:
        raise InputError("A split is either `together` or in `time`.", hint="For groups in time, give the group's first time.")
    for column in (together, time):
        if column and column not in data.columns:
            raise InputError(f"{data.ref} has no column {column!r}.", hint=f"Columns: {', '.join(data.columns)}.")


def _ends(n: int, shares: Sequence[float]) -> list[int]:
    exact = [share * n for share in shares]
    sizes = [int(size) for size in exact]
    remainders = sorted(range(len(shares)), key=lambda i: (sizes[i] - exact[i], i))
    for i in remainders[: n - sum(sizes)]:
        sizes[i] += 1
    return [sum(sizes[: i + 1]) for i in range(len(sizes))]


def _drawn(rows: Sequence[Mapping[str, Any]], shares: Sequence[float], *, by_label: bool, seed: int) -> list[list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        groups[str(row.get(LABEL)) if by_label else ""].append(str(row[ID]))
    parts: list[list[str]] = [[] for _ in shares]
    for name in sorted(groups):
        for part, ids in zip(parts, split_ids(groups[name], shares, seed=seed), strict=True):
            part.extend(ids)
    return parts


def _whole(
    rows: Sequence[Mapping[str, Any]], shares: Sequence[float], together: str, *, by_label: bool, seed: int
) -> list[list[str]]:
    """Return parts of whole groups: the largest first, each to the part that then lacks least of what it should have."""
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        value = row.get(together) if together else None
        groups[str(row.get(_MADE_FROM) or row[ID]) if value is None else f"={value}"].append(row)
    names = sorted(groups)
    random.Random(seed).shuffle(names)  # noqa: S311  # as above
    names.sort(key=lambda name: -len(groups[name]))
    kinds = {row[ID]: str(row.get(LABEL)) if by_label else "" for row in rows}
    wanted = Counter(kinds.values())
    filled: list[Counter[str]] = [Counter() for _ in shares]
    parts: list[list[str]] = [[] for _ in shares]
    for name in names:
        told = Counter(kinds[row[ID]] for row in groups[name])
        gains = [sum(n * (1 - filled[i][k] / (share * wanted[k])) for k, n in told.items()) for i, share in enumerate(shares)]
        best = max(range(len(shares)), key=lambda i: (gains[i], -i))
        filled[best].update(told)
        parts[best] += [str(row[ID]) for row in groups[name]]
    return parts


def _in_time(rows: Sequence[Mapping[str, Any]], shares: Sequence[float], time: str) -> list[list[str]]:
    if missing := [row[ID] for row in rows if row.get(time) is None]:
        raise InputError(f"{len(missing)} rows have no {time!r}, such as {missing[0]}.", hint="Select the rows that have one.")
    order = sorted(rows, key=lambda row: (row[time], row[ID]))
    starts = [0]
    for end in _ends(len(order), shares):
        while 0 < end < len(order) and order[end][time] == order[end - 1][time]:
            end += 1  # noqa: PLW2901  # rows of the same time go with the earlier part
        starts.append(max(end, starts[-1]))
    return [[str(row[ID]) for row in order[a:b]] for a, b in pairwise(starts)]
