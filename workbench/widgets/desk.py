"""What the browser asks besides pages: one item whole, its file, its history, the map; and what it does with a selection."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.core.dataset import EMBEDDING, ID, MEDIA, THUMB
from workbench.core.errors import InputError, NotFoundError, not_found
from workbench.core.ports import Row
from workbench.core.verbs import encode
from workbench.widgets.base import Question
from workbench.widgets.media import viewable

if TYPE_CHECKING:
    from workbench.widgets.grid import Grid

Told = tuple[Mapping[str, Any], Sequence[bytes]]

#: What the columns of an item's history are about, those that tell nothing to a person left out.
_UNTOLD = {ID, THUMB, EMBEDDING}
#: A selection by hand holds at most so many; more are chosen by filters.
MAX_SELECTED = 20_000


class Desk:
    """Answers the questions of one browser widget."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid

    def questions(self) -> Mapping[str, Question]:
        """Return what answers each kind of question."""
        return {
            "item": self.item,
            "media": self.media,
            "history": self.history,
            "map": self.map,
            "all": self.all,
            "tag": self.tag,
            "label": self.label,
        }

    def item(self, about: Mapping[str, Any]) -> Told:
        """Return one row whole, without its pictures and vectors; and as it is in the version that is compared with."""
        versus, id = self._grid.asked().versus, self._id(about)
        version, row = self._row(id)
        told: dict[str, Any] = {"row": _plain(row), "version": version}
        if versus:
            found = self._read(versus, id)
            told["before"] = _plain(found[0]) if found else None
        return told, ()

    def media(self, about: Mapping[str, Any]) -> Told:
        """Return the file of an item as the browser can show it."""
        column = str(about.get("column", MEDIA))
        _, row = self._row(self._id(about))
        if column not in (MEDIA, "media_b") or not row.get(column):
            raise InputError(f"Item {row[ID]!r} has no file in {column!r}.")
        content, kind, size = viewable(self._grid.data.media(row, column=column))
        return {"type": kind, "size": size}, [content]

    def history(self, about: Mapping[str, Any]) -> Told:
        """Return what happened to an item, oldest first: each version that changed it, and what changed."""
        data = self._grid.data
        steps: list[dict[str, Any]] = []
        before: Row = {}
        for version, row in data.ws.histories.of(data.name, self._id(about)):
            changes = [
                [column, _short(before.get(column)), _short(row.get(column))]
                for column in sorted({*before, *row} - _UNTOLD if row else ())
                if before.get(column) != row.get(column)
            ]
            meta = version.meta
            by = row.get("label_by") if any(c[0] == "label" for c in changes) else None
            steps.append(
                {
                    "version": version.version,
                    "created": version.created,
                    "note": str(meta.get("note") or meta.get("verb") or ""),
                    "by": str(by or meta.get("by") or ""),
                    "gone": not row,
                    "changes": changes,
                }
            )
            before = row
        return {"steps": steps}, ()

    def map(self, about: Mapping[str, Any]) -> Told:
        """Return where each row lies, its class by the column asked for, and whether it matches the filters."""
        pages, query = self._grid.pages, self._grid.asked()
        points = pages.map.points(query.map)
        column = str(about.get("color") or "")
        names, codes = pages.colors(column) if column else ([], np.zeros(len(points), dtype=np.uint8))
        kept = pages.mask(replace(query, lasso=()))
        shown = np.ones(len(points), dtype=np.uint8) if kept is None else kept.astype(np.uint8)
        coordinates = np.nan_to_num(points, nan=-1.0).astype(np.float32)
        buffers = [coordinates.tobytes(), codes.astype(np.uint8).tobytes(), shown.tobytes()]
        return {"names": names, "colors": pages.facet_columns()}, buffers

    def all(self, _about: Mapping[str, Any]) -> Told:
        """Select all rows that match."""
        query = self._grid.asked()
        if (total := self._grid.pages.total(query)) > MAX_SELECTED:
            raise InputError(
                f"{total:,} rows match; at most {MAX_SELECTED:,} are selected one by one.",
                hint="Clear the selection: tagging and labeling then work on all that match.",
            )
        self._grid.selected = self._grid.pages.ids(query)
        return {"count": total}, ()

    def tag(self, about: Mapping[str, Any]) -> Told:
        """Give a tag to one item, to what is selected, or else to all that match; or take it."""
        tag, before = str(about.get("tag", "")), self._grid.data.version
        tags, remove = ([], [tag]) if about.get("remove") else ([tag], [])
        one = self._grid.data.select([self._id(about)]) if "id" in about else None
        data = self._grid.tag(*tags, remove=remove, data=one)
        return {"version": data.version, "changed": data.version != before}, ()

    def label(self, about: Mapping[str, Any]) -> Told:
        """Send what is selected, or else all that match, to labeling."""
        how = {k: about[k] for k in ("name", "place", "task", "classes") if about.get(k)}
        labeling = self._grid.label(**how)
        return {"labeling": encode(labeling), "name": labeling.name}, ()

    def _row(self, id: str) -> tuple[int, Row]:
        """Return an item and its version: that which is compared with, when the item is gone since."""
        versions = (self._grid.data.version, self._grid.asked().versus)
        for version in filter(None, versions):
            if found := self._read(version, id):
                return version, found[0]
        raise not_found("item", id, None)

    def _read(self, version: int, id: str) -> list[Row]:
        """Return an item as it is in a version, without its pictures and vectors; nothing when it is not there."""
        data = self._grid.data
        known = next(v.columns for v in data.ws.tables.versions(data.name) if v.version == version)
        try:
            return data.ws.tables.read(data.name, version, columns=[c for c in known if c not in (THUMB, EMBEDDING)], ids=[id])
        except NotFoundError:
            return []

    def _id(self, about: Mapping[str, Any]) -> str:
        id = about.get("id")
        if not isinstance(id, str):
            raise InputError(f"An item is named by its id, got {id!r}.")
        return id


def _plain(row: Row) -> dict[str, Any]:
    return {column: _short(value, 20_000_000) for column, value in row.items() if value is not None}


def _short(value: Any, most: int = 2000) -> Any:
    """Return a value as JSON that is not too long to look at."""
    if value is None or isinstance(value, bool | int | float):
        return None if isinstance(value, float) and not math.isfinite(value) else value  # NaN is not JSON
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    if isinstance(value, list | tuple):
        return [_short(item) for item in value[:500]]
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= most else f"{text[:most]}…"
