"""A saved notebook keeps pictures of our widgets; what others show is left alone."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from workbench.server.pictures import keep_pictures

VIEW = "application/vnd.jupyter.widget-view+json"


def notebook(*outputs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "notebook", "content": {"cells": [{"cell_type": "markdown"}, {"outputs": list(outputs)}]}}


def output(*mimes: str, **metadata: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "data": dict.fromkeys(mimes, "..."), "metadata": metadata}


def test_the_view_of_our_widget_is_left_out_beside_its_picture_or_text() -> None:
    model = notebook(output(VIEW, "image/png", "text/plain", workbench={}), output(VIEW, "text/plain", workbench={}))
    keep_pictures(model=model, path="a.ipynb", contents_manager=None)
    kept = [set(output["data"]) for output in model["content"]["cells"][1]["outputs"]]
    assert kept == [{"image/png", "text/plain"}, {"text/plain"}]


@pytest.mark.parametrize(
    "model",
    [
        notebook(output(VIEW, "image/png")),
        notebook({"output_type": "stream", "text": "x"}),
        {"type": "file", "content": "text"},
        {"type": "directory"},
        {"type": "notebook", "content": None},
    ],
)
def test_everything_else_is_written_as_it_is(model: dict[str, Any]) -> None:
    before = deepcopy(model)
    keep_pictures(model=model)
    assert model == before
