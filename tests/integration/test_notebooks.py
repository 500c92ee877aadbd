"""The notebooks that we ship run from top to bottom, and keep pictures where no browser looked."""

from __future__ import annotations

from pathlib import Path

import nbformat
import papermill
import pytest

import workbench as wb

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # papermill and its kernel warn of each other

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def test_the_first_steps_run_and_keep_their_pictures(tmp_path: Path) -> None:
    done = tmp_path / "done.ipynb"
    parameters = {"folder": str(tmp_path / "steps"), "n": 300, "epochs": 3}
    try:
        papermill.execute_notebook(
            NOTEBOOKS / "tutorials" / "first-steps.ipynb", done, parameters=parameters, cwd=tmp_path, progress_bar=False
        )
    finally:  # a cell that broke has left the service that an earlier one started
        ws = wb.open(tmp_path / "steps" / "workspace", environment={})
        for record in ws.records.all("service"):
            ws.service(record.id).stop()
    cells = nbformat.read(done, as_version=4).cells
    pictures = [cell.source for cell in cells for out in cell.get("outputs", []) if "image/png" in out.get("data", {})]
    assert any("wb.browse(digits)" in source for source in pictures)
    assert any("wb.train(" in source for source in pictures)


def test_active_learning_runs_and_shows_its_curves(tmp_path: Path) -> None:
    done = tmp_path / "done.ipynb"
    parameters = {"folder": str(tmp_path / "active"), "n": 300, "rounds": 2}
    papermill.execute_notebook(
        NOTEBOOKS / "tutorials" / "active-learning.ipynb", done, parameters=parameters, cwd=tmp_path, progress_bar=False
    )
    cells = nbformat.read(done, as_version=4).cells
    pictures = [cell.source for cell in cells for out in cell.get("outputs", []) if "image/png" in out.get("data", {})]
    assert any("rehearsal" in source for source in pictures)
    assert any("wb.active_learn(job" in source for source in pictures)
