"""Where a kernel stands: what shows its outputs, told by the marks that it leaves."""

from __future__ import annotations

import os

from IPython import get_ipython


def in_voila() -> bool:
    """Return whether this kernel serves a Voila page: it renders outputs before its browser can say hello."""
    return "VOILA_REQUEST_URL" in os.environ or os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")


def in_lab() -> bool:
    """Return whether JupyterLab runs this cell: it says with it which cells are gone; whatever else runs notebooks does not."""
    shell = get_ipython()
    told = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return "deletedCells" in told.get("metadata", {})
