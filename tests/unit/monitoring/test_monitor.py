"""What a report on a service says, and what becomes of the inputs that were kept."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

import workbench as wb
from workbench.core.errors import ConflictError, GateError, InputError
from workbench.core.model import register
from workbench.store.requests import Request, RequestLog
from workbench.testing.bundles import linear

FACTS = {"task": "image-classification", "classes": ["dark", "light"], "runtime": "onnxruntime"}


def png(gray: int, width: int = 16) -> bytes:
    content = io.BytesIO()
    Image.new("L", (width, 16), gray).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def service(ws: wb.Workspace, tmp_path: Path) -> Iterator[wb.Service]:
    model = register(ws, "caps", linear(tmp_path / "one"), facts=FACTS)
    made = wb.serve(model, "check")
    yield made
    made.stop()


def write(service: wb.Service, *, model: str = "model:caps@1", n: int = 100, status: int = 200, label: str = "dark") -> None:
    now = time.time()
    answered = status == 200
    rows = [
        Request(
            os.urandom(8).hex(),
            now - 10 + i / n,
            model,
            status,
            label if answered else None,
            0.9 if answered else None,
            i + 1.0,
        )
        for i in range(n)
    ]
    RequestLog(service.folder).append(rows)


def test_latencies_errors_and_shares_are_counted_by_model(service: wb.Service) -> None:
    write(service, n=100)
    write(service, n=20, status=503)
    write(service, model="model:caps@2", n=80)
    report = wb.monitor(service)
    assert report.scores["availability"] == pytest.approx(0.9)
    assert report.details["requests"] == 200
    first, second = report.details["models"]["model:caps@1"], report.details["models"]["model:caps@2"]
    assert (first["share"], second["share"]) == (60.0, 40.0)
    assert (first["p50_ms"], first["p95_ms"], first["p99_ms"]) == (50.0, 95.0, 99.0)
    assert (first["errors"], second["errors"]) == (20, 0)


def test_a_damaged_item_does_not_count_against_the_service(service: wb.Service) -> None:
    write(service, n=50)
    write(service, n=50, status=422)
    report = wb.monitor(service)
    assert report.scores["availability"] == 1.0
    assert report.details["refused"] == 50


def test_a_report_can_be_a_gate(service: wb.Service) -> None:
    write(service, n=50)
    write(service, n=50, status=500)
    with pytest.raises(GateError, match="availability is 0.500, required 0.990"):
        wb.monitor(service).require(availability=0.99)


def test_models_that_disagree_are_seen(service: wb.Service) -> None:
    write(service, n=50)
    write(service, model="model:caps@2", n=50, label="light")
    report = wb.monitor(service)
    [found] = report.details["drift"]
    assert (found["model"], found["against"], found["labels_moved"]) == ("model:caps@2", "model:caps@1", 1.0)
    assert found["psi"] > 1
    assert report.scores["stability"] == 0.0


def test_production_is_held_against_validation(ws: wb.Workspace, service: wb.Service, tmp_path: Path) -> None:
    histogram = [0] * 18 + [100, 0]
    facts = {**FACTS, "reference": {"labels": {"dark": 100, "light": 0}, "scores": histogram}}
    model = register(ws, "caps", linear(tmp_path / "two", sign=2.0), facts=facts)
    write(service, model=model.ref, n=100)
    report = wb.monitor(service)
    assert [(d["model"], d["against"]) for d in report.details["drift"]] == [(model.ref, "validation")]
    assert report.scores["stability"] == pytest.approx(1.0)


def test_without_anything_to_compare_there_is_no_stability(service: wb.Service) -> None:
    write(service, n=50)
    assert set(wb.monitor(service).scores) == {"availability", "confidence"}


def test_kept_inputs_become_a_dataset_that_can_be_picked_from(ws: wb.Workspace, service: wb.Service) -> None:
    for gray in range(0, 250, 10):
        service.predict(png(gray))
    report = wb.monitor(service)
    picked = wb.pick(report, 3, by="uncertainty")
    assert picked.name == "check-traffic"
    assert picked.classes == ("dark", "light")
    rows = picked.rows()
    assert {row["prediction_by"] for row in rows} == {"model:caps@1"}
    everything = sorted(row["score"] for row in ws.dataset("check-traffic"))
    assert [row["score"] for row in rows] == everything[:3]
    assert rows[0]["width"] == 16
    assert picked.media(rows[0]).read_bytes() in [png(gray) for gray in range(0, 250, 10)]


def test_looking_twice_makes_no_new_version(ws: wb.Workspace, service: wb.Service) -> None:
    service.predict(png(7))
    first, second = wb.monitor(service), wb.monitor(service)
    assert first.data == second.data
    assert first.id != second.id
    assert ws.dataset("check-traffic").version == 1


def test_silence_is_told_with_what_to_do(service: wb.Service) -> None:
    with pytest.raises(ConflictError) as caught:
        wb.monitor(service, since_s=60)
    assert caught.value.message == "Service check had no request in the last 60 s."
    with pytest.raises(InputError, match="`since_s` must be greater than 0"):
        wb.monitor(service, since_s=0)
