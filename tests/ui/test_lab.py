"""The JupyterLab extension in a real JupyterLab and a real browser."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sklearn.datasets import load_digits

import workbench as wb
from workbench.core import processes
from workbench.core.errors import (
    STATUS,
    ConflictError,
    DependencyError,
    ExternalError,
    GateError,
    InputError,
    RunError,
    WorkbenchError,
    not_found,
)
from workbench.core.run import Run, begin

SHOTS = os.environ.get("WORKBENCH_SCREENSHOTS", "")
_RECIPES = Path(__file__).resolve().parents[2] / "notebooks" / "recipes"
_CLASSES = ["ok", "crack", "scratch"]


def seed(root: Path) -> wb.Workspace:
    """Return a small factory line: datasets, a labeling, runs in several states, models, a service with a canary."""
    ws = wb.open(root, environment={})
    put = ws.records.put
    about = {"task": "image-classification", "classes": _CLASSES}
    for name, version, n_items in (("caps", 3, 12480), ("caps-night", 1, 2130)):
        fields = about | {"ref": f"dataset:{name}@{version}#9f3c01ab77de", "name": name, "version": version, "n_items": n_items}
        put("dataset", name, fields | {"created": ws.now()}, state="ready")
    labeling = about | {"dataset": "dataset:caps@2", "project": "1", "url": "http://127.0.0.1:8080/projects/1"}
    put("labeling", "caps", labeling | {"n_items": 400, "n_labeled": 312, "created": ws.now()}, state="open")
    for minutes, epochs, accuracy in ((180, 8, 0.951), (65, 12, 0.968)):
        _finish(_trained(ws, epochs, accuracy, created=_ago(minutes)), accuracy)
    failed = begin(
        ws,
        "job",
        title="sweep.ipynb",
        created=_ago(40),
        progress={"cell": 3, "cells": 6, "cells_state": [*["done"] * 2, "failed", *["pending"] * 3]},
    )
    failed.log_path.write_text("--- cell 3 (3 of 6)\nNameError: name 'photos' is not defined\n")
    failed.finish(state="failed", error={"code": "run", "message": "NameError in cell 3: name 'photos' is not defined."})
    for version, runtime, accuracy in ((1, "torch", 0.951), (2, "torch", 0.968), (3, "openvino", 0.966)):
        fields = about | {
            "name": "caps",
            "version": version,
            "runtime": runtime,
            "metrics": {"accuracy": accuracy},
            "created": ws.now(),
        }
        put("model", f"caps@{version}", fields | {"run": "run:train-2"}, state="ready")
    history = [{"traffic": {"model:caps@2": 100}}, {"traffic": {"model:caps@2": 90, "model:caps@3": 10}}]
    service = {"url": "http://127.0.0.1:9001", "task": about["task"], "traffic": history[-1]["traffic"], "history": history}
    put("service", "cap-check", service | {"handle": processes.identity(os.getpid()), "created": ws.now()}, state="running")
    return ws


def _ago(minutes: float) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat(timespec="milliseconds")


def _trained(ws: wb.Workspace, epochs: int, accuracy: float, *, created: str) -> Run:
    params = {
        "backbone": "small-cnn",
        "strategy": "full",
        "epochs": epochs,
        "batch_size": 64,
        "lr": 0.003,
        "seed": 7,
    }
    inputs = {"data": "dataset:caps@3", "val": "dataset:caps@3#51d0"}
    run = begin(ws, "train", params=params, inputs=inputs, progress={"done": epochs, "total": epochs}, created=created)
    lines = [f"Training small-cnn for {epochs} epochs, 9,984 samples, 3 classes."]
    with (run.folder / "metrics.jsonl").open("w") as file:
        for step in range(1, epochs + 1):
            share = 1 - math.exp(-3.2 * step / epochs)
            wobble = 0.012 * math.sin(7.3 * step)
            metrics = {
                "loss": 1.08 - 0.97 * share + wobble,
                "accuracy": 0.34 + (accuracy - 0.34) * share / (1 - math.exp(-3.2)) - wobble / 2,
            }
            file.write(json.dumps({"step": step, "at": ws.now(), **metrics}) + "\n")
            lines.append(f"epoch {step:>2}/{epochs}  loss {metrics['loss']:.4f}  accuracy {metrics['accuracy']:.4f}")
    run.log_path.write_text("\n".join([*lines, "Kept the weights of the best epoch."]) + "\n")
    return run


def _finish(run: Run, accuracy: float) -> None:
    run.finish(model="model:caps@2", metrics={"accuracy": accuracy, "loss": 0.11})


#: Puts a tab of the main area beside the first one.
_BESIDE = """id => {
    const { shell } = window.jupyterapp;
    const [first] = shell.widgets('main');
    const moved = [...shell.widgets('main')].find(widget => widget.content?.id === id);
    shell.add(moved, 'main', { mode: 'split-right', ref: first.id });
}"""


def _show(page: Any) -> Any:
    """Open the sidebar and return it."""
    page.get_by_role("tab", name="Workbench").click()
    return page.get_by_test_id("wb-sidebar")


def _notebook(path: Path, cells: list[tuple[str, list[str]]]) -> Path:
    """Write a notebook of code cells, each with its tags."""
    made = [
        {
            "cell_type": "code",
            "id": f"c{i}",
            "metadata": {"tags": tags},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for i, (source, tags) in enumerate(cells)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path.write_text(json.dumps({"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_the_sidebar_shows_what_the_workspace_holds_and_what_can_be_done(lab, open_lab) -> None:
    seed(lab.root / "line-3")
    side = _show(open_lab(lab))
    side.get_by_role("heading", name="line-3").wait_for()
    row = side.get_by_test_id("wb-row-dataset-caps")
    assert row.get_by_text("caps@3").is_visible()
    assert row.get_by_text("12,480 items").is_visible()
    assert side.get_by_test_id("wb-row-labeling-caps").get_by_role("progressbar").get_attribute("aria-valuenow") == "312"
    assert side.get_by_test_id("wb-row-run-job-1").get_attribute("data-state") == "failed"
    buttons = side.get_by_test_id("wb-row-service-cap-check").get_by_role("button")
    assert buttons.all_inner_texts()[-3:] == ["Cut over", "Roll back", "Stop"]
    assert side.get_by_test_id("wb-row-model-caps@3").get_by_test_id("wb-action-optimize").count() == 0


def test_the_sidebar_follows_changes_that_others_make(lab, open_lab) -> None:
    ws = wb.open(lab.root / "line-3", environment={})
    side = _show(open_lab(lab))
    assert side.get_by_test_id("wb-section-run").get_by_text("promote a notebook").is_visible()
    run = begin(ws, "train", process=processes.identity(os.getpid()), progress={"done": 1, "total": 4})
    row = side.get_by_test_id("wb-row-run-train-1")
    row.get_by_role("progressbar").wait_for()
    run.finish()
    side.page.wait_for_function("row => row.dataset.state === 'done'", arg=row.element_handle())


def test_without_a_workspace_the_sidebar_says_how_to_make_one(lab, open_lab) -> None:
    side = _show(open_lab(lab))
    side.get_by_test_id("wb-no-workspace").get_by_text("wb.open(").wait_for()
    wb.open(lab.root / "line-3", environment={})
    side.get_by_role("heading", name="line-3").wait_for()


def test_without_the_server_extension_the_sidebar_says_how_to_enable_it(tmp_path, lab_with, open_lab) -> None:
    page = open_lab(lab_with(without=("workbench.server",)))
    _show(page).get_by_test_id("wb-no-extension").get_by_text("jupyter server extension enable workbench.server").wait_for()
    page.close()
    page.problems.clear()  # the browser itself reports the 404 that this test is about


def test_a_server_that_went_away_is_told_and_found_again(lab, open_lab) -> None:
    wb.open(lab.root / "line-3", environment={})
    page = open_lab(lab)
    side = _show(page)
    side.get_by_role("heading", name="line-3").wait_for()
    page.context.set_offline(True)
    banner = side.get_by_test_id("wb-offline")
    banner.get_by_role("button", name="Try again").wait_for()
    page.context.set_offline(False)
    banner.get_by_role("button", name="Try again").click()
    banner.wait_for(state="detached")
    page.close()
    page.problems.clear()  # failed requests, as they should


def test_promote_and_confirm_are_the_two_clicks_from_a_notebook_to_a_job_that_ran(lab, open_lab) -> None:
    ws = wb.open(lab.root / "line-3", environment={})
    _notebook(
        lab.root / "train.ipynb",
        [("steps = 2  # how often\nname = 'caps'", ["parameters"]), ("for i in range(steps):\n    print(name, 'step', i)", [])],
    )
    page = open_lab(lab, "lab/tree/train.ipynb")
    button = page.get_by_role("button", name="Promote")
    button.wait_for()
    page.wait_for_function("() => window.jupyterapp.commands.isEnabled('workbench:promote')")
    button.click()
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_test_id("wb-field-name").input_value() == "caps"
    dialog.get_by_test_id("wb-field-steps").fill("3")
    dialog.get_by_role("button", name="Confirm").click()
    panel = page.get_by_test_id("wb-run")
    panel.get_by_test_id("wb-log").get_by_text("caps step 2").wait_for()
    panel.get_by_test_id("wb-run-state").get_by_text("done").wait_for()
    assert panel.get_by_test_id("wb-progress").get_attribute("aria-label") == "2 of 2 cells done"
    assert ws.run("job-1").info().params["steps"] == 3
    panel.get_by_test_id("wb-open-notebook").click()
    page.get_by_role("tab", name="run.ipynb").wait_for()


def test_cancel_in_the_panel_ends_the_job(lab, open_lab) -> None:
    ws = wb.open(lab.root / "line-3", environment={})
    _notebook(
        lab.root / "endless.ipynb", [("import time\nfor i in range(10_000):\n    print('tick', i)\n    time.sleep(0.1)", [])]
    )
    page = open_lab(lab, "lab/tree/endless.ipynb")
    page.wait_for_function("() => window.jupyterapp.commands.isEnabled('workbench:promote')")
    page.get_by_role("button", name="Promote").click()
    page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    panel = page.get_by_test_id("wb-run")
    panel.get_by_test_id("wb-log").get_by_text("tick 3", exact=True).wait_for()
    panel.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel", exact=True).last.click()
    panel.get_by_test_id("wb-run-state").get_by_text("cancelled").wait_for()
    run = ws.run("job-1")
    assert run.state == "cancelled"
    assert not ws.target.alive(run.info().handle)


def test_a_panel_of_a_run_that_is_not_there_says_so_and_asks_no_more(lab, open_lab) -> None:
    wb.open(lab.root / "line-3", environment={})
    page = open_lab(lab)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/runs/job-9/log" in request.url else None)
    page.evaluate("() => jupyterapp.commands.execute('workbench:open-run', { id: 'job-9' })")
    page.get_by_text("No run named 'job-9'.").wait_for()
    page.wait_for_timeout(5000)
    assert len(asked) == 1
    page.close()
    page.problems.clear()  # the browser itself reports the 404 that this test is about


def test_the_log_is_searched_and_the_metrics_are_drawn(lab, open_lab) -> None:
    seed(lab.root / "line-3")
    page = open_lab(lab)
    _show(page).get_by_test_id("wb-row-run-train-2").get_by_role("button", name="train-2").click()
    panel = page.get_by_test_id("wb-run")
    panel.get_by_test_id("wb-chart-accuracy").wait_for()
    panel.get_by_role("searchbox").fill("epoch 12")
    panel.get_by_test_id("wb-log").get_by_text("epoch 12/12").wait_for()
    assert panel.get_by_test_id("wb-log").locator("mark").count() == 1


def test_a_refusal_is_told_in_the_words_of_the_server(lab, open_lab) -> None:
    seed(lab.root / "line-3")
    page = open_lab(lab)
    side = _show(page)
    side.get_by_test_id("wb-row-labeling-caps").get_by_test_id("wb-action-pull").click()
    page.locator(".Toastify__toast").get_by_text(re.compile(r"[A-Z].+\.")).first.wait_for()
    page.close()
    page.problems.clear()  # the browser itself reports the status of the refusal


SEVEN = [
    InputError("`n` must be at least 1, got 0.", hint="Give a number."),
    not_found("labeling", "caps", ["caps-night"]),
    ConflictError("Labeling caps is done, not open.", hint="Choose another name."),
    DependencyError(
        "Label Studio needs the package 'label_studio_sdk'.", hint="Run: pip install 'perception-workbench[annotate]'"
    ),
    ExternalError("Label Studio: no answer from http://127.0.0.1:8080.", hint="Run: workbench labels start"),
    RunError("Run train-7 failed: OutOfMemoryError in cell 4.", hint="Log: runs/train-7/log.txt"),
    GateError("model:caps@4 missed its gate: f1 is 0.810, required 0.900."),
]


def _refusing(exc: WorkbenchError) -> Any:
    return lambda route: route.fulfill(status=STATUS[exc.code].http, json=exc.to_json())


def test_each_of_the_seven_errors_is_told_with_its_way_out(lab, open_lab) -> None:
    seed(lab.root / "line-3")
    page = open_lab(lab)
    pull = _show(page).get_by_test_id("wb-row-labeling-caps").get_by_test_id("wb-action-pull")
    for exc in SEVEN:
        page.unroute_all()
        page.route("**/workbench/verbs/pull*", _refusing(exc))
        pull.click()
        toast = page.locator(".Toastify__toast").filter(has_text=str(exc))
        toast.wait_for()
        toast.get_by_role("button").first.click()
        toast.wait_for(state="detached")
    page.close()
    page.problems.clear()  # the browser itself reports the seven statuses


@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")  # what MLflow says to SQLAlchemy
def test_a_model_is_deployed_and_stopped_from_the_sidebar(lab, open_lab, tmp_path) -> None:
    from workbench.core.model import register
    from workbench.testing.bundles import linear

    ws = wb.open(lab.root / "line-3", environment={})
    facts = {"task": "image-classification", "classes": ["dark", "light"], "runtime": "onnxruntime"}
    register(ws, "caps", linear(tmp_path / "bundle"), facts=facts)
    page = open_lab(lab)
    side = _show(page)
    side.get_by_test_id("wb-action-serve").click()
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_test_id("wb-field-name").input_value() == "caps"
    dialog.get_by_test_id("wb-field-name").fill("cap-check")
    dialog.get_by_role("button", name="Deploy").click()
    row = side.get_by_test_id("wb-row-service-cap-check")
    row.get_by_test_id("wb-action-stop").wait_for()
    assert ws.service("cap-check").info().state == "running"
    row.get_by_test_id("wb-action-stop").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop").click()
    row.locator("xpath=self::*[@data-state='stopped']").wait_for()
    assert ws.service("cap-check").info().state == "stopped"


@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")  # what MLflow says to SQLAlchemy
def test_a_notebook_that_trains_becomes_a_job_a_model_and_a_service(lab, open_lab) -> None:
    ws = wb.open(lab.root / "digits", environment={})
    data = wb.ingest(ws, "digits", str(_digits(lab.root / "files", 400)), labels="folder")
    shutil.copy(_RECIPES / "train.ipynb", lab.root / "train.ipynb")
    page = open_lab(lab, "lab/tree/train.ipynb", width=1440, height=860, scale=1.5)
    side = _show(page)
    page.wait_for_function("() => window.jupyterapp.commands.isEnabled('workbench:promote')")
    page.get_by_role("button", name="Promote").click()
    page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    panel = page.get_by_test_id("wb-run")
    panel.get_by_test_id("wb-run-state").get_by_text("done").wait_for(timeout=180_000)
    panel.get_by_test_id("wb-chart-accuracy").wait_for()
    side.get_by_test_id("wb-row-model-digits@1").get_by_test_id("wb-action-serve").click()
    page.get_by_role("dialog").get_by_role("button", name="Deploy").click()
    side.get_by_test_id("wb-row-service-digits").get_by_test_id("wb-action-stop").wait_for(timeout=60_000)
    service = ws.service("digits")
    try:
        row = data.rows(limit=1)[0]
        assert service.predict(data.media(row)).label in data.classes
        _picture(page)
    finally:
        service.stop()


def _digits(folder: Path, n: int) -> Path:
    """Write the first *n* digits that scikit-learn carries, in a folder per class."""
    bunch = load_digits()
    for i, (pixels, digit) in enumerate(zip(bunch.images[:n], bunch.target[:n], strict=True)):
        (folder / str(digit)).mkdir(parents=True, exist_ok=True)
        Image.fromarray((pixels * 255 / 16).astype("uint8")).resize((64, 64)).save(folder / str(digit) / f"{i:04}.png")
    return folder


def _picture(page: Any) -> None:
    """Take the picture of the README, when one is asked for."""
    if SHOTS:
        page.evaluate(_BESIDE, "workbench-run-job-1")
        page.mouse.move(700, 840)
        page.locator(".Toastify__toast").first.wait_for(state="detached", timeout=30_000)
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(SHOTS) / "lab.png")
