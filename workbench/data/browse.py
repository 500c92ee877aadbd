"""The verb `browse`: look at a dataset; a widget in a notebook, rows on the command line."""

from __future__ import annotations

from typing import Any

from workbench.core.dataset import Dataset
from workbench.core.views import VIEWS


def browse(data: Dataset) -> Any:
    """Return the view of *data*: an image grid with filters, selection and paging; its JSON is the first page of rows."""
    return VIEWS["dataset"](data)
