"""The wire, without one: every answer that a caller can get."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from workbench.models.load import load
from workbench.serving import deployment
from workbench.serving.app import App, Delivery
from workbench.serving.engine import Engine
from workbench.testing.bundles import linear

DARK = io.BytesIO()
Image.new("L", (16, 16), 5).save(DARK, "PNG")


class Caller:
    """Asks the application as a server would."""

    def __init__(self, folder: Path) -> None:
        self.delivery, self.stopped = Delivery(), False
        self.engine = Engine(folder, load, self.delivery)
        self.tokens = deployment.read_tokens(folder)
        self.app = App(self.engine, self.tokens, self.delivery, self.stop)

    def stop(self) -> None:
        self.stopped = True

    def ask(self, method: str, path: str, *parts: bytes, token: str | None = None, **headers: str) -> tuple[int, dict, Any]:
        sent: list[dict[str, Any]] = []
        given = [{"type": "http.request", "body": part, "more_body": True} for part in parts or (b"",)]
        given[-1]["more_body"] = False

        async def receive() -> dict[str, Any]:
            return given.pop(0)

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        said = {"authorization": f"Bearer {self.tokens.client if token is None else token}", **headers}
        lines = [(k.replace("_", "-").encode(), v.encode()) for k, v in said.items() if v]
        scope = {"type": "http", "method": method, "path": path, "headers": lines}
        asyncio.run(self.app(scope, receive, send))
        start, body = sent
        content = body["body"]
        return start["status"], dict(start["headers"]), json.loads(content) if content.startswith(b"{") else content


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Caller]:
    folder = tmp_path / "caps"
    deployment.make_tokens(folder)
    models = {"model:caps@1": str(linear(tmp_path / "bundle"))}
    described = deployment.Deployment(
        name="caps", task="image-classification", models=models, traffic={"model:caps@1": 100.0}, max_body=4096, max_waiting=8
    )
    deployment.write(folder, described)
    made = Caller(folder)
    made.engine.open()
    yield made
    made.engine.close()


def test_bytes_are_answered(caller: Caller) -> None:
    status, headers, body = caller.ask("POST", "/predict", DARK.getvalue())
    assert (status, headers[b"content-type"]) == (200, b"application/json")
    assert body["predictions"][0]["label"] == "dark"


def test_a_body_in_parts_is_one_body(caller: Caller) -> None:
    content = DARK.getvalue()
    assert caller.ask("POST", "/predict", content[:20], content[20:])[0] == 200


def test_several_items_in_one_request_get_their_answers_in_order(caller: Caller) -> None:
    bright = io.BytesIO()
    Image.new("L", (16, 16), 250).save(bright, "PNG")
    items = [base64.b64encode(c.getvalue()).decode() for c in (DARK, bright, DARK)]
    _, _, body = caller.ask("POST", "/predict", json.dumps({"items": items}).encode(), content_type="application/json")
    assert [said["label"] for said in body["predictions"]] == ["dark", "light", "dark"]


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"{}", b'{"items": []}', b'{"items": "aGk="}', b'{"items": ["###"]}', b'{"items": [1]}', b"\xff"]
)
def test_json_that_holds_no_items_says_what_it_should_hold(caller: Caller, body: bytes) -> None:
    status, _, said = caller.ask("POST", "/predict", body, content_type="application/json")
    assert status == 422
    assert said["code"] == "input"
    assert said["message"].endswith(".")


def test_more_items_than_can_wait_are_the_callers_fault(caller: Caller) -> None:
    body = json.dumps({"items": ["aGk="] * 9}).encode()
    status, _, said = caller.ask("POST", "/predict", body, content_type="application/json")
    assert (status, said["message"]) == (422, "A request holds at most 8 items, got 9.")


@pytest.mark.parametrize("body", [b"", b"no image", DARK.getvalue()[:40]])
def test_a_damaged_item_is_422_in_the_one_shape(caller: Caller, body: bytes) -> None:
    status, _, said = caller.ask("POST", "/predict", body)
    assert status == 422
    assert set(said) == {"ok", "code", "message", "hint"}


def test_a_body_over_the_cap_is_413_declared_or_not(caller: Caller) -> None:
    declared = caller.ask("POST", "/predict", b"", content_length="5000")
    streamed = caller.ask("POST", "/predict", *[b"x" * 1000] * 5)
    assert declared[0] == streamed[0] == 413
    assert "at most" in declared[2]["message"]


@pytest.mark.parametrize("token", ["", "wrong"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/predict"), ("GET", "/metrics"), ("GET", "/"), ("POST", "/admin/stop")])
def test_without_the_token_there_is_no_answer(caller: Caller, method: str, path: str, token: str) -> None:
    status, headers, said = caller.ask(method, path, token=token, **({} if token else {"authorization": ""}))
    assert (status, headers[b"www-authenticate"]) == (401, b"Bearer")
    assert caller.tokens.client not in str(said)
    assert not caller.stopped


def test_a_client_is_no_administrator(caller: Caller) -> None:
    assert caller.ask("POST", "/admin/stop")[0] == 401
    assert caller.ask("POST", "/admin/stop", token=caller.tokens.admin)[0] == 200
    assert caller.stopped


def test_health_is_open_and_says_nothing_else(caller: Caller) -> None:
    assert caller.ask("GET", "/health", authorization="")[::2] == (200, {"ok": True})


def test_before_it_is_warm_the_service_asks_for_patience(caller: Caller) -> None:
    caller.engine.is_ready = False
    for method, path in (("GET", "/health"), ("POST", "/predict")):
        status, headers, _ = caller.ask(method, path, DARK.getvalue())
        assert (status, headers[b"retry-after"]) == (503, b"1")


def test_an_unknown_path_is_404_with_its_neighbours(caller: Caller) -> None:
    status, _, said = caller.ask("POST", "/predictions")
    assert (status, said["code"]) == (404, "not_found")
    assert "/predict" in said["hint"]


def test_a_wrong_method_is_405_and_names_the_right_one(caller: Caller) -> None:
    status, headers, said = caller.ask("GET", "/predict")
    assert (status, headers[b"allow"]) == (405, b"POST")
    assert said["message"] == "/predict takes POST, got GET."


def test_metrics_count_by_model(caller: Caller) -> None:
    caller.ask("POST", "/predict", DARK.getvalue())
    caller.ask("POST", "/predict", b"damaged")
    _, headers, text = caller.ask("GET", "/metrics")
    assert headers[b"content-type"].startswith(b"text/plain")
    assert b'workbench_requests_total{model="model:caps@1"} 1.0' in text
    assert b'workbench_errors_total{model="model:caps@1",status="422"} 1.0' in text
    assert b'workbench_traffic_percent{model="model:caps@1"} 100.0' in text


def test_a_bug_is_500_without_details(caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    caller.engine.describe = None  # type: ignore[assignment,method-assign]  # as broken as can be
    status, _, said = caller.ask("GET", "/")
    assert (status, said["code"]) == (500, "internal")
    assert "NoneType" not in str(said)
    assert "NoneType" in caplog.text
