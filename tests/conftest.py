"""What many tests need: a workspace of fakes, a real one, and a few small images."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.testing.cluster import ray_cluster, ray_home
from workbench.testing.workspace import fake_workspace

__all__ = ["ray_cluster", "ray_home"]  # one cluster for all directories of tests


def pytest_configure() -> None:
    """Give numerical libraries one thread: two that spin made a half-second fit cost twelve."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("WORKBENCH_WARM", "0")  # a test leaves no process behind; those of warm processes make their own


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """
    Give tests with real servers and browsers two more attempts, which the summary names: machines are shared and noisy.

    ``--reruns 0`` turns that off, to find what is not only the machine.
    """
    reruns = 2 if config.option.reruns is None else config.option.reruns
    for item in items:
        if item.get_closest_marker("slow") or "/ui/" in item.nodeid:
            item.add_marker(pytest.mark.flaky(reruns=reruns))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell why each test that was tried again had failed: what passes in the end is otherwise never understood."""
    for report in terminalreporter.getreports("rerun"):
        crash = getattr(report.longrepr, "reprcrash", None)
        terminalreporter.write_line(f"AGAIN {report.nodeid}: {crash or report.longrepr}"[:600])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """
    Let one process run the tests that share what takes long to make.

    Those of Ray also kill its nodes, and starting two takes a minute more; those of learning share a training.
    """
    from xdist.scheduler import LoadGroupScheduling

    class Together(LoadGroupScheduling):  # the mark `xdist_group` does nothing with pytest 9.2, which keeps ids elsewhere
        def _split_scope(self, nodeid: str) -> str:
            if "/test_ray.py" in nodeid or nodeid.endswith("[ray]"):
                return "ray"
            return "learning" if "/test_learning.py" in nodeid else nodeid

    return Together(config, log)


@pytest.fixture
def ws(tmp_path: Path) -> wb.Workspace:
    """A workspace whose ports are fakes."""
    return fake_workspace(tmp_path / "ws")


@pytest.fixture
def real_ws(tmp_path: Path) -> wb.Workspace:
    """A workspace with its real adapters."""
    return wb.open(tmp_path / "real", environment={})


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of eight small drawn images in two subfolders, `ok` and `crack`."""
    from PIL import Image, ImageDraw

    folder = tmp_path / "photos"
    for n in range(8):
        image = Image.new("RGB", (48, 32), (40 + n * 20, 90, 200 - n * 15))
        draw = ImageDraw.Draw(image)
        if n % 2:
            draw.line([(4, 4 + n), (44, 28 - n)], fill=(10, 10, 10), width=2)
        place = folder / ("crack" if n % 2 else "ok")
        place.mkdir(parents=True, exist_ok=True)
        image.save(place / f"{n}.png")
    return folder
