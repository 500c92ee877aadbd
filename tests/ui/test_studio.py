"""Label Studio in a tab of JupyterLab: opened, labeled in, and what was said comes home; all behind Jupyter's sign-in."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

import workbench as wb
from workbench.core.dataset import commit
from workbench.labeling import studio_server

SHOTS = os.environ.get("WORKBENCH_SCREENSHOTS", "")
_CLASSES = ["ok", "crack"]


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[wb.Workspace]:
    """A workspace below JupyterLab's root folder, with photos to label; its Label Studio ends with the test."""
    ws = wb.open(tmp_path / "lab" / "root" / "line-3", environment={})
    rows = []
    for i in range(4):
        picture, file = Image.new("RGB", (320, 240), (70 + 30 * i, 90, 110)), io.BytesIO()
        ImageDraw.Draw(picture).ellipse((60, 40, 260, 200), fill=(210, 200 - 30 * i, 90))
        picture.save(file, "PNG")
        key = ws.blobs.put(file.getvalue(), suffix=".png")
        rows.append({"id": key[:16], "media": key, "name": f"cap-{i}.png"})
    commit(ws, "caps", rows)
    try:
        yield ws
    finally:
        studio_server.stop(ws.root)


def test_a_person_starts_label_studio_in_a_tab_and_labels_there_and_the_labels_come_home(
    ws: wb.Workspace, lab_with: Callable[..., Any], open_lab: Callable[..., Any]
) -> None:
    studio_server.start(ws.root)
    job = wb.label(ws.dataset("caps"), task="image-classification", classes=_CLASSES, guidelines="Look at the <rim>.")
    studio_server.stop(ws.root)
    page = open_lab(lab_with(base="/site/eva"))
    page.get_by_role("tab", name="Workbench").click()
    page.get_by_test_id("wb-sidebar").get_by_role("button", name="caps", exact=True).click()
    page.get_by_role("button", name="Start Label Studio").click()
    studio = page.frame_locator('iframe[title="Label Studio"]')
    studio.get_by_role("button", name="Label All Tasks").click()
    studio.get_by_text("Look at the <rim>.").wait_for()
    studio.get_by_role("button", name="Close modal").click()
    for i in range(4):
        choice = studio.locator('input[name="crack"]' if i % 2 else 'input[name="ok"]')
        studio.locator("input[type=radio]:checked").wait_for(state="detached")  # the next item is there
        choice.click()
        if SHOTS and i == 1:
            page.wait_for_timeout(500)
            page.screenshot(path=f"{SHOTS}/studio-tab.png")
        studio.get_by_test_id("bottombar-submit-button").click()
        _wait_for(lambda n=i: ws.labeler.counts(job.info().project)[1] == n + 1)
    labels = job.pull()
    assert sorted(labels.labels()) == ["crack", "crack", "ok", "ok"]
    assert {row["label_by"] for row in labels} == {studio_server.status(ws.root).username}


def _wait_for(holds: Callable[[], bool], *, patience_s: float = 30.0) -> None:
    until = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.1)
