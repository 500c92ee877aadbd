"""Which warm process is asked, and when none is."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from workbench.jobs.running import warm, zygote


def test_nobody_is_served_from_a_folder_that_others_can_reach(tmp_path: Path) -> None:
    folder = tmp_path / "perception-workbench" / "warm"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    warm.ensure({"XDG_RUNTIME_DIR": str(tmp_path)})
    assert list(folder.iterdir()) == []


def test_another_environment_is_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env = {"HOME": str(tmp_path)}
    assert warm.place(env | {"OMP_NUM_THREADS": "7", "WORKBENCH_RUN": "run:a", "MY_OWN": "1"}) == warm.place(env)
    for changed in ({"LD_PRELOAD": "x"}, {"PYTHONHASHSEED": "3"}, {"HF_HOME": "/x"}, {"OMP_SCHEDULE": "dynamic"}):
        assert warm.place(env | changed) != warm.place(env)
    before = warm.place(env)
    monkeypatch.setattr(warm, "installed", lambda: [("a package more", 1)])
    assert warm.place(env) != before


def test_a_process_with_threads_is_not_forked() -> None:
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        assert zygote.why_not().startswith("it has ")
    finally:
        done.set()
        other.join()
