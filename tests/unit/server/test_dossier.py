"""What the folder of a run holds, as its panel is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import workbench as wb
from workbench.core import files
from workbench.core.errors import NotFoundError
from workbench.core.run import Run, begin
from workbench.server import dossier
from workbench.server.pages import headers

_BUNDLE = "ab" * 32


def bundled(ws: wb.Workspace, source: Path, *code: str) -> Run:
    """Return a job of a bundle with these cells, made of the notebook *source*, which has them as well."""
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {"workbench": {"cell": i}}, "source": text, "outputs": []}
        for i, text in enumerate(code, 1)
    ]
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    source.write_text(json.dumps(document))
    folder = ws.root / "bundles" / _BUNDLE
    facts = {
        "source": {"path": str(source), "tag": ""},
        "files": {"notebook.ipynb": "", "tools.py": ""},
        "packages": {"a": "1"},
    }
    files.write_json(folder / "bundle.json", facts)
    files.write_json(folder / "notebook.ipynb", document)
    return begin(ws, "job", bundle=_BUNDLE)


def test_cells_have_their_state_their_seconds_and_their_code(real_ws: wb.Workspace, tmp_path: Path) -> None:
    run = bundled(real_ws, tmp_path / "train.ipynb", "a = 1", "print(a)")
    told = dossier.cells(run, {"cells_state": ["done", "running"], "seconds": [0.5, None]})
    assert told == [
        {"cell": 1, "state": "done", "seconds": 0.5, "source": "a = 1"},
        {"cell": 2, "state": "running", "seconds": None, "source": "print(a)"},
    ]


def test_files_are_listed_without_hidden_ones_and_links_the_written_ones_first(real_ws: wb.Workspace, tmp_path: Path) -> None:
    run = bundled(real_ws, tmp_path / "train.ipynb", "1")
    for name in ("work/tools.py", "work/scores.csv", ".secrets.json", "work/.cache/x"):
        (run.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (run.folder / name).write_text("12")
    (run.folder / "passwd").symlink_to("/etc/passwd")
    told = dossier.listed(run)
    assert [(f["name"], f["bytes"], f["is_carried"]) for f in told] == [
        ("work/scores.csv", 2, False),
        ("work/tools.py", 2, True),
    ]


def test_the_difference_to_the_notebook_is_told_by_cell(real_ws: wb.Workspace, tmp_path: Path) -> None:
    source = tmp_path / "train.ipynb"
    run = bundled(real_ws, source, "a = 1", "print(a)")
    assert dossier.versions(run)["code"] == []
    source.write_text(source.read_text().replace("a = 1", "a = 2"))
    told = dossier.versions(run)
    assert [(row["cell"], row["diff"].splitlines()[-2:]) for row in told["code"]] == [(1, ["-a = 1", "+a = 2"])]


def test_the_certificate_of_a_run_is_the_one_that_it_was_promoted_with(real_ws: wb.Workspace, tmp_path: Path) -> None:
    run = bundled(real_ws, tmp_path / "train.ipynb", "1")
    with pytest.raises(NotFoundError, match="has no certificate"):
        dossier.proof(run, "certificate")
    kept = [real_ws.root / "certificates" / f"{_BUNDLE}-{n}" / "certificate.json" for n in (1, 2)]
    for path in kept:
        files.write_json(path, {"made": str(path)})
    run.update(certificate=files.digest(kept[0]))
    assert dossier.proof(run, "certificate") == kept[0]
    assert dossier.certificate(real_ws, _BUNDLE) == kept[1]
    assert dossier.proof(run, "certificate", page=True).name == "certificate.html"


def test_a_run_that_nobody_verified_says_how(real_ws: wb.Workspace) -> None:
    with pytest.raises(NotFoundError, match="has no verdict") as caught:
        dossier.proof(begin(real_ws, "job"), "verdict")
    assert caught.value.hint == "Make one: wb.verify(ws.run('job-1'))"


def test_what_a_process_saw_goes_before_what_its_bundle_says(real_ws: wb.Workspace, tmp_path: Path) -> None:
    run = bundled(real_ws, tmp_path / "train.ipynb", "1")
    assert (dossier.environment(run)["packages"], dossier.environment(run)["is_seen"]) == ({"a": "1"}, False)
    files.write_json(run.folder / "witness.json", {"packages": {"a": "2"}, "threads": {"torch": 1}})
    assert (dossier.environment(run)["packages"], dossier.environment(run)["is_seen"]) == ({"a": "2"}, True)


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("page.html", "text/html; charset=utf-8", "inline"),
        ("log.txt", "text/plain; charset=utf-8", "inline"),
        ("plot.png", "image/png", "inline"),
        ("plot.svg", "image/svg+xml", "attachment"),
        ("model.bin", "application/octet-stream", "attachment"),
    ],
)
def test_a_file_has_its_type_and_can_do_nothing_in_a_browser(name: str, kind: str, shown: str) -> None:
    told = headers(Path(name))
    assert (told["Content-Type"], told["Content-Disposition"].partition(";")[0]) == (kind, shown)
    assert told["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert told["X-Content-Type-Options"] == "nosniff"
