"""What every host promises, asked of the fake and of processes on this machine."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from workbench.core.errors import ConflictError, ExternalError, InputError, NotFoundError
from workbench.core.ports import Host
from workbench.serving import deployment
from workbench.serving.local_host import LocalHost
from workbench.testing.bundles import linear
from workbench.testing.host import FakeHost


def png(gray: int) -> bytes:
    content = io.BytesIO()
    Image.new("L", (16, 16), gray).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a service with one model that tells dark from light."""
    place = tmp_path / "caps"
    deployment.make_tokens(place)
    models = {"model:caps@1": str(linear(tmp_path / "bundle"))}
    described = deployment.Deployment(name="caps", task="image-classification", models=models, traffic={"model:caps@1": 100.0})
    deployment.write(place, described)
    return place


@pytest.fixture(params=["fake", pytest.param("local", marks=pytest.mark.slow)])
def host(request: pytest.FixtureRequest) -> Host:
    return FakeHost() if request.param == "fake" else LocalHost()


@pytest.fixture
def started(host: Host, folder: Path) -> Iterator[tuple[Host, dict[str, Any]]]:
    handle = dict(host.start("caps", folder))
    yield host, handle
    host.stop(handle)


def test_a_started_service_answers_and_says_where_it_is(started: tuple[Host, dict[str, Any]]) -> None:
    host, handle = started
    assert host.alive(handle)
    assert handle["url"]
    assert handle["pid"] > 0
    assert host.call(handle, "GET", "/health") == {"ok": True}


def test_a_prediction_names_the_model_and_the_request(started: tuple[Host, dict[str, Any]]) -> None:
    host, handle = started
    answer = host.call(handle, "POST", "/predict", png(5))
    assert answer["model"] == "model:caps@1"
    assert answer["id"] != host.call(handle, "POST", "/predict", png(5))["id"]
    [said] = answer["predictions"]
    assert said["label"] == "dark"
    assert sum(said["scores"].values()) == pytest.approx(1)


def test_a_damaged_item_is_the_callers_fault(started: tuple[Host, dict[str, Any]]) -> None:
    host, handle = started
    with pytest.raises(InputError, match="not an image"):
        host.call(handle, "POST", "/predict", b"no image")


def test_an_unknown_path_is_not_found(started: tuple[Host, dict[str, Any]]) -> None:
    host, handle = started
    with pytest.raises(NotFoundError, match="No path named '/predictt'"):
        host.call(handle, "GET", "/predictt")


def test_a_model_that_is_not_loaded_gets_no_share(started: tuple[Host, dict[str, Any]]) -> None:
    host, handle = started
    with pytest.raises(NotFoundError, match="model:caps@2"):
        host.call(handle, "POST", "/admin/route", {"traffic": {"model:caps@2": 100}})
    assert host.call(handle, "GET", "/")["traffic"] == {"model:caps@1": 100.0}


def test_a_loaded_model_takes_over(started: tuple[Host, dict[str, Any]], tmp_path: Path) -> None:
    host, handle = started
    other = linear(tmp_path / "other", sign=-1)
    host.call(handle, "POST", "/admin/load", {"model": "model:caps@2", "path": str(other)})
    assert host.call(handle, "POST", "/predict", png(5))["predictions"][0]["label"] == "dark"
    host.call(handle, "POST", "/admin/route", {"traffic": {"model:caps@2": 100}})
    assert host.call(handle, "POST", "/predict", png(5))["predictions"][0]["label"] == "light"


def test_a_stopped_service_is_gone_and_stopping_twice_is_fine(host: Host, folder: Path) -> None:
    handle = host.start("caps", folder)
    host.stop(handle)
    host.stop(handle)
    assert not host.alive(handle)
    with pytest.raises(ExternalError, match="no answer from"):
        host.call(handle, "GET", "/health")


def test_a_port_has_one_service(started: tuple[Host, dict[str, Any]], folder: Path, tmp_path: Path) -> None:
    host, handle = started
    port = handle["port"]
    other = tmp_path / "second"
    deployment.make_tokens(other)
    deployment.write(other, deployment.read(folder))
    with pytest.raises(ConflictError, match=f"Port {port} is taken"):
        host.start("second", other, port=port)


def test_what_was_asked_is_in_the_log_after_the_end(host: Host, folder: Path) -> None:
    from workbench.store.requests import RequestLog

    handle = host.start("caps", folder)
    host.call(handle, "POST", "/predict", png(5))
    host.stop(handle)
    [request] = RequestLog(folder).since(0)
    assert (request.model, request.label, request.status) == ("model:caps@1", "dark", 200)
    assert request.media is not None
    assert RequestLog(folder).media(request.media).read_bytes() == png(5)


@pytest.mark.slow
def test_a_process_that_dies_at_the_start_is_quoted(folder: Path) -> None:
    (folder / "service.json").write_text('{"nme": 1}')
    with pytest.raises(InputError, match="unknown key 'nme'"):
        LocalHost().start("caps", folder)


@pytest.mark.slow
def test_a_port_of_a_stranger_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConflictError, match=f"Port {port} is taken by another process"):
            LocalHost().start("caps", folder, port=port)
