"""A real service process under real HTTP load: canaries, cut-overs, deaths and limits."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from math import sqrt
from pathlib import Path

import httpx
import pytest
from PIL import Image

import workbench as wb
from workbench.core.errors import ConflictError, ExternalError, InputError
from workbench.core.model import register
from workbench.serving import deployment
from workbench.serving.local_host import LocalHost
from workbench.store.requests import RequestLog
from workbench.testing.bundles import linear
from workbench.testing.workspace import fake_workspace

pytestmark = pytest.mark.slow

FACTS = {"task": "image-classification", "classes": ["dark", "light"], "runtime": "onnxruntime"}


def png(gray: int) -> bytes:
    content = io.BytesIO()
    Image.new("L", (32, 32), gray).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def place(tmp_path: Path) -> wb.Workspace:
    """A workspace whose services are real processes."""
    return fake_workspace(tmp_path / "line-3", host=lambda _: LocalHost())


@pytest.fixture
def models(place: wb.Workspace, tmp_path: Path) -> list[wb.Model]:
    """Two versions; the second says the opposite of the first."""
    return [register(place, "caps", linear(tmp_path / str(i), sign=sign), facts=FACTS) for i, sign in enumerate((1.0, -1.0))]


@pytest.fixture
def service(models: list[wb.Model]) -> Iterator[wb.Service]:
    made = wb.serve(models[0], "check")
    yield made
    made.stop()


def client(service: wb.Service, *, admin: bool = False) -> httpx.Client:
    tokens = deployment.read_tokens(service.folder)
    token = tokens.admin if admin else tokens.client
    return httpx.Client(base_url=service.url, headers={"authorization": f"Bearer {token}"}, timeout=30, trust_env=False)


def crowd(service: wb.Service, n: int, *, clients: int = 8) -> list[httpx.Response]:
    def ask(count: int) -> list[httpx.Response]:
        with client(service) as http:
            return [http.post("/predict", content=png(5)) for _ in range(count)]

    with ThreadPoolExecutor(clients) as pool:
        return [answer for part in pool.map(ask, [n // clients] * clients) for answer in part]


def test_the_answer_over_http_is_the_answer_in_the_notebook(service: wb.Service, models: list[wb.Model]) -> None:
    items = [png(gray) for gray in range(0, 256, 15)]
    for here, there in zip(models[0].predict(items), map(service.predict, items), strict=True):
        assert here.label == there.label
        assert here.scores == pytest.approx(there.scores, abs=1e-6)


def test_a_canary_gets_its_share_within_chance(service: wb.Service, models: list[wb.Model]) -> None:
    wb.serve(models[1], "check", canary=10)
    n = 1600
    seen = Counter(answer.json()["model"] for answer in crowd(service, n))
    assert abs(seen[models[1].ref] - n * 0.1) < 3.3 * sqrt(n * 0.1 * 0.9)  # 99.9 % of draws


def test_a_caller_with_a_key_meets_one_model(service: wb.Service, models: list[wb.Model]) -> None:
    wb.serve(models[1], "check", canary=50)
    met: dict[str, set[str]] = {}
    with client(service) as http:
        for i in range(200):
            key = f"user-{i % 20}"
            answer = http.post("/predict", content=png(5), headers={"x-workbench-key": key})
            met.setdefault(key, set()).add(answer.json()["model"])
    assert all(len(refs) == 1 for refs in met.values())
    assert len(set.union(*met.values())) == 2


def test_versions_switch_under_load_without_a_failed_request(service: wb.Service, models: list[wb.Model]) -> None:
    answers: list[httpx.Response] = []
    end = threading.Event()

    def ask() -> None:
        with client(service) as http:
            while not end.is_set():
                answers.append(http.post("/predict", content=png(5)))

    askers = [threading.Thread(target=ask) for _ in range(6)]
    for asker in askers:
        asker.start()
    try:
        wb.serve(models[1], "check", canary=50)
        service.route({models[1].ref: 100})
        service.rollback()
        for i in range(20):
            service.route({models[i % 2].ref: 100})
        time.sleep(0.3)
    finally:
        end.set()
        for asker in askers:
            asker.join()
    assert len(answers) > 50
    assert Counter(answer.status_code for answer in answers) == {200: len(answers)}
    said = {(answer.json()["model"], answer.json()["predictions"][0]["label"]) for answer in answers}
    assert said == {(models[0].ref, "dark"), (models[1].ref, "light")}


def test_every_request_under_way_is_answered_before_the_end(service: wb.Service) -> None:
    statuses: list[int] = []

    def ask() -> None:
        with client(service) as http, _gone_is_fine():
            while True:
                statuses.append(http.post("/predict", content=png(5)).status_code)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    time.sleep(0.5)
    service.stop()
    for asker in askers:
        asker.join(20)
    assert set(statuses) <= {200, 503}
    log = RequestLog(service.folder).since(0)
    assert sum(r.status == 200 for r in log) == statuses.count(200)


class _gone_is_fine:  # noqa: N801  # reads as what it means
    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, httpx.TransportError)


def test_a_killed_service_is_noticed_its_log_survives_and_it_starts_again(service: wb.Service, models: list[wb.Model]) -> None:
    wb.serve(models[1], "check", canary=30)
    crowd(service, 80)
    time.sleep(1.2)  # the log is written every half second
    before = service.info()
    os.kill(before.handle["pid"], signal.SIGKILL)
    deadline = time.monotonic() + 10
    while service.info().state != "failed" and time.monotonic() < deadline:
        time.sleep(0.05)
    with pytest.raises(ConflictError, match="Service check has ended by itself"):
        service.predict(png(5))
    assert len(RequestLog(service.folder).since(0)) == 80
    again = wb.serve(models[1], "check", canary=30).info()
    assert (again.traffic, again.url) == (before.traffic, before.url)
    service.predict(png(5))


def test_a_service_outlives_the_process_that_started_it(place: wb.Workspace, models: list[wb.Model]) -> None:
    code = (
        "import sys; from pathlib import Path; from workbench.serving.local_host import LocalHost; import json;"
        "print(json.dumps(dict(LocalHost().start('check', Path(sys.argv[1])))))"
    )
    folder = place.root / "services" / "check"
    deployment.make_tokens(folder)
    described = deployment.Deployment(
        name="check", task="image-classification", models={"m": str(models[0].path)}, traffic={"m": 100.0}
    )
    deployment.write(folder, described)
    started = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    handle = json.loads(started.stdout)
    try:
        assert LocalHost().call(handle, "POST", "/predict", png(5))["predictions"][0]["label"] == "dark"
    finally:
        LocalHost().stop(handle)
    assert not LocalHost().alive(handle)


def test_what_cannot_be_answered_is_answered_well(service: wb.Service) -> None:
    with client(service) as http:
        damaged = http.post("/predict", content=b"no image")
        large = http.post("/predict", content=b"x" * (17 * 2**20))
        nobody = http.post("/predict", content=png(5), headers={"authorization": "Bearer nobody"})
        nowhere, wrong = http.get("/nowhere"), http.get("/predict")
        fine = http.post("/predict", content=png(5))
    assert [r.status_code for r in (damaged, large, nobody, nowhere, wrong, fine)] == [422, 413, 401, 404, 405, 200]
    for answer in (damaged, large, nobody, nowhere, wrong):
        assert set(answer.json()) == {"ok", "code", "message", "hint"}
    with pytest.raises(InputError, match="The upload is not an image"):
        service.predict(b"no image")


def test_a_full_queue_answers_at_once_and_recovers(place: wb.Workspace, models: list[wb.Model]) -> None:
    folder = place.root / "services" / "narrow"
    deployment.make_tokens(folder)
    described = deployment.Deployment(
        name="narrow",
        task="image-classification",
        models={"m": str(models[0].path)},
        traffic={"m": 100.0},
        max_waiting=1,
        max_batch=1,
    )
    deployment.write(folder, described)
    handle = LocalHost().start("narrow", folder)
    token = deployment.read_tokens(folder).client
    photo = io.BytesIO()
    Image.effect_noise((1500, 1500), 90).save(photo, "JPEG")

    def ask(_: int) -> httpx.Response:
        head = {"authorization": f"Bearer {token}"}
        return httpx.post(f"{handle['url']}/predict", content=photo.getvalue(), headers=head, timeout=30, trust_env=False)

    try:
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(ask, range(48)))
        refused = [answer for answer in answers if answer.status_code == 503]
        assert {answer.status_code for answer in answers} == {200, 503}
        assert all(answer.headers["retry-after"] == "1" for answer in refused)
        assert ask(0).status_code == 200
    finally:
        LocalHost().stop(handle)


def test_a_changed_bundle_is_refused_at_the_start_and_beside_a_running_one(service: wb.Service, models: list[wb.Model]) -> None:
    weights = models[1].path / "model.onnx"
    weights.chmod(0o644)
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    with pytest.raises(InputError, match="was changed after it was written"):
        wb.serve(models[1], "check", canary=10)
    assert service.info().traffic == {models[0].ref: 100.0}
    assert service.predict(png(5)).label == "dark"
    with pytest.raises(InputError, match="was changed after it was written"):
        wb.serve(models[1], "other")
    assert models[1].ws.service("other").info().state == "failed"


def test_metrics_are_prometheus_text(service: wb.Service) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    crowd(service, 40)
    with client(service) as http:
        text = http.get("/metrics").text
    found = {s.name: s.value for f in text_string_to_metric_families(text) for s in f.samples if s.labels.get("model")}
    assert found["workbench_requests_total"] == 40
    assert found["workbench_latency_seconds_count"] == 40
    assert found["workbench_traffic_percent"] == 100


def test_the_loop_goes_round_from_traffic_to_samples(service: wb.Service) -> None:
    for gray in range(0, 256, 4):
        service.predict(png(gray))
    report = wb.monitor(service)
    assert report.require(availability=1.0).details["requests"] == 64
    picked = wb.pick(report, 10, by="uncertainty")
    assert len(picked) == 10
    assert {row["prediction"] for row in picked} == {"dark", "light"}


def test_a_lost_starter_leaves_no_second_process(place: wb.Workspace, models: list[wb.Model]) -> None:
    service = wb.serve(models[0], "check")
    orphan = service.info().handle
    place.records.update("service", "check", state="starting", handle={}, traffic={})
    wb.serve(models[0], "check")
    assert not LocalHost().alive(orphan)
    service.stop()


def test_a_service_that_does_not_answer_is_the_operators(service: wb.Service) -> None:
    handle = {**service.info().handle, "port": 9}
    with pytest.raises(ExternalError) as caught:
        service.ws.host.call(handle, "GET", "/health")
    assert caught.value.system == "service"
    assert caught.value.retryable
