"""One real Ray cluster of two nodes for a whole run of tests, in a home of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from workbench.jobs.places import cluster
from workbench.jobs.places.ray_nodes import Cluster

NODES = 2


@pytest.fixture(scope="session")
def ray_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the state folder of a user whose cluster runs; import this name into a conftest to use it.

    One process shall run all the tests that need it, as it is started once by each.
    """
    home = tmp_path_factory.mktemp("ray-home")
    folder = cluster.home({"XDG_STATE_HOME": str(home)})
    cluster.start(nodes=NODES, folder=folder)
    yield home
    cluster.stop(folder)


@pytest.fixture
def ray_cluster(ray_home: Path) -> Iterator[Cluster]:
    """Return the running cluster, whole again whatever the test before did to it; it is the one that `local-cluster` means."""
    with mock.patch.dict(os.environ, {"XDG_STATE_HOME": str(ray_home)}):
        yield cluster.start(nodes=NODES)
