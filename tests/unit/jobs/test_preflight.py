"""What preflight finds, all of it at once; nothing is executed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.core.errors import InputError
from workbench.core.workspace import Workspace
from workbench.jobs.preflight import preflight
from workbench.jobs.promote import promote
from workbench.testing.notebooks import write_notebook


def told(found: dict) -> list[tuple[str, str, int, int]]:
    return [(p["field"], p["message"], p["cell"], p["line"]) for p in found["problems"]]


def test_a_good_notebook_is_told_with_all_that_it_carries(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("n = 1")
    (tmp_path / "x.csv").write_text("a")
    path = write_notebook(
        tmp_path / "a.ipynb", ("epochs: int = 3", "parameters"), "import helper", "junk = 1", ("open('x.csv'), epochs", "run")
    )
    found = preflight(path, cells="run", ws=ws)
    assert (found["ok"], found["title"], found["problems"]) == (True, "a.ipynb", [])
    assert [cell["taken"] for cell in found["cells"]] == [True, False, False, True]
    assert found["parameters"] == [{"name": "epochs", "default": 3, "type": "int"}]
    assert [f["name"] for f in found["files"]] == ["Containerfile", "notebook.ipynb", "requirements.lock", "x.csv"]
    assert found["targets"][0]["label"] == "This machine"
    assert (found["certificate"], found["estimate"]) == (None, None)
    assert not list(ws.root.glob("bundles/*"))


def test_the_bundle_that_is_foretold_is_the_one_that_is_made(ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "print(1)")
    foretold = preflight(path, ws=ws)["bundle"]
    run = promote(path, rehearsal_s=0, ws=ws)
    assert run.info().inputs["bundle"] == foretold
    assert preflight(path, ws=ws)["versions"] == {"newest_run": run.ref, "newest_bundle": foretold, "is_behind": False}
    write_notebook(path, "print(2)")
    assert preflight(path, ws=ws)["versions"]["is_behind"]


def test_every_problem_is_found_at_once_with_its_field_cell_and_line(ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(
        tmp_path / "a.ipynb",
        ("epochs: int = 3", "parameters"),
        "import os\nimport no_such_module",
        "name = input('who?')",
        "open('../secrets.txt')\nopen('gone.csv')",
        "print(hidden)",
        "def f(:",
        kernel="pyton3",
    )
    given = {"epochs": "many", "epoch": 3}
    found = preflight(path, parameters=given, workers=0, memory_gb=1e6, gpus=500, ws=ws)
    assert not found["ok"]
    assert [(field, cell, line) for field, _, cell, line in told(found)] == [
        ("parameters.epoch", 0, 0),
        ("parameters.epochs", 0, 0),
        ("cells", 3, 1),
        ("cells", 6, 1),
        ("cells", 5, 1),
        ("cells", 4, 1),
        ("cells", 4, 2),
        ("kernel", 0, 0),
        ("cells", 2, 2),
        ("workers", 0, 0),
        ("memory_gb", 0, 0),
        ("gpus", 0, 0),
    ]
    with pytest.raises(InputError) as caught:
        promote(path, parameters=given, ws=ws)
    assert all(said in str(caught.value) for said in ("no_such_module", "input()", "`hidden`", "pyton3", "'many'"))
    assert len(caught.value.problems) == 9


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No notebook named"),
        (b"print(1)", "is not a notebook"),
        (b'{"nbformat": 4, "metadata": {}, "cells": []}', "has no code to run"),
    ],
)
def test_what_cannot_be_read_is_a_problem_of_its_field(ws: Workspace, tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "a.ipynb"
    if content is not None:
        path.write_bytes(content)
    found = preflight(path, ws=ws)
    assert (found["ok"], found["problems"][0]["field"], said in found["problems"][0]["message"]) == (False, "notebook", True)


def test_fifty_megabytes_of_outputs_are_nothing_to_speak_of(ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "print(1)")
    document = json.loads(path.read_text())
    document["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 50_000_000}]
    path.write_text(json.dumps(document))
    found = preflight(path, ws=ws)
    assert found["ok"]
    assert sum(f["bytes"] for f in found["files"]) < 100_000


def test_parameters_for_a_notebook_without_a_cell_for_them(ws: Workspace, tmp_path: Path) -> None:
    found = preflight(write_notebook(tmp_path / "a.ipynb", "1"), parameters={"epochs": 3}, ws=ws)
    assert told(found) == [("parameters.epochs", "a.ipynb declares no parameters, got 'epochs'.", 0, 0)]


def test_an_address_that_is_none(ws: Workspace, tmp_path: Path) -> None:
    found = preflight(write_notebook(tmp_path / "a.ipynb", "1"), at="somewhere", ws=ws)
    assert told(found) == [("at", "`at` must be the address of a cluster such as 'http://head:8265', got 'somewhere'.", 0, 0)]


@pytest.mark.parametrize(
    "code", ["def ask():\n    return input()", "if x:\n    input()", "x.input()", "def input(): ...\ninput()"]
)
def test_a_cell_that_may_not_ask_is_no_problem(ws: Workspace, tmp_path: Path, code: str) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "x = 0", code)
    assert preflight(path, ws=ws)["problems"] == []


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    import nope\nexcept ImportError:\n    nope = None",
        "def f():\n    import nope",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import nope",
    ],
)
def test_a_module_that_the_code_can_do_without_is_no_problem(ws: Workspace, tmp_path: Path, code: str) -> None:
    assert preflight(write_notebook(tmp_path / "a.ipynb", code), ws=ws)["problems"] == []


def test_modules_of_folders_that_the_code_adds_are_carried(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "tool.py").write_text("import importlib\nimportlib.import_module('plugin')")
    (tmp_path / "src" / "plugin.py").write_text("")
    (tmp_path / "script.py").write_text("made_there = 1\nimport extra")
    (tmp_path / "extra.py").write_text("")
    path = write_notebook(
        tmp_path / "a.ipynb", "import sys\nsys.path.append('src')\nimport tool", "%run script.py", "print(made_there)"
    )
    found = preflight(path, ws=ws)
    assert found["problems"] == []
    assert {f["name"] for f in found["files"]} >= {"src/tool.py", "src/plugin.py", "script.py", "extra.py"}


def test_a_module_from_outside_of_the_folder_is_a_problem(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "outer_tool.py").write_text("")
    (tmp_path / "notebooks").mkdir()
    path = write_notebook(tmp_path / "notebooks" / "a.ipynb", "import sys\nsys.path.append('..')\nimport outer_tool")
    said = "Cell 1 imports `outer_tool` from '..', outside of the notebook's folder, which is not carried."
    assert told(preflight(path, ws=ws)) == [("cells", said, 1, 3)]


def test_a_secret_is_carried_by_name_and_never_by_value(ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_TOKEN", "tell-nobody")
    monkeypatch.setenv("REGION", "north")
    path = write_notebook(tmp_path / "a.ipynb", "import os\nos.environ['SERVICE_TOKEN'], os.getenv('REGION')")
    found = preflight(path, ws=ws)
    assert (found["secrets"], found["variables"]) == ([{"name": "SERVICE_TOKEN", "is_set": True}], {"REGION": "north"})
    run = promote(path, rehearsal_s=0, ws=ws)
    written = [p for p in ws.root.rglob("*") if p.is_file() and b"tell-nobody" in p.read_bytes()]
    assert [p.name for p in written] == [".secrets.json"]
    assert written[0].stat().st_mode & 0o077 == 0
    assert run.info().more["environment"]["REGION"] == "north"


def test_a_secret_in_clear_text_is_refused(ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(
        tmp_path / "a.ipynb", ("api_key = ''", "parameters"), "password = 'hunter2hunter2'\nsort_key = 'created_at'"
    )
    found = preflight(path, parameters={"api_key": "abc"}, ws=ws)
    assert [(field, cell, line) for field, _, cell, line in told(found)] == [("parameters.api_key", 0, 0), ("cells", 2, 1)]
    assert "os.environ['API_KEY']" in found["problems"][0]["message"]


def test_hidden_state_is_a_problem_that_an_override_allows(ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "print(gone)")
    with pytest.raises(InputError, match="Cell 1 uses `gone`, which no cell makes"):
        promote(path, rehearsal_s=0, ws=ws)
    assert promote(path, rehearsal_s=0, override="it is set by a site hook", ws=ws).info().more["override"]


def test_the_cell_that_promotes_its_own_notebook_is_left_out(ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "import workbench as wb", "wb.promote('a.ipynb')", "wb.promote('b.ipynb')")
    found = preflight(path, ws=ws)
    assert [(c["taken"], c["why"]) for c in found["cells"]][1] == (False, "it promotes this very notebook")
    assert found["cells"][2]["taken"]


def test_names_of_datasets_are_pinned_and_unknown_ones_are_warnings(ws: Workspace, tmp_path: Path) -> None:
    from workbench.core.dataset import commit

    first = commit(ws, "caps", [{"id": "1"}])
    path = write_notebook(
        tmp_path / "a.ipynb", "import workbench as wb\nws = wb.open()", "ws.dataset('caps')\nws.model('none')"
    )
    found = preflight(path, ws=ws)
    assert found["pins"] == {"dataset:caps": first.ref}
    assert [(w["message"], w["line"]) for w in found["warnings"]] == [
        ("Cell 2 names 'model:none', which is not in the workspace.", 2)
    ]
    run = promote(path, rehearsal_s=0, ws=ws)
    assert json.loads((run.folder / "job.json").read_text())["pins"] == {"dataset:caps": first.ref}


def test_a_reference_as_parameter_gets_its_version(ws: Workspace, tmp_path: Path) -> None:
    from workbench.core.dataset import commit

    data = commit(ws, "caps", [{"id": "1"}])
    path = write_notebook(tmp_path / "a.ipynb", ("data = ''", "parameters"), "print(data)")
    run = promote(path, parameters={"data": "dataset:caps"}, rehearsal_s=0, ws=ws)
    assert run.info().params["data"] == data.ref
