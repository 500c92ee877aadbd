"""Two versions of a dataset side by side: what became of each row, and the rows that the newer one lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from workbench.core.dataset import ID, LABEL, PREDICTION, SCORE, Dataset
from workbench.core.ports import Row
from workbench.widgets.coded import Coded
from workbench.widgets.columns import Columns
from workbench.widgets.query import Query

#: The values of the column `change`, which is there while two versions are compared.
CHANGE, REMOVED = "change", "removed"
CHANGES = ("same", "changed", "added", REMOVED)


class Compared:
    """What changed in *data* since the version *versus*."""

    def __init__(self, data: Dataset, columns: Columns, versus: int) -> None:
        found = data.ws.histories.changes(data.name, versus, data.version)
        codes = np.zeros(data.n_items, dtype=np.int32)
        for kind in ("changed", "added"):
            codes[columns.places(found[kind], missing_ok=True)] = CHANGES.index(kind)
        self.kinds = Coded(codes, list(CHANGES))
        self.other: Dataset = data.ws.dataset(f"{data.name}@{versus}")
        #: The rows that *data* lost, as they were; a selection chose among those that are there, and lost none.
        self.lost = self.other.select([] if data.selection else found[REMOVED])

    def before(self, ids: Sequence[str]) -> dict[str, Row]:
        """Return what a tile shows of these rows in the other version, by id."""
        wanted = [c for c in (ID, LABEL, PREDICTION, SCORE) if c in self.other.columns]
        tables = self.other.ws.tables
        return {str(row[ID]): row for row in tables.read(self.other.name, self.other.version, columns=wanted, ids=ids)}

    def query(self, query: Query) -> Query | None:
        """Return which of the lost rows *query* shows, None when none of them; no map and no likeness knows them."""
        columns = set(self.lost.columns)
        hidden = REMOVED not in (query.filters.get(CHANGE) or CHANGES)
        unknown = {*query.ranges, *(c for c, values in query.filters.items() if values and None not in values)} - columns
        unlike = query.differs and not {LABEL, PREDICTION} <= columns
        if not self.lost.n_items or hidden or unknown - {CHANGE} or unlike or query.lasso or query.like:
            return None
        filters = {c: values for c, values in query.filters.items() if c in columns - {CHANGE}}
        return replace(query, filters=filters, versus=0, sort=query.sort if query.sort in columns else ID, page=0)
