"""The verb `browse`: look at a dataset; a widget in a notebook, rows on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.dataset import Dataset
from workbench.core.views import VIEWS


def browse(
    data: Dataset,
    *,
    filters: Mapping[str, Sequence[Any]] | None = None,
    text: str = "",
    like: str = "",
    differs: bool = False,
    versus: Dataset | None = None,
    sort: str = "id",
    descending: bool = False,
) -> Any:
    """Return the browser of *data*; its JSON is the first page of rows, and what they can be filtered by.

    Args:
        data: A dataset, whole or a selection.
        filters: Show only rows with one of these values, by column; None is an absent one.
        text: Show only rows whose name or text contains this.
        like: Show only the rows most like this text, or the item of this id.
        differs: Show only rows whose prediction differs from the label.
        versus: Another version of the dataset to compare with.
        sort: The column to sort by; `score` puts the least certain first.
        descending: Turn the order round.
    """
    query = {"text": text, "like": like, "differs": differs, "sort": sort, "descending": descending}
    return VIEWS["dataset"](data, filters=filters, versus=versus, **query)
