"""The action `mark`: tags on items, which a person gives them while looking."""

from __future__ import annotations

from collections.abc import Sequence

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
    rows = []
    for row in data.rows([ID, TAGS]):
        before = row.get(TAGS) or []
        after = sorted({*before, *given} - set(taken))
        if after != before:
            rows.append({ID: row[ID], TAGS: after})
    if not rows:
        return data
    said = [*(f"+{tag}" for tag in given), *(f"-{tag}" for tag in taken)]
    return commit(data.ws, data.name, rows, note=f"{' '.join(said)}: {len(rows):,} items changed")


def _checked(tags: Sequence[str]) -> list[str]:
    made = [tag.strip() for tag in ([tags] if isinstance(tags, str) else tags)]
    wrong = [tag for tag in made if not tag or len(tag) > _LONGEST]
    if wrong:
        raise InputError(f"A tag is 1 to {_LONGEST} characters, got {wrong[0]!r:.100}.")
    return made
