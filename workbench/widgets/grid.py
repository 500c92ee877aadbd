"""The browser of a dataset: pages of tiles on one canvas, filters, and what is done with a selection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any, ClassVar

import traitlets

from workbench.core.config import decode
from workbench.core.dataset import ID, TAGS, TEXT, THUMB, Dataset
from workbench.core.errors import InputError, WorkbenchError
from workbench.core.labeling import Labeling
from workbench.core.ports import Row
from workbench.core.verbs import act, lookup
from workbench.tasks import TASKS
from workbench.tasks import task as find_task
from workbench.widgets.base import Question, View
from workbench.widgets.compared import CHANGE, REMOVED
from workbench.widgets.contact_sheet import contact_sheet
from workbench.widgets.desk import Desk
from workbench.widgets.pages import SHOWN, Pages
from workbench.widgets.query import Query

#: A tile shows so much of a text.
_EXCERPT = 240


class Grid(View):
    """The browser of one dataset; `query` says what is shown, `selected` holds the ids that a person chose.

    A page travels as a message with one buffer of JPEG bytes, not as a trait: traits are kept in saved notebooks.
    """

    module: ClassVar[str] = "grid"
    parts: ClassVar[tuple[str, ...]] = ("grid_item", "grid_map", "grid_sound")

    title = traitlets.Unicode().tag(sync=True)
    about = traitlets.Dict().tag(sync=True)
    query = traitlets.Dict().tag(sync=True)
    selected = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, data: Dataset, query: Query | None = None, *, page_size: int = 60) -> None:
        super().__init__()
        self._seq = 0
        self._drawn, self._counted = ("", b""), ""
        self._desk = Desk(self)
        self._open_data(data, page_size)
        self.query = (query or Query()).to_json()

    @property
    def selection(self) -> Dataset:
        """Return the selected rows as a dataset, in the order of selection."""
        if not self.selected:
            raise InputError(f"No row of {self.title} is selected.", hint="Click images, or use the arrow keys and space.")
        return self.data.select(self.selected)

    @property
    def matching(self) -> Dataset:
        """Return all rows that match the filters as a dataset, in the order shown."""
        query = self.asked()
        return self.data if self.pages.places(query) is None else self.data.select(self.pages.ids(query))

    @property
    def facets(self) -> list[dict[str, Any]]:
        """Return what can be filtered by, with the number of rows behind each choice."""
        return self.pages.facets(self.asked())

    def show(self, **change: Any) -> Grid:
        """Change the query, such as `show(filters={"label": ["crack"]}, sort="score")`; from the first page unless given."""
        self.query = {**self.query, "page": 0, **change}
        return self

    @property
    def chosen(self) -> Dataset:
        """Return what is selected, or else all that match."""
        return self.selection if self.selected else self.matching

    def tag(self, *tags: str, remove: Sequence[str] = (), data: Dataset | None = None) -> Dataset:
        """Tag *data*, `chosen` by default; the browser goes on with the version that this makes."""
        self.use(act("mark", data or self.chosen, list(tags), remove=list(remove)))
        return self.data

    def label(self, **how: Any) -> Labeling:
        """Send what is selected, or else all that match, to labeling; *how* are the arguments of `wb.label()`."""
        made: Labeling = lookup("label")(self.chosen, **how)
        return made

    def use(self, data: Dataset) -> None:
        """Go on with another version of the same dataset; query and selection stay."""
        self._open_data(data, self.pages.size)
        self._turn()

    def refresh(self) -> None:
        """Send the current page."""
        query = self.asked()
        rows = self.pages.rows(query)
        thumbs = [bytes(row.get(THUMB) or b"") for row in rows]
        self._seq += 1
        page = {
            "kind": "page",
            "seq": self._seq,
            "page": query.page,
            "pages": self.n_pages(query),
            "total": self.pages.total(query),
            "items": [_item(row) for row in rows],
            "ends": list(accumulate(map(len, thumbs))),
        }
        if query.versus:
            before = self.pages.before(query, rows)
            removed = sum(row.get(CHANGE) == REMOVED for row in rows)
            page |= {"before": [row and _item(row) for row in before], "removed": removed, "gone": self.pages.n_lost(query)}
        self.send(page, buffers=[b"".join(thumbs)])

    def complete(self) -> None:
        """Send what can be filtered by, with counts."""
        self._counted = ""
        self._count()

    def picture(self) -> bytes | None:
        """Return the current page as a contact sheet."""
        about = f"{self.data.ref} {self.query}"
        if self._drawn[0] != about:
            self._drawn = about, contact_sheet(self.pages.rows(self.asked()), title=self.caption())
        return self._drawn[1]

    def caption(self) -> str:
        """Return what is shown, in a line."""
        query = self.asked()
        total = self.pages.total(query)
        return f"{self.title}: {total:,} items, page {query.page + 1} of {max(1, self.n_pages(query)):,}"

    def to_json(self) -> dict[str, Any]:
        """Return the page as rows without their pictures."""
        query = self.asked()
        return {
            "dataset": self.data.ref,
            "total": self.pages.total(query),
            "page": query.page,
            "pages": self.n_pages(query),
            "facets": self.facets,
            "rows": self.pages.rows(query, thumbs=False),
        }

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the browser says; what cannot be done is told there, and the query is again what it was."""
        before, is_seen = self.query, self._is_seen
        try:
            super().set_state(sync_data)
        except WorkbenchError as exc:
            self._is_seen = False  # the page that is shown is still the right one
            self.query = before
            self._is_seen = is_seen
            self.send_state("query")
            self.problem(exc)

    def questions(self) -> Mapping[str, Question]:
        """Return what answers each question of the browser."""
        return {**super().questions(), **self._desk.questions()}

    def asked(self) -> Query:
        """Return the query."""
        return decode(Query, self.query, where="query")

    def n_pages(self, query: Query) -> int:
        """Return on how many pages the matching rows are."""
        return -(-self.pages.total(query) // self.pages.size)

    @traitlets.validate("query")  # type: ignore[untyped-decorator]  # traitlets is untyped there
    def _check_query(self, proposal: dict[str, Any]) -> dict[str, Any]:
        query = decode(Query, proposal["value"], where="query")
        last = max(0, self.n_pages(query) - 1)
        return replace(query, page=min(query.page, last)).to_json()

    @traitlets.observe("query")  # type: ignore[untyped-decorator]  # traitlets is untyped there
    def _turn(self, _change: object = None) -> None:
        if self._is_seen:
            self.refresh()
            self._count()

    def _count(self) -> None:
        """Send what can be filtered by, with counts, unless only the page or the order is another."""
        query = self.asked()
        about = repr(replace(query, page=0, sort=ID, descending=False))
        if about != self._counted:
            self.send({"kind": "facets", "facets": self.pages.facets(query)})
            self._counted = about

    def _open_data(self, data: Dataset, page_size: int) -> None:
        self.data, self.pages = data, Pages(data, page_size)
        self._counted = ""
        with self.hold_sync():
            self.title = f"{data.name}@{data.version}"
            self.about = {
                "task": data.task,
                "shape": find_task(data.task).shape if data.task in TASKS else "class",
                "modality": find_task(data.task).modality if data.task in TASKS else "image",
                "classes": list(data.classes),
                "columns": list(data.columns),
                "sorts": [list(sort) for sort in self.pages.sorts()],
                "versions": [v.version for v in data.ws.tables.versions(data.name)],
                "version": data.version,
            }


def grid(
    data: Dataset,
    *,
    filters: Mapping[str, Sequence[Any]] | None = None,
    versus: Dataset | None = None,
    page_size: int = 60,
    **query: Any,
) -> Grid:
    """Return the browser of *data*; its filters and its order can be changed there.

    Args:
        data: A dataset, whole or a selection.
        filters: Show only rows with one of these values, by column; None is an absent one.
        versus: Another version of the dataset to compare with.
        page_size: Tiles on a page, 1 to 500.
        query: What else `Query` tells.
    """
    if versus is not None and versus.name != data.name:
        raise InputError(f"{versus.ref} is no version of {data.name}.", hint="Compare versions of one dataset.")
    chosen = {column: tuple(values) for column, values in (filters or {}).items()}
    asked = Query(filters=chosen, versus=versus.version if versus is not None else 0, **query)
    return Grid(data, asked, page_size=page_size)


def _item(row: Row) -> list[Any]:
    text = row.get(TEXT)
    shown = [row.get(column) for column in SHOWN]
    return [*shown, text[:_EXCERPT] if text else None, row.get("width"), row.get("height"), row.get(TAGS) or []]
