"""The Jupyter Server extension: the workspace's state and its verbs over HTTP."""

from __future__ import annotations

from typing import Any

from workbench import __version__ as __version__  # shown by `jupyter server extension list`


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from workbench.server.app import WorkbenchApp  # `import workbench.server` needs no Jupyter Server

    return [{"module": "workbench.server", "app": WorkbenchApp}]
