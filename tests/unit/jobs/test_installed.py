"""What is installed, the lock of it, and environments made from a lock; with wheels of a few bytes."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from workbench.core.errors import InputError
from workbench.core.workspace import Workspace
from workbench.jobs.bundles import environment, installed
from workbench.jobs.bundles.bundle import Bundle
from workbench.jobs.promote import promote
from workbench.jobs.submit import submit
from workbench.testing.notebooks import write_notebook


def wheel(folder: Path, name: str, version: str) -> Path:
    """Write a wheel with one module and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"version = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{n},,\n" for n in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for file, body in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(file, body)
    return path


def bundle(root: Path, lock: str, **facts: dict) -> Bundle:
    path = root / "bundles" / "0123456789"
    path.mkdir(parents=True)
    (path / "requirements.lock").write_text(lock)
    return Bundle(path, {"files": {"requirements.lock": "f" * 64}, "packages": {}, "imports": {}, **facts})


def test_every_distribution_is_found_as_the_standard_library_finds_it() -> None:
    found = installed.here().packages()
    known = {installed.normal(d.name): d.version for d in reversed(list(importlib.metadata.distributions())) if d.name}
    assert {name: found.get(name) for name in known} == known


def test_a_package_that_a_session_installs_shows_up_at_once(tmp_path: Path) -> None:
    interpreter = installed.Interpreter((str(tmp_path),), "3.11.0")
    assert (interpreter.packages(), interpreter.has("tiny_tool")) == ({}, False)
    with zipfile.ZipFile(wheel(tmp_path / "wheels", "tiny_tool", "1.0")) as archive:
        archive.extractall(tmp_path)
    assert (interpreter.packages(), interpreter.has("tiny_tool")) == ({"tiny-tool": "1.0"}, True)
    assert interpreter.distribution("tiny_tool") == "tiny-tool"


def test_a_module_is_traced_to_its_distribution() -> None:
    here = installed.here()
    assert [here.distribution(m) for m in ("PIL", "IPython", "os", "nope")] == ["pillow", "ipython", "", ""]


def test_what_is_installed_from_a_folder_is_told_and_not_pinned(tmp_path: Path) -> None:
    info = tmp_path / "mine-1.0.dist-info"
    info.mkdir()
    (info / "direct_url.json").write_text(json.dumps({"url": "file:///src/mine", "dir_info": {"editable": True}}))
    interpreter = installed.Interpreter((str(tmp_path),), "3.11.0")
    text = installed.lock(interpreter.packages() | {"torch": "2.13.0+cpu"}, interpreter.local())
    assert text == "torch==2.13.0\n# mine==1.0 is installed from /src/mine\n"
    assert installed.pins(text) == {"torch": "2.13.0"}


def test_a_job_in_another_environment_is_told_what_it_lacks(tmp_path: Path) -> None:
    told = bundle(tmp_path, "", packages={"nope-tool": "1.0", "pytest": "0.1"}, imports={"a": "nope-tool", "pytest": "pytest"})
    with pytest.raises(InputError, match=r"This Python lacks nope-tool==1\.0, pytest==0\.1 \(it has .*\), which"):
        environment.check(told)
    assert environment.lacking(told) == {"nope-tool": "", "pytest": installed.here().packages()["pytest"]}
    assert environment.lacking(told, sys.executable) == environment.lacking(told)


def test_a_run_of_a_bundle_whose_packages_are_gone_is_refused(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel(tmp_path / "wheels", "tiny_tool", "1.0")) as archive:
        archive.extractall(site)
    monkeypatch.setenv("PYTHONPATH", str(site))
    monkeypatch.syspath_prepend(str(site))
    path = write_notebook(tmp_path / "a.ipynb", "import tiny_tool")
    digest = promote(path, rehearsal_s=0, ws=ws).info().inputs["bundle"]
    shutil.rmtree(site)
    with pytest.raises(InputError, match=r"This Python lacks tiny-tool==1\.0"):
        submit(Path(digest), ws=ws)
    with pytest.raises(InputError, match="Cell 1 imports `tiny_tool`, which is neither installed nor beside the notebook"):
        promote(path, rehearsal_s=0, ws=ws)


@pytest.mark.slow
def test_an_environment_is_made_offline_from_the_lock(tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", "tiny_tool", "1.0")
    facts = {"packages": {"tiny-tool": "1.0"}, "imports": {"tiny_tool": "tiny-tool"}}
    told = bundle(tmp_path, "tiny-tool==1.0\n# mine==1 is installed from /src\n", **facts)
    assert environment.interpreter(told) == ""
    python = environment.build(told, wheels=tmp_path / "wheels")
    assert installed.of(str(python)).packages() == {"tiny-tool": "1.0"}
    environment.check(told, str(python))
    assert environment.interpreter(told) == str(python)
    assert environment.build(told, wheels=tmp_path / "gone") == python  # it is there already


def test_wheels_that_a_folder_lacks_are_named(tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", "tiny_tool", "1.0")
    told = bundle(tmp_path, "tiny-tool==2.0\nother==1.0\n")
    with pytest.raises(InputError) as caught:
        environment.build(told, wheels=tmp_path / "wheels")
    assert "has no wheel for tiny-tool==2.0 (it has 1.0), other==1.0." in caught.value.message
    with pytest.raises(InputError, match="There is no folder"):
        environment.build(told, wheels=tmp_path / "nowhere")


def test_a_bundle_has_its_lock_and_a_build_file(ws: Workspace, tmp_path: Path) -> None:
    run = promote(write_notebook(tmp_path / "a.ipynb", "import pytest"), rehearsal_s=0, ws=ws)
    folder = ws.root / "bundles" / run.info().inputs["bundle"]
    facts = json.loads((folder / "bundle.json").read_text())
    assert f"pytest=={facts['packages']['pytest']}\n" in (folder / "requirements.lock").read_text()
    assert facts["imports"] == {"pytest": "pytest"}
    assert "RUN python -m pip install --no-cache-dir -r requirements.lock" in (folder / "Containerfile").read_text()
