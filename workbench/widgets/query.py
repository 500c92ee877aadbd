"""What is shown of a dataset: filters, an order and a page, as one value that travels to the browser and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from workbench.core.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Query:
    """Which rows, in which order; the values of a filter are alternatives, all else are conditions on top.

    Args:
        filters: Values by column; None is an absent value. A column of lists matches when one member does.
        ranges: Lowest and highest value by column of numbers.
        differs: Only rows whose prediction differs from the label.
        text: Only rows whose name or text contains this, whatever the case.
        like: Only the rows most like this text or the item of this id, the most like first.
        lasso: Only the rows inside this outline on the map, whose sides are 0 to 1.
        map: The map that the outline is drawn on: "pca" or "tsne".
        versus: Another version of the dataset to compare with, 0 for none; the column `change` then exists.
        sort: The column to sort by; `score` puts the least certain first. Ignored while `like` is given and it is "id".
        descending: Turn the order round.
        page: The page, from 0.
    """

    filters: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    differs: bool = False
    text: str = ""
    like: str = ""
    lasso: tuple[tuple[float, ...], ...] = ()
    map: str = "pca"
    versus: int = 0
    sort: str = "id"
    descending: bool = False
    page: int = 0

    def __post_init__(self) -> None:
        """Refuse a page before the first, and what is no range or no outline."""
        if self.page < 0:
            raise InputError(f"`page` must be 0 or more, got {self.page}.")
        for column, ends in self.ranges.items():
            if len(ends) != 2:
                raise InputError(f"`ranges` must give {column!r} a lowest and a highest value, got {list(ends)}.")
        if any(len(point) != 2 for point in self.lasso) or 0 < len(self.lasso) < 3:
            raise InputError("`lasso` must be three points (x, y) or more.")

    def to_json(self) -> dict[str, Any]:
        """Return the query as the browser reads it."""
        made = asdict(self)
        made["filters"] = {column: list(values) for column, values in self.filters.items() if values}
        made["ranges"] = {column: list(ends) for column, ends in self.ranges.items()}
        made["lasso"] = [list(point) for point in self.lasso]
        return made
