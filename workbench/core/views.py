"""How a noun is shown in a notebook; the widgets live above the stages, so they are named here, not imported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.core.registry import Registry

VIEWS: Registry[Callable[..., Any]] = Registry(
    "view",
    {
        "dataset": "workbench.widgets.grid:grid",
        "labeling": "workbench.widgets.annotate:annotate",
        "run": "workbench.widgets.curves:curves",
        "report": "workbench.widgets.curves:picture_of",
        "pairs": "workbench.widgets.pairs:pairs",
    },
)

#: Called with the workspace when a kernel opens it, so that verbs show their progress under the cell.
ATTACH = "workbench.widgets.live:attach"
