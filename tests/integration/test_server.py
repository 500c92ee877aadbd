"""The server extension in a real Jupyter Server, over HTTP."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.run import Run, begin
from workbench.testing.jupyter import TOKEN, served
from workbench.testing.notebooks import write_notebook
from workbench.testing.runs import wait

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's root folder, with a workspace in it."""
    folder = tmp_path_factory.mktemp("server") / "root"
    wb.open(folder / "line-3", environment={})
    return folder


@pytest.fixture(scope="module")
def url(root: Path) -> Iterator[str]:
    """The address of a server that lets nobody in without the token."""
    with served(root, "--WorkbenchApp.max_body=2000", "--WorkbenchApp.max_file=5000000") as here:
        yield here.url


@pytest.fixture
def api(url: str) -> Iterator[httpx.Client]:
    """A client that is signed in."""
    with httpx.Client(base_url=f"{url}/workbench/", headers={"Authorization": f"token {TOKEN}"}, timeout=60) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "state"),
        ("GET", "verbs"),
        ("GET", "runs/train-1"),
        ("GET", "runs/train-1/log"),
        ("GET", "runs/train-1/files/log.txt"),
        ("GET", "certificates/ab12.html"),
        ("POST", "verbs/train"),
    ],
)
def test_nobody_gets_in_without_the_token(url: str, method: str, path: str) -> None:
    answer = httpx.request(method, f"{url}/workbench/{path}")
    assert answer.status_code in (401, 403)
    assert answer.json()["ok"] is False


def test_a_browser_that_is_signed_in_needs_the_xsrf_token_to_call_a_verb(url: str) -> None:
    with httpx.Client(base_url=url, follow_redirects=True) as browser:
        browser.get("/login")
        browser.post("/login", data={"password": TOKEN, "_xsrf": browser.cookies["_xsrf"]})
        assert browser.get("/workbench/state").status_code == 200
        assert browser.post("/workbench/verbs/split", json={}).status_code == 403
        told = {"X-XSRFToken": browser.cookies["_xsrf"]}
        assert browser.post("/workbench/verbs/split", json={}, headers=told).status_code == 422


def test_the_state_holds_the_workspace_and_is_quick_with_a_thousand_runs(api: httpx.Client, root: Path) -> None:
    ws = wb.open(root / "line-3", environment={})
    for i in range(1000):
        ws.records.put("run", f"old-{i}", {"kind": "train", "params": {"epochs": 8}, "metrics": {"loss": 0.1}}, state="done")
    told = api.get("state").json()
    assert told["workspace"] == {"name": "line-3", "root": str(ws.root)}
    assert len(told["records"]) >= 1000
    assert api.get("state", params={"since": told["seq"]}).json()["records"] == []
    taken = []
    for _ in range(10):
        begun = time.perf_counter()
        api.get("state", params={"since": told["seq"]})
        taken.append(time.perf_counter() - begun)
    assert min(taken) < 0.05


@pytest.mark.parametrize(
    ("path", "status", "message", "hint"),
    [
        ("state?since=-1", 422, "`since` must be a whole number", ""),
        ("runs/..%2F..%2Fetc", 422, "cannot name a run", "Use 1 to 100 letters"),
        ("runs/train-99", 404, "No run named 'train-99'.", ""),
        ("runs/train-99/log", 404, "No run named 'train-99'.", ""),
        ("runs/train-99/files", 404, "No run named 'train-99'.", ""),
        ("certificates/%2e%2e%2fx", 422, "cannot name a certificate", ""),
        ("certificates/ab12.html", 404, "Bundle ab12 has no certificate.", "Rehearse it"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_way_out(
    api: httpx.Client, path: str, status: int, message: str, hint: str
) -> None:
    answer = api.get(path)
    assert answer.status_code == status
    assert message in answer.json()["message"]
    assert hint in answer.json()["hint"]


def test_an_unknown_verb_is_named_with_its_neighbours(api: httpx.Client) -> None:
    answer = api.post("verbs/trian", json={})
    assert answer.status_code == 404
    assert answer.json()["hint"].startswith("Did you mean 'train'")


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"[1]", 422, "The body must be a JSON object"),
        (b"{", 422, "The body is not JSON"),
        (b'{"data": "' + b"x" * 3000 + b'"}', 413, "the limit is 2000"),
        (b'{"notebook": "../../etc/passwd"}', 422, "leads out of"),
        (b'{"notebook": "nowhere.ipynb"}', 404, "nowhere.ipynb"),
    ],
)
def test_a_call_that_cannot_be_is_refused(api: httpx.Client, body: bytes, status: int, message: str) -> None:
    answer = api.post("verbs/promote", content=body)
    assert answer.status_code == status, answer.text
    assert message in answer.json()["message"]


def test_a_verb_answers_over_http_as_it_does_in_a_cell(api: httpx.Client) -> None:
    answer = api.post("verbs/recipe", json={"task": "image-classification", "epochs": 3})
    assert answer.status_code == 200, answer.text
    assert answer.json()["result"]["epochs"] == 3


def test_all_problems_of_a_call_are_told_at_once(api: httpx.Client) -> None:
    body = api.post("verbs/split", json={"seed": "many", "colour": 1}).json()
    assert body["code"] == "input"
    assert all(word in body["message"] for word in ("unknown argument 'colour'", "`data` is missing", "`seed`"))


def test_the_log_of_a_run_is_streamed_until_it_ends_and_resumed_by_offset(api: httpx.Client, root: Path) -> None:
    run = begin(wb.open(root / "line-3", environment={}), "train")
    run.log_path.write_text("one\n")
    with api.stream("GET", f"runs/{run.id}/log") as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        assert stream.headers["x-accel-buffering"] == "no"
        lines = stream.iter_lines()
        assert next(lines) == "id: 4"
        with run.log_path.open("a") as log:
            log.write("two\n")
        run.finish()
        rest = list(lines)
    assert 'data: "two\\n"' in rest
    assert rest[-4:] == ["event: end", "id: 8", 'data: "done"', ""]
    resumed = api.get(f"runs/{run.id}/log", params={"offset": 4}).text
    assert "two" in resumed
    assert "one\\n" not in resumed


def test_the_files_of_a_run_are_sent_and_nothing_else_of_the_machine(api: httpx.Client, root: Path) -> None:
    run = begin(wb.open(root / "line-3", environment={}), "job")
    (run.folder / "page.html").write_text("<script>parent.document</script>")
    (run.folder / "empty.bin").write_text("")
    (run.folder / ".secrets.json").write_text("{}")
    (run.folder / "way-out").symlink_to(root.parent)
    listed = api.get(f"runs/{run.id}/files").json()["files"]
    assert sorted(file["name"] for file in listed) == ["empty.bin", "page.html"]
    page = api.get(f"runs/{run.id}/files/page.html")
    assert page.text == "<script>parent.document</script>"
    assert page.headers["content-security-policy"].startswith("sandbox;")
    assert api.get(f"runs/{run.id}/files/empty.bin").headers["content-type"] == "application/octet-stream"
    for path in ("..%2F..%2Frecords.db", "way-out/server.log", "%2Fetc%2Fpasswd"):
        assert api.get(f"runs/{run.id}/files/{path}").status_code == 422, path
    for path in (".secrets.json", "nothing.txt"):
        assert api.get(f"runs/{run.id}/files/{path}").status_code == 404, path


def test_a_file_beyond_the_limit_is_named_instead_of_sent(api: httpx.Client, root: Path) -> None:
    run = begin(wb.open(root / "line-3", environment={}), "job")
    with (run.folder / "model.bin").open("wb") as file:
        file.truncate(5_000_001)
    answer = api.get(f"runs/{run.id}/files/model.bin")
    assert (answer.status_code, answer.json()["message"]) == (413, "model.bin has 5 MB, the limit is 5 MB.")
    assert str(run.folder / "model.bin") in answer.json()["hint"]


def test_the_sidebar_does_not_keep_an_idle_server_awake(api: httpx.Client, url: str) -> None:
    signed = {"Authorization": f"token {TOKEN}"}
    before = httpx.get(f"{url}/api/status?no_track_activity=1", headers=signed).json()["last_activity"]
    api.get("state")
    assert httpx.get(f"{url}/api/status?no_track_activity=1", headers=signed).json()["last_activity"] == before


def test_a_micro_task_is_a_form_that_does_not_tell_which_item_is_known(url: str, root: Path, photos: Path) -> None:
    ws, classes = wb.open(root / "line-3", environment={}), ("<b>cat</b>", "dog")
    pets = wb.ingest(ws, "pets", str(photos / "ok"))
    gold = [{"id": row["id"], "media": row["media"], "label": "dog"} for row in wb.ingest(ws, "known", str(photos / "crack"))]
    known = commit(ws, "gold", gold, task="image-classification", classes=classes)
    wb.label(pets, task="image-classification", classes=classes, place="cell", gold=known)
    page = "/workbench/micro/pets"
    assert httpx.get(f"{url}{page}").status_code in (302, 403)
    with httpx.Client(base_url=url, follow_redirects=True, timeout=60) as browser:
        browser.get("/login")
        browser.post("/login", data={"password": TOKEN, "_xsrf": browser.cookies["_xsrf"]})
        told = browser.get(page)
        assert "default-src 'none'" in told.headers["content-security-policy"]
        assert "<b>cat</b>" not in told.text, "the name of a class is text"
        assert not any(id in told.text for id in [*known.ids(), *pets.ids()])
        pictures = [html.unescape(source) for source in re.findall(r'src="([^"]+)"', told.text)]
        kinds = [browser.get(f"/workbench/micro/{picture}").headers["content-type"] for picture in pictures]
        assert kinds == ["image/png", "image/png"]
        assert browser.get(f"/workbench/micro/pets/media/0?question={'A' * 120}").status_code == 422
        assert browser.post(page, data={"question": "x"}).status_code == 403, "a form without the XSRF field"
        for n in range(4):
            fields = dict(re.findall(r'name="(_xsrf|question)" value="([^"]*)"', told.text))
            told = browser.post(page, data={**fields, "answer0": "dog", "answer1": "dog"})
            assert ("Nothing is left to answer" if n == 3 else "Thank you.") in told.text
        assert browser.post(page, data={**fields, "answer0": "dog", "answer1": "dog"}).status_code == 409, "once is enough"
    assert ws.journal.answers("pets")[1] == [], "four right answers of two classes are not enough to be believed"


def test_a_job_outlives_the_server_that_was_asked_for_it(tmp_path: Path) -> None:
    root = tmp_path / "root"
    ws = wb.open(root / "line-3", environment={})
    go = tmp_path / "go"
    code = f"import time, pathlib\nwhile not pathlib.Path({str(go)!r}).exists():\n    time.sleep(.05)\nprint('went on')"
    path = write_notebook(root / "a.ipynb", code)
    with served(root) as here:
        asked = {"notebook": str(path), "rehearsal_s": 0}
        headers = {"Authorization": f"token {TOKEN}"}
        answer = httpx.post(f"{here.url}/workbench/verbs/promote", json=asked, headers=headers, timeout=60)
        run = Run(ws, answer.json()["result"]["ref"].removeprefix("run:"))
        wait(lambda: run.state == "running")
        here.process.kill()
        here.process.wait()
    go.touch()
    assert run.follow(str, timeout_s=60).state == "done"
    assert "went on" in run.log_path.read_text()
