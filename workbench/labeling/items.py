"""The items of a labeling: their rows, from the datasets that they were pushed from."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.dataset import EMBEDDING, ID, THUMB, Dataset
from workbench.core.errors import NotFoundError, not_found
from workbench.core.labeling import Labeling
from workbench.core.ports import Row

#: What no annotator needs.
_UNSEEN = (THUMB, EMBEDDING)


def rows(labeling: Labeling, ids: Sequence[str]) -> dict[str, tuple[Dataset, Row]]:
    """Return the rows of these items, each with the dataset that has it: the one that was pushed last.

    Raises `NotFoundError` for an item that was never pushed.
    """
    wanted, found = list(dict.fromkeys(ids)), dict[str, tuple[Dataset, Row]]()
    for ref in reversed(labeling.ws.records.get("labeling", labeling.name).fields["sources"]):
        source = labeling.ws.dataset(ref)
        missing = [id for id in wanted if id not in found]
        found |= {str(row[ID]): (source, row) for row in _read(source, missing)}
        if len(found) == len(wanted):
            return {id: found[id] for id in wanted}
    missing = [id for id in wanted if id not in found]
    if missing:
        raise not_found(f"item of {labeling.ref}", missing[0], None)
    return {}


def _read(source: Dataset, ids: Sequence[str]) -> list[Row]:
    columns = [column for column in source.columns if column not in _UNSEEN]
    try:
        return source.ws.tables.read(source.name, source.version, columns=columns, ids=ids)
    except NotFoundError:  # another dataset has some of them; only then is it worth to read which are here
        here = set(source.ids())
        there = [id for id in ids if id in here]
        return source.ws.tables.read(source.name, source.version, columns=columns, ids=there) if there else []
