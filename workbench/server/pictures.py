"""What a saved notebook keeps of a widget: its picture; the view needs a kernel that will be gone when it is opened again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_VIEW = "application/vnd.jupyter.widget-view+json"


def keep_pictures(model: Mapping[str, Any], **_: Any) -> None:
    """Take the view out of each output of ours that has a picture too; a hook that runs before a file is written."""
    content = model.get("content")
    if model.get("type") != "notebook" or not isinstance(content, dict):
        return
    for cell in content.get("cells", ()):
        for output in cell.get("outputs", ()):
            if "workbench" in output.get("metadata", {}) and "image/png" in output.get("data", {}):
                output["data"].pop(_VIEW, None)
