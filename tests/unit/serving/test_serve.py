"""The verb and the actions, on a host in this process."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

import workbench as wb
from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.model import register
from workbench.serving import deployment
from workbench.testing.bundles import linear

FACTS = {"task": "image-classification", "classes": ["dark", "light"], "runtime": "onnxruntime"}
DARK = io.BytesIO()
Image.new("L", (16, 16), 5).save(DARK, "PNG")


@pytest.fixture
def models(ws: wb.Workspace, tmp_path: Path) -> list[wb.Model]:
    """Three versions; the second says the opposite of the others."""
    signs = (1.0, -1.0, 1.5)
    return [register(ws, "caps", linear(tmp_path / str(i), sign=sign), facts=FACTS) for i, sign in enumerate(signs)]


@pytest.fixture
def service(models: list[wb.Model]) -> Iterator[wb.Service]:
    made = wb.serve(models[0], "check", canary=10)
    yield made
    made.stop()


def test_the_first_model_gets_everything_whatever_the_canary(service: wb.Service) -> None:
    info = service.info()
    assert info.state == "running"
    assert info.traffic == {"model:caps@1": 100.0}
    assert [entry["why"] for entry in info.history] == ["started"]
    assert service.predict(DARK.getvalue()).label == "dark"


def test_a_path_is_asked_like_its_bytes(service: wb.Service, tmp_path: Path) -> None:
    path = tmp_path / "dark.png"
    path.write_bytes(DARK.getvalue())
    assert service.predict(path) == service.predict(str(path)) == service.predict(DARK.getvalue())


def test_what_is_no_item_is_told_by_its_type(service: wb.Service) -> None:
    with pytest.raises(InputError, match="takes a path or encoded bytes, got int"):
        service.predict(3)
    with pytest.raises(InputError, match="There is no file nowhere"):
        service.predict("nowhere.png")


def test_a_canary_joins_and_the_same_call_changes_nothing(service: wb.Service, models: list[wb.Model]) -> None:
    once = wb.serve(models[1], "check", canary=10).info()
    assert once.traffic == {"model:caps@1": 90.0, "model:caps@2": 10.0}
    assert wb.serve(models[1], "check", canary=10).info() == once


def test_a_cut_over_and_the_way_back(service: wb.Service, models: list[wb.Model]) -> None:
    wb.serve(models[1], "check", canary=10)
    service.route({models[1].ref: 100})
    assert service.predict(DARK.getvalue()).label == "light"
    service.rollback()
    assert service.info().traffic == {"model:caps@1": 100.0}
    assert service.predict(DARK.getvalue()).label == "dark"
    with pytest.raises(ConflictError, match="has had no model before model:caps@1"):
        service.rollback()


def test_a_roll_back_loads_what_has_left(service: wb.Service, models: list[wb.Model]) -> None:
    wb.serve(models[1], "check")
    wb.serve(models[2], "check")
    service.rollback()
    service.rollback()
    assert service.info().traffic == {"model:caps@1": 100.0}


def test_shares_can_name_models_without_their_kind(service: wb.Service) -> None:
    assert service.route({"caps@1": 50, "caps@3": 50}).info().traffic == {"model:caps@1": 50.0, "model:caps@3": 50.0}


def test_wrong_shares_change_nothing(service: wb.Service) -> None:
    before = service.info()
    with pytest.raises(InputError, match="must sum to 100, got 60 \\+ 60 = 120"):
        service.route({"caps@1": 60, "caps@2": 60})
    with pytest.raises(InputError, match="model:caps@1 has two shares"):
        service.route({"caps@1": 50, "model:caps@1": 50})
    with pytest.raises(NotFoundError):
        service.route({"caps@9": 100})
    assert service.info() == before


def test_another_task_cannot_join(service: wb.Service, ws: wb.Workspace, tmp_path: Path) -> None:
    other = register(ws, "ears", linear(tmp_path / "ears"), facts={**FACTS, "task": "audio-classification"})
    with pytest.raises(ConflictError, match="Service check answers image-classification; model:ears@1 is a model for audio"):
        wb.serve(other, "check")


def test_every_wrong_number_is_named(models: list[wb.Model]) -> None:
    with pytest.raises(InputError) as caught:
        wb.serve(models[0], "check", canary=101, port=-1, threads=0)
    for word in ("`canary`", "`port`", "`threads`"):
        assert word in caught.value.message


def test_a_name_that_is_no_name_is_refused(models: list[wb.Model]) -> None:
    with pytest.raises(InputError, match="cannot name a service"):
        wb.serve(models[0], "../escape")


def test_a_stopped_service_says_how_to_start_it(service: wb.Service, models: list[wb.Model]) -> None:
    assert service.stop().stop().info().state == "stopped"
    with pytest.raises(ConflictError) as caught:
        service.predict(DARK.getvalue())
    assert str(caught.value) == "Service check is stopped. Start it with wb.serve(model, 'check')."
    assert wb.serve(models[1], "check", canary=10).info().traffic == {"model:caps@2": 100.0}


def test_a_death_is_noticed_and_serve_brings_back_the_shares(
    service: wb.Service, ws: wb.Workspace, models: list[wb.Model]
) -> None:
    wb.serve(models[1], "check", canary=10)
    ws.host.kill(service.info().handle)  # type: ignore[attr-defined]  # the fake's way to die
    assert service.info().state == "failed"
    with pytest.raises(ConflictError, match="has ended by itself"):
        service.predict(DARK.getvalue())
    again = wb.serve(models[1], "check", canary=10).info()
    assert again.state == "running"
    assert again.traffic == {"model:caps@1": 90.0, "model:caps@2": 10.0}


def test_a_port_that_is_taken_leaves_a_failed_service_that_can_be_started(service: wb.Service, models: list[wb.Model]) -> None:
    port = service.info().handle["port"]
    with pytest.raises(ConflictError, match=f"Port {port} is taken"):
        wb.serve(models[0], "second", port=port)
    second = models[0].ws.service("second")
    assert second.info().state == "failed"
    assert wb.serve(models[0], "second").info().state == "running"
    second.stop()


def test_tokens_are_for_the_owner_only(service: wb.Service) -> None:
    assert (service.folder / "tokens.json").stat().st_mode & 0o777 == 0o600
    assert deployment.read_tokens(service.folder).admin not in str(service.info())
    (service.folder / "tokens.json").chmod(0o644)
    with pytest.raises(InputError, match="can be read by others"):
        deployment.read_tokens(service.folder)
