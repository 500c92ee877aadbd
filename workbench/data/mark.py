"""The action `mark`: tags on items, which a person gives them while looking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.core.dataset import ID, TAGS, Dataset, commit
from workbench.core.errors import InputError

_LONGEST = 80


def mark(data: Dataset, tags: Sequence[str], *, remove: Sequence[str] = ()) -> Dataset:
    """Return the next version of the dataset, in which the items of *data* have *tags*, and no longer those of *remove*.

    Items that are not in *data* stay as they are. What already is so makes no new version.

    Raises `InputError` when there is neither a tag to give nor one to take, or when one is empty or longer than 80 characters.
    """
    given, taken = _checked(tags), _checked(remove)
    if not given and not taken:
        raise InputError("No tag is given.", hint='Write data.mark("blurry"), or data.mark(remove=["blurry"]).')
    changed = _changed(data, given, taken)
    if not len(changed):
        return data
    said = [*(f"+{tag}" for tag in given), *(f"-{tag}" for tag in taken)]
    return commit(data.ws, data.name, changed, note=f"{' '.join(said)}: {len(changed):,} items changed")


def _changed(data: Dataset, given: Sequence[str], taken: Sequence[str]) -> Any:
    """Return the ids whose tags change, with their new tags, as a `pyarrow.Table`: there may be a million of them."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = [c for c in (ID, TAGS) if c in data.columns]
    found = data.ws.scans.columns(data.name, data.version, columns, ids=data.ids() if data.selection else None)
    kind = pa.list_(pa.string())
    tags = found[TAGS].combine_chunks().cast(kind) if TAGS in columns else pa.nulls(len(found), kind)
    # Few of a million items are tagged in a way of their own: what is done is found once for each way.
    ways = pc.fill_null(pc.binary_join(tags, "\x1f"), "").dictionary_encode()
    codes = np.asarray(ways.indices)
    _, firsts = np.unique(codes, return_index=True)
    before = [tags[int(first)].as_py() or [] for first in firsts]
    after = [sorted({*each, *given} - set(taken)) for each in before]
    hit = np.array([one != other for one, other in zip(before, after, strict=True)], dtype=bool)[codes]
    return pa.table({ID: found[ID].filter(pa.array(hit)), TAGS: pa.array(after, kind).take(pa.array(codes[hit]))})


def _checked(tags: Sequence[str]) -> list[str]:
    made = [tag.strip() for tag in ([tags] if isinstance(tags, str) else tags)]
    wrong = [tag for tag in made if not tag or len(tag) > _LONGEST]
    if wrong:
        raise InputError(f"A tag is 1 to {_LONGEST} characters, got {wrong[0]!r:.100}.")
    return made
