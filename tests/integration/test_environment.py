"""A job in an environment made from its bundle's lock, by real processes."""

from __future__ import annotations

import hashlib
import shutil
import sysconfig
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

import workbench as wb
from workbench.core.errors import InputError
from workbench.jobs.bundles import environment
from workbench.jobs.bundles.bundle import publish
from workbench.jobs.bundles.plan import plan
from workbench.testing.notebooks import write_notebook

pytestmark = pytest.mark.slow


def wheel(folder: Path, version: str) -> None:
    info = f"tiny_tool-{version}.dist-info"
    files = {
        "tiny_tool.py": f"version = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tiny_tool\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"tiny_tool-{version}-py3-none-any.whl", "w") as archive:
        for name, body in {**files, f"{info}/RECORD": "".join(f"{n},,\n" for n in files)}.items():
            archive.writestr(name, body)


def test_a_job_runs_with_the_versions_of_its_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ws = wb.open(tmp_path / "ws")
    wheel(tmp_path / "wheels", "1.0")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(tmp_path / "wheels" / "tiny_tool-1.0-py3-none-any.whl") as archive:
        archive.extractall(installed)
    monkeypatch.syspath_prepend(str(installed))
    monkeypatch.setenv("PYTHONPATH", str(installed))
    path = write_notebook(tmp_path / "a.ipynb", "import sys, tiny_tool\nprint(tiny_tool.version, sys.prefix)")
    contents = plan(ws, path).contents
    assert contents is not None
    assert contents.facts["imports"] == {"tiny_tool": "tiny-tool"}
    # The lock of all that is installed would need all these wheels; this one stands for it.
    lock = b"tiny-tool==1.0\n"
    facts = {**contents.facts, "files": {**contents.facts["files"], "requirements.lock": hashlib.sha256(lock).hexdigest()}}
    bundle = publish(ws.root / "bundles", replace(contents, facts=facts, files={**contents.files, "requirements.lock": lock}))

    shutil.rmtree(installed)  # from here on this Python has it no more
    with pytest.raises(InputError, match=r"lacks tiny-tool==1\.0"):
        environment.check(bundle)
    python = environment.build(bundle, wheels=tmp_path / "wheels")
    site = next(python.parent.parent.glob("lib/python*/site-packages"))
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")

    run = wb.submit(Path(bundle.digest), ws=ws)
    run.follow()
    assert run.state == "done"
    assert f"1.0 {python.parent.parent}" in run.log_path.read_text()
