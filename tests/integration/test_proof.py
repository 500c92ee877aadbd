"""Rehearsals and verifications with real jobs: what is equal is found equal, and every planted cause is named."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import workbench
from workbench.core.errors import ConflictError, InputError
from workbench.core.events import Event
from workbench.core.run import Run
from workbench.core.workspace import Workspace
from workbench.jobs.bundles.plan import plan
from workbench.jobs.contrast import contrast
from workbench.jobs.job import JOB
from workbench.jobs.members import MARK
from workbench.jobs.order import Order
from workbench.jobs.proof import certificate, signature
from workbench.jobs.proof.verdict import Verdict
from workbench.jobs.rehearse import rehearse
from workbench.jobs.submit import folder, prepare, start
from workbench.jobs.verify import verify
from workbench.testing.notebooks import write_notebook

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def own_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of this test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def shown(path: Path, *cells: tuple[str, str | None]) -> Path:
    """Write a notebook of sources with the text that each showed; None is a cell that never ran."""
    write_notebook(path, *(source for source, _ in cells))
    document = json.loads(path.read_text())
    for n, (cell, (_, text)) in enumerate(zip(document["cells"], cells, strict=True), 1):
        if text is not None:
            cell["execution_count"] = n
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}] if text else []
    path.write_text(json.dumps(document))
    return path


def job(ws: Workspace, path: Path, *cells: str | tuple[str, ...], **environment: str) -> Run:
    """Run a notebook as a job that is done, with variables that its bundle does not know of."""
    made = plan(ws, write_notebook(path, *cells), override="a test")
    bundle = made.publish(folder(ws))
    run = prepare(ws, bundle, {}, Order()) if environment else start(ws, bundle, {}, Order())
    if environment:
        told = json.loads((run.folder / JOB).read_text())
        told["environment"] |= environment
        (run.folder / JOB).write_text(json.dumps(told))
        run.update(handle=dict(ws.target.submit(run.id, run.folder)))
    run.follow(lambda _: None, timeout_s=240)
    assert run.state == "done", run.log_path.read_text()
    return run


def marked(text: str) -> list[str]:
    """Return the processes that were started for a job below *text*."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = (entry / "environ").read_bytes()
        except OSError:
            continue
        if MARK.encode() in told and text.encode() in told and entry.name != str(os.getpid()):
            found.append(entry.name)
    return found


def states(certificate: dict[str, Any]) -> list[tuple[str, str]]:
    return [(cell["state"], cell["why"]) for cell in certificate["cells"]]


def test_what_the_notebook_shows_and_the_rehearsal_too_is_equal_signed_and_kept(real_ws: Workspace, tmp_path: Path) -> None:
    path = shown(
        tmp_path / "a.ipynb",
        ("import time\nprint(6 * 7)", "42\n"),
        ("print(time.time(), 'now')", "1763730000.25 now\n"),
        ("print(object())", "<object object at 0x7f0123456789>\n"),
    )
    heard: list[Event] = []
    real_ws.events.subscribe(heard.append)
    made = rehearse(path, ws=real_ws, rehearsal_s=120)
    assert made["verdict"] == "equal", made
    assert states(made) == [("equal", ""), ("equal", "equal up to times"), ("equal", "")]
    assert certificate.check(made)
    assert [(e.fields["done"], e.fields["total"]) for e in heard if e.name == "progress"][-1] == (3, 3)
    assert not list((real_ws.root / "rehearsals").iterdir())
    assert real_ws.records.all("run") == []
    (kept,) = (real_ws.root / "certificates").iterdir()
    assert "Equal" in (kept / "certificate.html").read_text()
    assert signature.key_path().stat().st_mode & 0o777 == 0o600
    heard.clear()
    assert rehearse(path, ws=real_ws, rehearsal_s=120) == made
    assert heard == [], "the certificate that is there was not used"
    (kept / "certificate.json").write_text((kept / "certificate.json").read_text().replace('"equal"', '"partial"', 1))
    assert rehearse(path, ws=real_ws, rehearsal_s=120)["made"] != made["made"]


def test_an_altered_certificate_is_refused(real_ws: Workspace, tmp_path: Path) -> None:
    made = rehearse(shown(tmp_path / "a.ipynb", ("print(1)", "1\n")), ws=real_ws, rehearsal_s=0)
    assert (made["verdict"], made["says"]) == ("unproven", "It was not rehearsed.")
    with pytest.raises(InputError, match=r"is not what was signed\. It was altered"):
        certificate.check({**made, "verdict": "equal"})


def test_another_output_is_different_and_says_why(real_ws: Workspace, tmp_path: Path) -> None:
    data = tmp_path / "elsewhere" / "n.txt"
    data.parent.mkdir()
    data.write_text("1")
    path = shown(
        tmp_path / "a.ipynb",
        ("import os, random\nplace = os.environ['PLACE']", ""),
        ("print(random.random())", "0.25\n"),
        ("print(open(place).read())", "1\n"),
        ("import time\nprint(time.time_ns() % 10**6)", "12\n"),
        ("print(len('abc'))", "4\n"),
        ("print(*set('abcd'))", "d c b a"),
    )
    os.environ["PLACE"] = str(data)
    try:
        data.write_text("2")
        later = path.stat().st_mtime + 10
        os.utime(data, (later, later))
        made = rehearse(path, ws=real_ws, rehearsal_s=120)
    finally:
        del os.environ["PLACE"]
    assert made["verdict"] == "different"
    assert [why.partition(":")[0] for _, why in states(made)][1:] == [
        "unseeded randomness",
        "data",
        "time",
        "the notebook shows what other code, data or an earlier state made; run it again from the top",
        "order",
    ]
    assert made["cells"][4]["diff"] == "@@ -1 +1 @@\n-4\n+3"
    assert f"{data} changed after the notebook was saved" in made["cells"][2]["why"]


def test_what_is_missing_is_named_and_whether_it_is_here(real_ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("x = 1")
    (tmp_path / "table.csv").write_text("1")
    cases = {
        "import importlib\nimportlib.import_module('hel' + 'per')": f"{tmp_path / 'helper.py'} is there but was not carried",
        "import importlib\nimportlib.import_module('no' + 'where')": "There is no module 'nowhere' here either",
        "open(''.join(['table', '.csv']))": f"{tmp_path / 'table.csv'} is there but was not carried",
        "open(''.join(['missing', '.csv']))": f"{tmp_path / 'missing.csv'} is not there either",
    }
    for n, (source, hint) in enumerate(cases.items()):
        made = rehearse(shown(tmp_path / f"{n}.ipynb", ("import os", ""), (source, "1")), ws=real_ws, rehearsal_s=120)
        assert made["verdict"] == "failed"
        assert made["problem"]["cell"] == 2
        assert hint in made["problem"]["hint"]


def test_cells_that_act_outside_or_come_too_late_are_told_and_nothing_is_left(real_ws: Workspace, tmp_path: Path) -> None:
    opened = f"import workbench as wb\nws = wb.open({str(real_ws.root)!r})\nprint(ws.root)"
    path = shown(tmp_path / "a.ipynb", (opened, f"{real_ws.root}\n"), ("ws.host", ""), ("print(1)", "1\n"), ("print(2)", None))
    made = rehearse(path, ws=real_ws, rehearsal_s=120)
    assert made["verdict"] == "partial"
    assert states(made)[:2] == [("equal", ""), ("not compared", "not rehearsed: it acts outside")]
    sleep = "[sys.executable, '-c', 'import time; time.sleep(600)']"
    child = f"import subprocess, sys, time\nkept = subprocess.Popen({sleep}, start_new_session=True)"
    path = shown(tmp_path / "b.ipynb", (child, ""), ("time.sleep(600)", ""), ("print(3)", "3\n"))
    made = rehearse(path, ws=real_ws, rehearsal_s=15)
    assert states(made)[1:] == [("not compared", "not reached in 15 s")] * 2
    assert made["verdict"] in ("partial", "unproven")
    assert marked(str(real_ws.root)) == []
    assert not list((real_ws.root / "rehearsals").iterdir())


def test_an_interrupted_or_killed_rehearsal_leaves_no_process_and_no_copy(real_ws: Workspace, tmp_path: Path) -> None:
    path = shown(tmp_path / "a.ipynb", ("print('on', flush=True)\nimport time; time.sleep(600)", ""))
    code = (
        "import sys, workbench as wb; from pathlib import Path; from workbench.jobs.rehearse import rehearse;"
        "rehearse(Path(sys.argv[2]), ws=wb.open(sys.argv[1]), rehearsal_s=300)"
    )
    env = os.environ | {"PYTHONPATH": str(Path(str(workbench.__file__)).parents[1])}
    for sign in (signal.SIGINT, signal.SIGKILL):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(real_ws.root), str(path)], env=env, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 90
        while not any("on" in log.read_text() for log in real_ws.root.glob("rehearsals/*/*/runs/*/log.txt")):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.1)
        for _ in range(4):  # Python drops an interrupt that comes while it cleans up an object; one presses the keys again
            process.send_signal(sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
                break
        code_of_end = process.poll()
        process.kill()
        process.wait()
        assert code_of_end not in (None, 0)
        if sign is signal.SIGKILL:  # the next rehearsal clears up
            rehearse(shown(tmp_path / "b.ipynb", ("print(1)", "1\n")), ws=real_ws, rehearsal_s=120)
        deadline = time.monotonic() + 30  # what was killed takes a moment to be gone
        while marked(str(real_ws.root)) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert marked(str(real_ws.root)) == []
        assert list((real_ws.root / "rehearsals").iterdir()) == []


def test_results_are_shown_kept_and_compared(real_ws: Workspace, tmp_path: Path) -> None:
    run = job(
        real_ws,
        tmp_path / "a.ipynb",
        "import workbench as wb",
        "wb.result({'f1': 0.5, 'n': [1, 2]})",
        "wb.result({'by': 'me'})",
    )
    assert run.info().results == {"f1": 0.5, "n": [1, 2], "by": "me"}
    assert json.loads((run.folder / "results.json").read_text()) == run.info().results
    cells = json.loads(run.notebook_path.read_text())["cells"]
    assert cells[1]["outputs"][0]["data"]["application/vnd.workbench.result+json"] == {"f1": 0.5, "n": [1, 2]}
    verdict = verify(run)
    assert (verdict.verdict, [r["state"] for r in verdict.results]) == ("identical", ["equal"] * 3)


def test_a_run_that_comes_to_the_same_is_identical_and_its_verdict_is_kept(real_ws: Workspace, tmp_path: Path) -> None:
    run = job(real_ws, tmp_path / "a.ipynb", "import random\nrandom.seed(1)", "print(random.random())")
    verdict = verify(run)
    assert isinstance(verdict, Verdict)
    assert (verdict.verdict, verdict.cause, verdict.cell) == ("identical", "", 0), str(verdict)
    assert run.info().more["verdict"]["verdict"] == "identical"
    assert signature.holds(json.loads((run.folder / "verify.json").read_text()))
    assert "Identical" in (run.folder / "verify.html").read_text()
    assert [r.id for r in real_ws.records.all("run")] == [run.id]


def test_changed_code_is_told(real_ws: Workspace, tmp_path: Path) -> None:
    module = tmp_path / "lib" / "far.py"
    module.parent.mkdir()
    module.write_text("value = 1")
    add = f"import sys, importlib\nsys.path.append({str(module.parent)!r})\nfar = importlib.import_module('f' + 'ar')"
    run = job(real_ws, tmp_path / "nb" / "a.ipynb", add, "print(far.value)")
    module.write_text("value = 22")  # of another length: Python takes one compiled within the second for the same
    verdict = verify(run)
    assert (verdict.verdict, verdict.cause, verdict.cell) == ("different", "code", 2), str(verdict)
    assert "far.py" in verdict.causes[0]["detail"]


def test_changed_data_is_told(real_ws: Workspace, tmp_path: Path) -> None:
    data = tmp_path / "elsewhere" / "n.txt"
    data.parent.mkdir()
    data.write_text("1")
    run = job(
        real_ws, tmp_path / "a.ipynb", f"place = ''.join([{str(data.parent)!r}, '/n', '.txt'])", "print(open(place).read())"
    )
    data.write_text("2")
    verdict = verify(run)
    assert (verdict.verdict, verdict.cause, verdict.cell) == ("different", "data", 2), str(verdict)
    assert str(data) in verdict.causes[0]["detail"]


def test_another_version_of_a_package_is_told(real_ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    for version in ("1.0", "2.0"):
        (site / "fakepkg").mkdir(parents=True, exist_ok=True)
        (site / "fakepkg" / "__init__.py").write_text(f"value = {version}")
        told = site / f"fakepkg-{version}.dist-info"
        told.mkdir()
        (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: fakepkg\nVersion: {version}\n")
        (told / "top_level.txt").write_text("fakepkg\n")
        if version == "1.0":
            monkeypatch.syspath_prepend(str(site))
            monkeypatch.setenv("PYTHONPATH", str(site))
            run = job(real_ws, tmp_path / "nb" / "a.ipynb", "import fakepkg\nprint(fakepkg.value)")
            for file in (*told.iterdir(), *site.glob("fakepkg/__pycache__/*")):
                file.unlink()
            told.rmdir()
    verdict = verify(run)
    assert (verdict.verdict, verdict.cause) == ("different", "packages"), str(verdict)
    assert verdict.causes[0]["detail"] == "fakepkg 1.0, then 2.0"


def test_a_missing_seed_is_told(real_ws: Workspace, tmp_path: Path) -> None:
    run = job(real_ws, tmp_path / "a.ipynb", "import numpy as np", "x = np.random.rand()", "print(x)")
    verdict = verify(run)
    assert (verdict.verdict, verdict.cause, verdict.cell) == ("different", "seed", 3), str(verdict)
    assert verdict.causes[0]["detail"] == "np.random.rand() in cell 2, line 1 draws without a seed"


SUMS = "torch.manual_seed(0)\nx = torch.randn(1_000_003)\nprint(repr(x.exp().sum().item()))"


def test_another_number_of_threads_is_told(real_ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    run = job(real_ws, tmp_path / "a.ipynb", "import torch", SUMS, OMP_NUM_THREADS="2", MKL_NUM_THREADS="2")
    verdict = verify(run, tolerance=1e-9)
    assert (verdict.verdict, verdict.cause, verdict.cell) == ("different", "threads", 2), str(verdict)
    assert "OMP_NUM_THREADS: 2, then 1" in verdict.causes[0]["detail"]
    near = verify(run)
    assert (near.verdict, near.cause) == ("equal", "threads"), str(near)


def test_other_features_of_the_processor_are_told(real_ws: Workspace, tmp_path: Path) -> None:
    run = job(real_ws, tmp_path / "a.ipynb", "import torch", SUMS, ATEN_CPU_CAPABILITY="default")
    verdict = verify(run, tolerance=1e-9)
    assert (verdict.verdict, verdict.cause, verdict.cell) == ("different", "CPU features", 2), str(verdict)
    assert "capability: DEFAULT, then" in verdict.causes[0]["detail"]


def test_the_time_is_told(real_ws: Workspace, tmp_path: Path) -> None:
    run = job(real_ws, tmp_path / "a.ipynb", "from datetime import datetime", "print(datetime.now())", "print(1)")
    verdict = verify(run)
    assert (verdict.verdict, verdict.cause) == ("equal", "time"), str(verdict)
    run = job(real_ws, tmp_path / "b.ipynb", "import time", "print(f'n{time.time_ns()}')")
    verdict = verify(run)
    assert (verdict.verdict, verdict.cause, verdict.cell) == ("different", "time", 2), str(verdict)


def test_another_order_is_told(real_ws: Workspace, tmp_path: Path) -> None:
    made = "class A:\n    def __init__(self, name): self.name = name\nkept = [A(n) for n in range(40)]"
    # Where objects lie, and so the order of a set of them, differs from process to process.
    shaken = "import os\nheap = [bytearray(1000 + n) for n in range(os.getpid() % 977)]"
    run = job(real_ws, tmp_path / "a.ipynb", shaken, made, "print(*(a.name for a in set(kept)), sep='\\n')")
    verdict = verify(run)
    assert (verdict.verdict, verdict.cause, verdict.cell) == ("different", "order", 3), str(verdict)


def test_what_was_no_job_or_is_not_done_is_refused(real_ws: Workspace, tmp_path: Path) -> None:
    run = job(real_ws, tmp_path / "a.ipynb", "print(1)")
    run.update(state="cancelled")
    with pytest.raises(ConflictError, match=r"Run job-1 is cancelled; only what is done can be verified\."):
        verify(run)
    run.update(bundle="")
    with pytest.raises(InputError, match=r"Run job-1 was no job: it has no bundle to run again\."):
        verify(run)


def test_two_runs_side_by_side_show_only_what_differs(real_ws: Workspace, tmp_path: Path) -> None:
    left = job(real_ws, tmp_path / "a.ipynb", ("n = 1", "parameters"), "import workbench as wb\nwb.result({'n': n, 'same': 1})")
    right = job(
        real_ws, tmp_path / "a.ipynb", ("n = 2", "parameters"), "import workbench as wb\nwb.result({'n': n, 'same': 1})"
    )
    found = contrast(left, right)
    assert found["parameters"] == found["results"] == [{"name": "n", "left": 1, "right": 2}]
    assert (found["metrics"], found["environment"], found["data"]) == ([], [], [])
    assert [each["cell"] for each in found["code"]] == [1]
    assert "-n = 1\n+n = 2" in found["code"][0]["diff"]
    assert "results  n: 1 | 2" in str(found)


@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")  # what MLflow says to SQLAlchemy
def test_a_seeded_training_comes_to_the_same_model(real_ws: Workspace, photos: Path, tmp_path: Path) -> None:
    workbench.ingest(real_ws, "caps", str(photos), labels="folder")
    opened = f"import workbench as wb\nws = wb.open({str(real_ws.root)!r})\n"
    cells = (
        f"{opened}train, val = wb.split(ws.dataset('caps'), .5, .5, by='label', seed=1)",
        "run = wb.train(wb.recipe('image-classification', backbone='small-cnn', epochs=2), train, val)",
        "model = run.result()\nprint(model.ref)",
        "print(len(train))",
    )
    run = job(real_ws, tmp_path / "a.ipynb", *cells)
    verdict = verify(run)
    assert (verdict.verdict, [a["state"] for a in verdict.artifacts]) == ("identical", ["identical"]), str(verdict)
    assert len(verdict.metrics) > 1
    assert real_ws.model("caps").version == 1, "the verification registered a model in the workspace itself"
    texts = ["", "", "model:caps@1\n", "4\n"]
    made = rehearse(shown(tmp_path / "b.ipynb", *zip(cells, texts, strict=True)), ws=real_ws, rehearsal_s=240)
    assert states(made) == [("equal", ""), ("not compared", "trained small"), ("not compared", "trained small"), ("equal", "")]
    assert (made["verdict"], made["pace"][0]["step_s"] > 0) == ("partial", True)
