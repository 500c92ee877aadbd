"""The image grid: a dataset by the page, painted on one canvas from one binary buffer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import accumulate
from typing import Any, ClassVar

import traitlets

from workbench.core.config import decode
from workbench.core.dataset import Dataset
from workbench.core.errors import InputError, WorkbenchError
from workbench.widgets.base import View
from workbench.widgets.contact_sheet import contact_sheet
from workbench.widgets.pages import SHOWN, THUMB, Pages, Query, Sort


class Grid(View):
    """The grid of one dataset; `query` says what is shown, `selected` holds the ids that a person chose.

    A page travels as a message with one buffer of JPEG bytes, not as a trait: traits are kept in saved notebooks.
    """

    module: ClassVar[str] = "grid"

    title = traitlets.Unicode().tag(sync=True)
    query = traitlets.Dict().tag(sync=True)
    facets = traitlets.List(traitlets.Dict()).tag(sync=True)
    sorts = traitlets.List().tag(sync=True)
    selected = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, data: Dataset, query: Query | None = None, *, page_size: int = 60) -> None:
        super().__init__()
        self.data = data
        self._pages = Pages(data, page_size)
        self._seq = 0
        with self.hold_sync():
            self.title = f"{data.name}@{data.version}"
            self.facets = self._pages.facets()
            self.sorts = [list(sort) for sort in self._pages.sorts()]
            self.query = _dict(query or Query())

    @property
    def selection(self) -> Dataset:
        """Return the selected rows as a dataset, in the order of selection."""
        if not self.selected:
            raise InputError(f"No row of {self.title} is selected.", hint="Click images, or use the arrow keys and space.")
        return self.data.select(self.selected)

    def show(self, **change: Any) -> Grid:
        """Change the query, such as `show(labels=["crack"], sort="score")`; from the first page unless `page` is given."""
        self.query = {**self.query, "page": 0, **change}
        return self

    def refresh(self) -> None:
        """Send the current page."""
        query = self._query()
        rows = self._pages.rows(query)
        thumbs = [bytes(row.get(THUMB) or b"") for row in rows]
        self._seq += 1
        page = {
            "kind": "page",
            "seq": self._seq,
            "page": query.page,
            "pages": self._n_pages(query),
            "total": self._pages.total(query),
            "items": [[row.get(column) for column in SHOWN] for row in rows],
            "ends": list(accumulate(map(len, thumbs))),
        }
        self.send(page, buffers=[b"".join(thumbs)])

    def picture(self) -> bytes | None:
        """Return the current page as a contact sheet."""
        query = self._query()
        return contact_sheet(self._pages.rows(query), title=self.caption())

    def caption(self) -> str:
        """Return what is shown, in a line."""
        query = self._query()
        total = self._pages.total(query)
        return f"{self.title}: {total:,} items, page {query.page + 1} of {max(1, self._n_pages(query)):,}"

    def to_json(self) -> dict[str, Any]:
        """Return the page as rows without their pictures."""
        query = self._query()
        return {
            "dataset": self.data.ref,
            "total": self._pages.total(query),
            "page": query.page,
            "pages": self._n_pages(query),
            "facets": self.facets,
            "rows": self._pages.rows(query, thumbs=False),
        }

    @traitlets.validate("query")  # type: ignore[untyped-decorator]
    def _check_query(self, proposal: dict[str, Any]) -> dict[str, Any]:
        query = decode(Query, proposal["value"], where="query")
        last = max(0, self._n_pages(query) - 1)
        return _dict(replace(query, page=min(query.page, last)))

    @traitlets.observe("query")  # type: ignore[untyped-decorator]
    def _turn(self, _change: object) -> None:
        if not self._is_seen:
            return
        try:
            self.refresh()
        except WorkbenchError as exc:
            self.problem(exc)

    def _query(self) -> Query:
        return decode(Query, self.query, where="query")

    def _n_pages(self, query: Query) -> int:
        return -(-self._pages.total(query) // self._pages.size)


def grid(
    data: Dataset,
    *,
    labels: Sequence[str] = (),
    text: str = "",
    unlabeled: bool = False,
    differs: bool = False,
    sort: Sort = "id",
    descending: bool = False,
    page_size: int = 60,
) -> Grid:
    """Return the image grid of *data*; its filters and its order can be changed in the browser.

    Args:
        data: A dataset, whole or a selection.
        labels: Show only rows with one of these labels.
        text: Show only rows whose name contains this.
        unlabeled: Show rows without a label (beside those of *labels*).
        differs: Show only rows whose prediction differs from the label.
        sort: The column to sort by; `score` puts the least certain first.
        descending: Turn the order round.
        page_size: Tiles on a page, 1 to 500.
    """
    query = Query(labels=tuple(labels), text=text, unlabeled=unlabeled, differs=differs, sort=sort, descending=descending)
    return Grid(data, query, page_size=page_size)


def _dict(query: Query) -> dict[str, Any]:
    return asdict(query) | {"labels": list(query.labels)}
