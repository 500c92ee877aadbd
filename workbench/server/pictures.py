"""What a saved notebook keeps of a widget: picture and text; the view needs a kernel that is gone when it is opened again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_VIEW = "application/vnd.jupyter.widget-view+json"


def keep_pictures(model: Mapping[str, Any], **_: Any) -> None:
    """Take the view out of every output of ours; a hook that runs before a file is written."""
    content = model.get("content")
    if model.get("type") != "notebook" or not isinstance(content, dict):
        return
    for cell in content.get("cells", ()):
        for output in cell.get("outputs", ()):
            if "workbench" in output.get("metadata", {}):
                output.get("data", {}).pop(_VIEW, None)
