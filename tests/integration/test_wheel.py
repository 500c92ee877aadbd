"""One wheel carries everything: the package, the extensions of JupyterLab and of its server, the widgets, the template."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
LAB = "share/jupyter/labextensions/perception-workbench"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return zipfile.ZipFile(next(out.glob("*.whl")))


def test_the_wheel_carries_every_part(wheel: zipfile.ZipFile) -> None:
    names = {name.partition(".data/data/")[2] or name for name in wheel.namelist()}
    wanted = {
        "workbench/__init__.py",
        "workbench/py.typed",
        "workbench/widgets/static/grid.js",
        "workbench/widgets/static/curves.js",
        "workbench/widgets/static/annotate.js",
        "workbench/transforms/data/stop_words.json",
        "etc/jupyter/jupyter_server_config.d/perception_workbench.json",
        f"{LAB}/package.json",
        f"{LAB}/install.json",
        f"{LAB}/static/style.js",
        "share/jupyter/voila/templates/workbench/conf.json",
    }
    assert wanted - names == set()
    assert any(name.startswith(f"{LAB}/static/remoteEntry.") for name in names)


def test_the_wheel_carries_nothing_that_a_user_does_not_need(wheel: zipfile.ZipFile) -> None:
    foreign = ("tests/", "benchmarks/", "extensions/", "workbench/labextension")
    strangers = [name for name in wheel.namelist() if name.startswith(foreign)]
    assert strangers == []
    assert not any("node_modules" in name for name in wheel.namelist())


def test_the_front_ends_are_light(wheel: zipfile.ZipFile) -> None:
    sizes = {info.filename: info.file_size for info in wheel.infolist() if info.filename.endswith((".js", ".css"))}
    assert sum(size for name, size in sizes.items() if LAB in name) < 150_000
    widgets = {PurePosixPath(name).stem: size for name, size in sizes.items() if "widgets/static" in name}
    at_once = {name: size for name, size in widgets.items() if "_" not in name}  # the others are loaded when they are needed
    assert set(at_once) >= {"annotate", "grid", "curves", "loop"}
    assert max(at_once.values()) < 50_000
    assert max(widgets.values()) < 130_000
