"""What a bundle says and keeps, and what a run holds beside what its notebook is now."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from workbench.core.errors import InputError
from workbench.core.workspace import Workspace
from workbench.jobs.bundles import bundle as bundles
from workbench.jobs.bundles import versions
from workbench.jobs.bundles.machine import gpus, machine
from workbench.jobs.bundles.plan import plan
from workbench.jobs.promote import promote
from workbench.jobs.reading import variables
from workbench.testing.notebooks import write_notebook


def facts_of(ws: Workspace, path: Path) -> dict:
    contents = plan(ws, path).contents
    assert contents is not None
    return dict(contents.facts)


def test_a_bundle_tells_machine_threads_and_seeds(ws: Workspace, tmp_path: Path) -> None:
    code = "import random\nrandom.seed(3)\nmake = print\nmake(random_state=7)"
    facts = facts_of(ws, write_notebook(tmp_path / "a.ipynb", code))
    assert facts["protocol"] == 2
    assert facts["seeds"] == ["random.seed(3)", "make(random_state=7)"]
    assert set(facts["machine"]) >= {"cpu", "cores", "memory_gb", "gpus", "implementation"}
    assert facts["environment"]["OMP_NUM_THREADS"] == "1"
    assert facts["engine"] == "inline"


def test_nothing_in_a_bundle_tells_the_time(ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "import helper")
    (tmp_path / "helper.py").write_text("n = 1")
    first = plan(ws, path).contents
    machine.cache_clear()
    (tmp_path / "helper.py").write_text("n = 1")
    second = plan(ws, write_notebook(path, "import helper")).contents
    assert first is not None
    assert second is not None
    assert first.body == second.body
    (tmp_path / "helper.py").write_text("n = 2")
    third = plan(ws, path).contents
    assert third is not None
    assert third.digest != first.digest


def test_a_bundle_of_protocol_1_can_still_be_read(tmp_path: Path) -> None:
    facts = {
        "protocol": 1,
        "source": {"path": "/a.ipynb", "sha256": "", "tag": ""},
        "kernel": "python3",
        "cells": [],
        "parameters": None,
        "environment": {},
        "packages": {},
        "files": {},
    }
    body = json.dumps(facts).encode()
    folder = tmp_path / hashlib.sha256(body).hexdigest()
    folder.mkdir()
    (folder / "bundle.json").write_bytes(body)
    read = bundles.read(tmp_path, folder)
    assert (read.facts["pins"], read.facts["secrets"], read.facts["imports"]) == ({}, [], {})


def test_a_bundle_of_another_protocol_is_refused(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "bundle.json").write_text('{"protocol": 3}')
    with pytest.raises(InputError, match="has protocol 3, expected 2"):
        bundles.read(tmp_path, tmp_path / "new")


def test_packages_beside_the_notebook_travel_with_their_tables(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "pack" / "__pycache__").mkdir(parents=True)
    (tmp_path / "pack" / "__init__.py").write_text("from .part import *\nfrom . import other")
    for name in ("part.py", "other.py", "table.json", "__pycache__/part.pyc"):
        (tmp_path / "pack" / name).write_text("1")
    facts = facts_of(ws, write_notebook(tmp_path / "a.ipynb", "import pack"))
    assert facts["modules"] == ["pack/__init__.py", "pack/other.py", "pack/part.py", "pack/table.json"]


def test_files_that_a_module_names_are_carried(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("import os\ntext = open('conf.yaml').read()\nwhere = os.environ.get('REGION')")
    (tmp_path / "conf.yaml").write_text("a: 1")
    facts = facts_of(ws, write_notebook(tmp_path / "a.ipynb", "import helper"))
    assert (facts["data"], "conf.yaml" in facts["files"]) == (["conf.yaml"], True)


def test_a_run_says_which_version_it_runs_and_what_the_notebook_is_at(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("n = 1")
    path = write_notebook(tmp_path / "a.ipynb", "import helper", ("print(helper.n)", "run"), "junk = 1")
    run = promote(path, cells="run", rehearsal_s=0, ws=ws)
    same = versions.of_run(ws, run.id)
    assert (same["is_there"], same["is_behind"], same["runs"]) == (True, False, same["notebook"])
    write_notebook(path, "import helper", ("print(helper.n)", "run"), "junk = 2")
    assert not versions.of_run(ws, run.id)["is_behind"]  # the cell is not chosen
    write_notebook(path, "import helper", ("print(helper.n + 1)", "run"))
    (tmp_path / "helper.py").write_text("n = 2")
    told = versions.of_run(ws, run.id)
    assert (told["is_behind"], told["cells"], told["files"]) == (True, [2], ["helper.py"])
    assert told["says"] == (
        f"Runs version {told['runs']}, the notebook is at {told['notebook']}: cell 2 and helper.py changed since."
    )
    path.unlink()
    gone = versions.of_run(ws, run.id)
    assert (gone["is_there"], gone["is_behind"]) == (False, False)


@pytest.mark.parametrize(
    ("name", "value", "is_secret"),
    [
        ("HF_TOKEN", "", True),
        ("AWS_SECRET_ACCESS_KEY", "", True),
        ("DB_PASSWORD", "", True),
        ("GOOGLE_APPLICATION_CREDENTIALS", "", True),
        ("DATABASE_URL", "postgres://me:word@host/db", True),
        ("ANYTHING", "ghp_" + "a" * 36, True),
        ("TOKENIZERS_PARALLELISM", "false", False),
        ("KEYBOARD", "us", False),
        ("DATABASE_URL", "postgres://host/db", False),
    ],
)
def test_what_is_secret_shows_in_its_name_or_its_shape(name: str, value: str, is_secret: bool) -> None:
    assert variables.is_secret(name, value) == is_secret


def test_variables_of_the_place_are_not_pinned() -> None:
    values, secrets = variables.known(["HOME", "REGION", "MY_TOKEN", "UNSET"], {"HOME": "/h", "REGION": "n", "MY_TOKEN": "t"})
    assert (values, secrets) == ({"REGION": "n"}, ["MY_TOKEN"])


def test_gpus_are_asked_outside_of_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA H200, 143771, 570.86.15'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert gpus.__wrapped__() == [{"name": "NVIDIA H200", "memory_gb": 140.4, "driver": "570.86.15"}]
    tool.write_text("#!/bin/sh\nexit 9\n")
    assert gpus.__wrapped__() == []
