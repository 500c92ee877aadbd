"""A notebook that papermill ran keeps pictures of its widgets, and nothing that needs a kernel."""

from __future__ import annotations

from pathlib import Path

import nbformat
import papermill
import pytest

pytestmark = pytest.mark.slow

_CELLS = (
    """
import io
from PIL import Image
import workbench as wb
from workbench.core.dataset import commit

ws = wb.open(folder)
file = io.BytesIO()
Image.new("RGB", (16, 16), "teal").save(file, "JPEG")
data = commit(ws, "parts", [{"id": f"{n:016x}", "media": "m", "thumb": file.getvalue(), "label": "ok"} for n in range(70)])
wb.browse(data)
""",
    """
from workbench.core.run import begin
run = begin(ws, "train")
for step in range(1, 5):
    run.measure(step, loss=1 / step, accuracy=1 - 1 / (step + 1))
run.finish();
""",
)


@pytest.fixture(params=["a job", "papermill alone"])
def executed(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> nbformat.NotebookNode:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    if request.param == "a job":
        monkeypatch.setenv("WORKBENCH_RUN", "run:job-1")
    else:
        monkeypatch.delenv("WORKBENCH_RUN", raising=False)
    cells = [nbformat.v4.new_code_cell(f"folder = {str(tmp_path / 'ws')!r}"), *map(nbformat.v4.new_code_cell, _CELLS)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), tmp_path / "in.ipynb")
    papermill.execute_notebook(str(tmp_path / "in.ipynb"), str(tmp_path / "out.ipynb"), progress_bar=False)
    found = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    found.metadata["is_job"] = request.param == "a job"
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # what papermill and nbclient say of each other
def test_an_executed_notebook_keeps_pictures_only(executed: nbformat.NotebookNode) -> None:
    grid, curves = (cell.outputs for cell in executed.cells[1:])
    for outputs in (grid, curves):
        assert [set(output.data) for output in outputs if "data" in output] == [{"text/plain", "image/png"}]
    assert grid[0].data["text/plain"] == "parts@1: 70 items, page 1 of 2"
    assert curves[0].data["text/plain"] == "run:train-1 done: 4 steps, best accuracy 0.8 at step 4"
    said = [output.text for output in curves if output.output_type == "stream"]
    assert [len(text.splitlines()) for text in said] == ([4] if executed.metadata["is_job"] else [])
    if executed.metadata["is_job"]:
        assert "widgets" not in executed.metadata
