"""What is installed is written as a lock, and held against one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.cli.main import main


def test_the_lock_that_was_just_written_is_what_is_installed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = tmp_path / "requirements.lock"
    assert main(["lock", str(lock)]) == 0
    assert "numpy==" in lock.read_text()
    assert main(["lock", str(lock), "--check"]) == 0
    assert "is what is installed" in capsys.readouterr().out


def test_what_is_missing_extra_or_of_another_version_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = tmp_path / "requirements.lock"
    main(["lock", str(lock)])
    lines = [line for line in lock.read_text().splitlines() if not line.startswith("pillow==")]
    lock.write_text(
        "\n".join(["no-such-package==1.0" if line.startswith("numpy==") else line for line in lines]) + "\nhttpx==0.0.1\n"
    )
    capsys.readouterr()
    assert main(["lock", str(lock), "--check", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    said = told["message"]
    assert "no-such-package==1.0" in said
    assert "httpx is" in said
    assert any(line.startswith("extra") and "pillow==" in line for line in said.splitlines())
