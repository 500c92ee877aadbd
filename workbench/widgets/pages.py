"""Pages of a dataset: filtered, sorted and counted on columns in memory, so that only the rows on the page are read whole."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.dataset import ID, LABEL, LABEL_NAMES, NAME, PREDICTION, SCORE, TAGS, TEXT, THUMB, Dataset
from workbench.core.errors import InputError, NotFoundError
from workbench.core.ports import Row
from workbench.core.verbs import lookup
from workbench.tasks import TASKS
from workbench.tasks import task as find_task
from workbench.widgets.coded import Coded
from workbench.widgets.columns import Columns
from workbench.widgets.compared import CHANGE, CHANGES, REMOVED, Compared
from workbench.widgets.projection import Projection
from workbench.widgets.query import Query

#: Columns that a tile shows.
SHOWN = (ID, NAME, LABEL, PREDICTION, SCORE)
#: Columns that a tile shows where a dataset has them.
ALSO = (TEXT, "width", "height", "seconds", TAGS)

#: So many rows are found by likeness.
N_ALIKE = 200
_N_COLORS = 12
_LAST = 6

_FIRST = (LABEL, LABEL_NAMES, PREDICTION, TAGS)
_TITLES = {ID: "dataset order", SCORE: "certainty"}
_UNSORTED = {THUMB, TAGS, "embedding", "label_names", "candidates", "media", "media_b"}


class Pages:
    """The pages of one dataset."""

    def __init__(self, data: Dataset, size: int) -> None:
        if not 1 <= size <= 500:
            raise InputError(f"`page_size` must be 1 to 500, got {size}.")
        self.data = data
        self.size = size
        self.columns = Columns(data)
        self.map = Projection(self.columns)
        self._found: OrderedDict[str, Any] = OrderedDict()
        self._masks: OrderedDict[str, Any] = OrderedDict()
        self._versus: dict[int, tuple[Compared, Pages]] = {}

    def sorts(self) -> list[tuple[str, str]]:
        """Return the columns to sort by, with their titles."""
        return [(c, _TITLES.get(c, c.replace("_", " "))) for c in self.data.columns if c not in _UNSORTED]

    def total(self, query: Query) -> int:
        """Return how many rows *query* matches, lost ones too."""
        return self._n_here(query) + self.n_lost(query)

    def n_lost(self, query: Query) -> int:
        """Return how many of the matching rows are only in the version that is compared with; they come last."""
        lost = self._lost(query)
        return lost[0].total(lost[1]) if lost else 0

    def _n_here(self, query: Query) -> int:
        found = self.places(query)
        return self.data.n_items if found is None else len(found)

    def places(self, query: Query) -> Any:
        """Return the places of the matching rows in order, None for all in the dataset's own order; lost ones have none."""
        return _kept(self._found, repr(replace(query, page=0)), lambda: self._matching(query))

    def rows(self, query: Query, *, thumbs: bool = True) -> list[Row]:
        """Return the rows of the page, with thumbnails unless told otherwise; lost ones have `change` "removed"."""
        wanted = (*SHOWN, *ALSO, THUMB) if thumbs else SHOWN
        found = self.read(self._on_page(query), wanted)
        if len(found) < self.size and (lost := self._lost(query)):
            pages, asked = lost
            start = max(0, query.page * self.size - self._n_here(query))
            gone = pages.read(pages._slice(asked, start, start + self.size - len(found)), wanted)
            found += [row | {CHANGE: REMOVED} for row in gone]
        return found

    def before(self, query: Query, rows: Sequence[Row]) -> list[Row | None]:
        """Return the rows of a page as they are in the version that is compared with, None where it has none."""
        added = CHANGES.index("added")
        kinds = self._compared(query.versus).kinds.codes[self._on_page(query)]
        gone = [row for row in rows if row.get(CHANGE) == REMOVED]
        there = [str(row[ID]) for row, kind in zip(rows, kinds, strict=False) if kind != added]
        found = self._compared(query.versus).before(there) if there else {}
        return [found.get(str(row[ID])) for row in rows[: len(kinds)]] + gone

    def read(self, places: Any, columns: Sequence[str]) -> list[Row]:
        """Return the rows at these places, with those of *columns* that there are."""
        wanted = [c for c in columns if c in self.data.columns]
        ws, name, version, ids = self.data.ws, self.data.name, self.data.version, self.columns.ids
        if ids is not None:
            return ws.tables.read(name, version, columns=wanted, ids=[ids[place] for place in places])
        return ws.scans.take(name, version, np.asarray(places, dtype=np.int64), columns=wanted)

    def ids(self, query: Query) -> list[str]:
        """Return the ids of all matching rows, in order."""
        found = self.places(query)
        if found is None:
            return self.columns.ids or self.data.ids()
        if self.columns.ids is not None:
            return [self.columns.ids[place] for place in found]
        return [str(row[ID]) for row in self.read(found, [ID])]

    def facets(self, query: Query) -> list[dict[str, Any]]:
        """Return what can be filtered by, with the number of rows behind each choice; the filters on other columns count."""
        kept = _places(self.mask(query))
        names = self.facet_columns()
        found = [self._facet(c, query, kept) for c in ((CHANGE, *names) if query.versus else names)]
        if self._is_named and {LABEL, PREDICTION} <= set(self.data.columns):
            differs = self.columns.differing(LABEL, PREDICTION)
            rest = _places(self.mask(replace(query, differs=False))) if query.differs else kept
            n = int((differs if rest is None else differs[rest]).sum()) + self.n_lost(replace(query, differs=True))
            found.append({"column": "differs", "kind": "differs", "count": n})
        return [facet for facet in found if facet]

    def facet_columns(self) -> list[str]:
        """Return the columns to choose from, those about labels first; drawings are no values to choose from."""
        found = [c for c in self.columns.facets() if self._is_named or c not in (LABEL, PREDICTION)]
        return sorted(found, key=lambda c: _FIRST.index(c) if c in _FIRST else len(_FIRST) + self.columns.is_number(c))

    @property
    def _is_named(self) -> bool:
        return self.data.task not in TASKS or find_task(self.data.task).shape in ("class", "text")

    def mask(self, query: Query, *, but: str = "") -> Any:
        """Return which rows match, leaving out the filter on the column *but*; None when all do."""
        about = repr((replace(query, page=0, sort=ID, descending=False, like=""), but))
        return _kept(self._masks, about, lambda: self._mask(query, but))

    def _mask(self, query: Query, but: str) -> Any:
        masks = [self._coded(c, query).mask(values) for c, values in query.filters.items() if values and c != but]
        for column, (low, high) in query.ranges.items():
            if column != but:
                values = self.columns.numbers(column)
                masks.append((values >= low) & (values <= high))
        if query.differs:
            masks.append(self.columns.differing(LABEL, PREDICTION))
        if query.text:
            masks.append(self.columns.containing(query.text))
        if query.lasso:
            masks.append(self.map.inside(query.lasso, query.map))
        return np.logical_and.reduce(masks) if len(masks) > 1 else masks[0] if masks else None

    def colors(self, column: str) -> tuple[list[str], Any]:
        """Return the values of a column that get a color of their own, and which one each row has; 255 is none of them."""
        coded = self.columns.coded(column)
        counts, _ = coded.counts(None)
        known = (
            [name for name in self.data.classes if name in coded.values] if column in (LABEL, LABEL_NAMES, PREDICTION) else []
        )
        rest = [coded.values[i] for i in np.argsort(-counts, kind="stable") if coded.values[i] not in known]
        names = [*known, *rest][:_N_COLORS]
        rank = np.full(len(coded.values) + 1, 255, dtype=np.uint8)
        for place, name in enumerate(names):
            rank[coded.values.index(name)] = place
        if coded.owners is None:
            return [str(name) for name in names], rank[coded.codes]
        found = np.full(coded.n_rows, 255, dtype=np.uint8)
        found[coded.owners[::-1]] = rank[coded.codes[::-1]]  # of several, the first
        return [str(name) for name in names], found

    def _matching(self, query: Query) -> Any:
        kept = self.mask(query)
        if query.like:
            alike = self._alike(query.like)
            order = alike if query.sort == ID else self._ranked(query)[np.isin(self._ranked(query), alike)]
        elif query.sort != ID:
            order = self._ranked(query)
        else:
            order = None if kept is None else np.flatnonzero(kept).astype(np.int32)
            if query.descending:
                order = np.arange(self.data.n_items, dtype=np.int32)[::-1] if order is None else order[::-1]
            return order
        return order if kept is None else order[kept[order]]

    def _ranked(self, query: Query) -> Any:
        return self.columns.order(query.sort, descending=query.descending)

    def _alike(self, like: str) -> Any:
        if Path(like).is_file():  # whoever looks at a page in a browser is not meant to read this machine's files
            raise InputError(f"{like!r} is a file.", hint="Use wb.search(data, path) in a cell.")
        found = lookup("search")(self.data, like, k=min(N_ALIKE, self.data.n_items))
        try:
            itself = self.columns.places([like])
        except NotFoundError:  # it is a text, not an item
            itself = []
        return np.concatenate([itself, self.columns.places(found.ids())]).astype(np.int32)

    def _on_page(self, query: Query) -> Any:
        return self._slice(query, query.page * self.size, (query.page + 1) * self.size)

    def _slice(self, query: Query, start: int, stop: int) -> Any:
        found = self.places(query)
        return np.arange(start, min(stop, self.data.n_items), dtype=np.int64) if found is None else found[start:stop]

    def _facet(self, column: str, query: Query, kept: Any) -> dict[str, Any]:
        is_mine = column in query.filters or column in query.ranges
        mine = _places(self.mask(query, but=column)) if is_mine else kept
        if column != CHANGE and self.columns.is_number(column):
            return self._range(column, mine)
        try:
            coded = self._coded(column, query)
        except InputError:  # the sample had few values, the whole column has many
            return {}
        counts, absent = coded.counts(mine)
        more = self._lost_counts(column, query)
        absent += more.pop(None, 0)
        ordered = {
            LABEL: self.data.classes,
            LABEL_NAMES: self.data.classes,
            PREDICTION: self.data.classes,
            CHANGE: CHANGES,
        }.get(column, ())
        known = {name: place for place, name in enumerate(ordered)}
        if len({*coded.values, *more}) + (absent > 0) < 2 and not known and column not in query.filters:
            return {}  # all rows are the same
        pairs = [[value, int(n) + more.pop(value, 0)] for value, n in zip(coded.values, counts, strict=True)]
        pairs += [[name, more.get(name, 0)] for name in {**known, **more} if name not in coded.values]
        # Classes keep their order, so that they keep their color; other values come with the most frequent first.
        pairs.sort(key=lambda p: (known[p[0]], 0, "") if p[0] in known else (len(known), -p[1], str(p[0])))
        return {"column": column, "kind": "values", "values": pairs, "absent": absent}

    def _range(self, column: str, kept: Any) -> dict[str, Any]:
        counts, low, high, absent = self.columns.histogram(column, kept)
        return {"column": column, "kind": "range", "low": low, "high": high, "bins": counts, "absent": absent}

    def _coded(self, column: str, query: Query) -> Coded:
        return self._compared(query.versus).kinds if column == CHANGE else self.columns.coded(column)

    def _compared(self, versus: int) -> Compared:
        if not versus:
            raise InputError("There is a column 'change' only while two versions are compared.", hint="Give `versus` too.")
        if versus not in self._versus:
            compared = Compared(self.data, self.columns, versus)
            self._versus = {versus: (compared, Pages(compared.lost, self.size))}
        return self._versus[versus][0]

    def _lost(self, query: Query) -> tuple[Pages, Query] | None:
        """Return the pages of the lost rows and what of them is shown, None when nothing is."""
        asked = self._compared(query.versus).query(query) if query.versus else None
        return (self._versus[query.versus][1], asked) if asked else None

    def _lost_counts(self, column: str, query: Query) -> dict[Any, int]:
        """Return how many lost rows have each value of a column, whatever the filter on it."""
        lost = self._lost(replace(query, filters={c: values for c, values in query.filters.items() if c != column}))
        if lost is None or column not in (CHANGE, *lost[0].data.columns):
            return {}
        pages, asked = lost
        if column == CHANGE:
            return {REMOVED: pages.total(asked)}
        coded = pages.columns.coded(column)
        counts, absent = coded.counts(_places(pages.mask(asked)))
        return dict(zip(coded.values, map(int, counts), strict=True)) | {None: int(absent)}


def _places(mask: Any) -> Any:
    return None if mask is None else np.flatnonzero(mask)


def _kept(last: OrderedDict[str, Any], key: str, make: Callable[[], Any]) -> Any:
    """Return what was made for *key*, if it is among the last few."""
    if key not in last:
        last[key] = make()
        while len(last) > _LAST:
            last.popitem(last=False)
    last.move_to_end(key)
    return last[key]
