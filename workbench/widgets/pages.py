"""Pages of a dataset: filtered, sorted and counted by the store, so that only the rows on the page are read whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from workbench.core.dataset import ID, LABEL, PREDICTION, SCORE, Dataset
from workbench.core.errors import InputError
from workbench.core.ports import Row

NAME, THUMB = "name", "thumb"

#: Columns that a tile shows.
SHOWN = (ID, NAME, LABEL, PREDICTION, SCORE)

Sort = Literal["id", "name", "label", "prediction", "score"]

_DIFFERS = f"{LABEL} <> {PREDICTION}"  # in SQL never true where one of them is absent


@dataclass(frozen=True, kw_only=True)
class Query:
    """Which rows, in which order; labels are alternatives, the other filters are conditions on top."""

    labels: tuple[str, ...] = ()
    unlabeled: bool = False
    differs: bool = False
    text: str = ""
    sort: Sort = "id"
    descending: bool = False
    page: int = 0

    def __post_init__(self) -> None:
        """Refuse a page before the first."""
        if self.page < 0:
            raise InputError(f"`page` must be 0 or more, got {self.page}.")


class Pages:
    """The pages of one dataset."""

    def __init__(self, data: Dataset, size: int) -> None:
        if not 1 <= size <= 500:
            raise InputError(f"`page_size` must be 1 to 500, got {size}.")
        self.data = data
        self.size = size
        self._ids = data.ids() if data.selection else None
        self._last: tuple[Query, list[str] | int] | None = None

    def facets(self) -> list[dict[str, Any]]:
        """Return the filters with the number of rows behind each: classes, then unlabeled, then differing."""
        found = [{"kind": "label", "label": label, "count": n} for label, n in self._labels().items()]
        if LABEL in self.data.columns:
            found.append({"kind": "unlabeled", "label": "", "count": self._count(f"{LABEL} IS NULL")})
        if {LABEL, PREDICTION} <= set(self.data.columns):
            found.append({"kind": "differs", "label": "", "count": self._count(_DIFFERS)})
        return [facet for facet in found if facet["count"] or facet["kind"] == "label"]

    def sorts(self) -> list[tuple[str, str]]:
        """Return the orders that this dataset's columns allow, with their names."""
        names = {
            "id": "dataset order",
            "name": "by name",
            "label": "by label",
            "prediction": "by prediction",
            "score": "least certain first",
            "score down": "most certain first",
        }
        return [(key, text) for key, text in names.items() if key.split()[0] in self.data.columns]

    def total(self, query: Query) -> int:
        """Return how many rows *query* matches."""
        found = self._found(query)
        return found if isinstance(found, int) else len(found)

    def rows(self, query: Query, *, thumbs: bool = True) -> list[Row]:
        """Return the rows of the page, with thumbnails unless told otherwise."""
        columns = [c for c in (*SHOWN, *((THUMB,) if thumbs else ())) if c in self.data.columns]
        found = self._found(query)
        start = query.page * self.size
        if isinstance(found, int):
            return self._read(columns, where=self._where(query), offset=start, limit=self.size)
        return self._read(columns, ids=found[start : start + self.size])

    def _found(self, query: Query) -> list[str] | int:
        """Return the matching ids in order; for the dataset's own order their number is enough."""
        query = replace(query, page=0)
        if self._last is None or self._last[0] != query:
            where = self._where(query)
            if query.sort not in self.data.columns:
                raise InputError(f"{self.data.ref} has no column {query.sort!r} to sort by.")
            in_order = query.sort == ID and not query.descending and self._ids is None
            self._last = query, (self._count(where) if in_order else self._sorted(query, where))
        return self._last[1]

    def _sorted(self, query: Query, where: str | None) -> list[str]:
        column = query.sort
        rows = self._read([ID, column] if column != ID else [ID], ids=self._ids, where=where)
        if column == ID:  # a selection has an order of its own
            return [str(row[ID]) for row in (reversed(rows) if query.descending else rows)]
        known = sorted((r for r in rows if r[column] is not None), key=lambda r: r[column], reverse=query.descending)
        return [str(row[ID]) for row in (*known, *(r for r in rows if r[column] is None))]

    def _labels(self) -> dict[str, int]:
        if LABEL not in self.data.columns:
            return {}
        if self.data.classes and self._ids is None:
            return {name: self._count(f"{LABEL} = {_quoted(name)}") for name in self.data.classes}
        counts = Counter(row[LABEL] for row in self._read([LABEL], ids=self._ids) if row[LABEL] is not None)
        return {name: counts[name] for name in (*self.data.classes, *sorted(set(counts) - set(self.data.classes)))}

    def _where(self, query: Query) -> str | None:
        either = []
        if query.labels:
            either.append(f"{LABEL} IN ({', '.join(map(_quoted, query.labels))})")
        if query.unlabeled:
            either.append(f"{LABEL} IS NULL")
        conditions = [f"({' OR '.join(either)})"] if either else []
        if query.differs:
            conditions.append(_DIFFERS)
        if query.text:
            conditions.append(f"contains(lower({NAME}), {_quoted(query.text.lower())})")
        return " AND ".join(conditions) or None

    def _count(self, where: str | None) -> int:
        if self._ids is not None:
            return len(self._read([ID], ids=self._ids, where=where))
        return self.data.n_items if where is None else self.data.ws.tables.count(self.data.name, self.data.version, where=where)

    def _read(self, columns: Sequence[str], **how: Any) -> list[Row]:
        return self.data.ws.tables.read(self.data.name, self.data.version, columns=columns, **how)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
