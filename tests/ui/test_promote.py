"""From a notebook to a job with proof, in a real JupyterLab: the dialog, the panel of the run, the list of runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.core.run import begin

#: Counts what a person does with the mouse, in every window of the page.
_COUNT = "() => { window.clicks = 0; document.addEventListener('click', () => { window.clicks += 1; }, true); }"
_SELECT = """([from, to]) => {
    const { content } = window.jupyterapp.shell.currentWidget;
    content.activeCellIndex = from;
    content.extendContiguousSelectionTo(to);
}"""


def notebook(path: Path, *sources: str, tags: dict[int, str] | None = None) -> Path:
    """Write a notebook of code cells that has not been run; *tags* are by the number of the cell, from 1."""
    cells = [
        {
            "cell_type": "code",
            "id": f"c{i}",
            "metadata": {"tags": [tag] if (tag := (tags or {}).get(i)) else []},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for i, source in enumerate(sources, 1)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path.write_text(json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}))
    return path


def opened(lab: Any, open_lab: Any, name: str) -> Any:
    """Open a notebook, and return its page when it can be promoted."""
    page = open_lab(lab, f"lab/tree/{name}")
    page.get_by_role("button", name="Promote").wait_for()
    page.wait_for_function("() => window.jupyterapp.commands.isEnabled('workbench:promote')")
    return page


def promote(page: Any) -> Any:
    """Click on Promote, and return the dialog."""
    page.get_by_role("button", name="Promote").click()
    return page.get_by_role("dialog")


def confirm(page: Any) -> Any:
    """Click on Confirm, and return the panel of the run."""
    page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    return page.get_by_test_id("wb-run")


def sidebar(page: Any) -> Any:
    """Open the sidebar."""
    page.get_by_role("tab", name="Workbench").click()
    return page.get_by_test_id("wb-sidebar")


def done(panel: Any, state: str = "done") -> None:
    """Wait until the run has ended like this."""
    panel.get_by_test_id("wb-run-state").get_by_text(state, exact=True).wait_for()


def test_two_clicks_are_enough_from_a_notebook_to_a_job(lab, open_lab) -> None:
    wb.open(lab.root / "line-3", environment={})
    notebook(lab.root / "train.ipynb", "print('it runs')")
    page = opened(lab, open_lab, "train.ipynb")
    page.evaluate(_COUNT)
    promote(page)
    panel = confirm(page)
    panel.get_by_test_id("wb-log").get_by_text("it runs", exact=True).wait_for()
    assert page.evaluate("() => window.clicks") == 2


@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")  # what MLflow says to SQLAlchemy
def test_two_clicks_are_enough_from_a_model_to_a_service(lab, open_lab, tmp_path) -> None:
    from workbench.core.model import register
    from workbench.testing.bundles import linear

    ws = wb.open(lab.root / "line-3", environment={})
    facts = {"task": "image-classification", "classes": ["dark", "light"], "runtime": "onnxruntime"}
    register(ws, "caps", linear(tmp_path / "bundle"), facts=facts)
    notebook(lab.root / "train.ipynb", "1 + 1")
    page = opened(lab, open_lab, "train.ipynb")
    side = sidebar(page)
    side.get_by_test_id("wb-action-serve").wait_for()
    page.evaluate(_COUNT)
    page.get_by_role("button", name="Deploy", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Deploy").click()
    side.get_by_test_id("wb-row-service-caps").get_by_test_id("wb-action-stop").wait_for()
    assert page.evaluate("() => window.clicks") == 2
    ws.service("caps").stop()


def test_the_keyboard_is_enough(lab, open_lab) -> None:
    wb.open(lab.root / "line-3", environment={})
    notebook(lab.root / "train.ipynb", "steps = 2", "print('step', steps)", tags={1: "parameters"})
    page = opened(lab, open_lab, "train.ipynb")
    page.locator(".jp-Notebook").press("Control+Alt+p")
    page.get_by_test_id("wb-field-steps").fill("5")
    page.get_by_test_id("wb-rehearsal-verdict").wait_for()
    page.get_by_test_id("wb-field-steps").press("Enter")
    page.get_by_test_id("wb-log").get_by_text("step 5", exact=True).wait_for()


def test_selected_cells_run_with_all_that_they_need_and_no_more(lab, open_lab) -> None:
    ws = wb.open(lab.root / "line-3", environment={})
    notebook(lab.root / "train.ipynb", "a = 1", "b = 2", "print('a is', a)", "print('done', a)", "print('b is', b)")
    page = opened(lab, open_lab, "train.ipynb")
    page.evaluate(_SELECT, [2, 3])
    dialog = promote(page)
    dialog.get_by_text("3 of 5 code cells run: cells 3-4, and all that they need.").wait_for()
    dialog.get_by_test_id("wb-promote-why").click()
    assert dialog.get_by_role("row").nth(0).get_by_text("✓").is_visible()
    panel = confirm(page)
    panel.get_by_test_id("wb-log").get_by_text("done 1", exact=True).wait_for()
    done(panel)
    panel.get_by_test_id("wb-tab-cells").click()
    cells = panel.get_by_test_id("wb-cells").locator("[data-state='done']")
    cells.nth(2).wait_for()
    assert cells.count() == 3
    assert "b is" not in ws.run("job-1").log_path.read_text()


def test_a_parameter_that_does_not_fit_is_told_at_its_field_and_nothing_is_confirmed(lab, open_lab) -> None:
    ws = wb.open(lab.root / "line-3", environment={})
    notebook(lab.root / "train.ipynb", "sizes = {'small': 1}", "print(sizes)", tags={1: "parameters"})
    page = opened(lab, open_lab, "train.ipynb")
    dialog = promote(page)
    field = dialog.get_by_test_id("wb-field-sizes")
    field.fill("tiny")
    dialog.get_by_test_id("wb-problem-sizes").get_by_text("`sizes` must be").wait_for()
    assert dialog.get_by_role("button", name="Confirm").is_disabled()
    field.press("Enter")
    assert dialog.is_visible()
    field.fill('{"small": 2}')
    dialog.get_by_test_id("wb-problem-sizes").wait_for(state="detached")
    confirm(page).get_by_test_id("wb-log").get_by_text("{'small': 2}").wait_for()
    assert ws.run("job-1").info().params == {"sizes": {"small": 2}}


def test_a_problem_names_its_cell_and_its_line(lab, open_lab) -> None:
    wb.open(lab.root / "line-3", environment={})
    notebook(lab.root / "train.ipynb", "a = 1", "print(a)\nname = input('who? ')")
    page = opened(lab, open_lab, "train.ipynb")
    dialog = promote(page)
    checks = dialog.get_by_test_id("wb-checks")
    checks.get_by_text("Cell 2, line 2:").wait_for()
    assert dialog.get_by_role("button", name="Confirm").is_disabled()


def test_a_line_is_in_the_panel_while_its_cell_still_works(lab, open_lab) -> None:
    wb.open(lab.root / "line-3", environment={})
    flag = lab.root / "go-on"
    wait = f"import pathlib, time\nprint('it waits')\nwhile not pathlib.Path({str(flag)!r}).exists():\n    time.sleep(0.05)"
    notebook(lab.root / "train.ipynb", wait, "print('it went on')")
    page = opened(lab, open_lab, "train.ipynb")
    promote(page)
    page.get_by_test_id("wb-field-order-workers").wait_for()
    page.get_by_test_id("wb-promote-more").click()
    page.get_by_test_id("wb-field-order-rehearsal_s").fill("0")
    panel = confirm(page)
    panel.get_by_test_id("wb-log").get_by_text("it waits", exact=True).wait_for()
    panel.get_by_test_id("wb-run-state").get_by_text("running", exact=True).wait_for()
    flag.touch()
    panel.get_by_test_id("wb-log").get_by_text("it went on", exact=True).wait_for()
    done(panel)


def test_a_failing_rehearsal_stops_the_promotion_until_there_is_a_reason(lab, open_lab) -> None:
    ws = wb.open(lab.root / "line-3", environment={})
    notebook(lab.root / "train.ipynb", "total = 0", "print(1 / total)")
    page = opened(lab, open_lab, "train.ipynb")
    dialog = promote(page)
    dialog.get_by_test_id("wb-rehearsal-verdict").get_by_text("failed").wait_for()
    anyway = dialog.get_by_role("button", name="Confirm")
    assert anyway.inner_text() == "Promote anyway"
    assert anyway.is_disabled()
    dialog.get_by_test_id("wb-field-override").fill("the other machine has the data")
    anyway.click()
    panel = page.get_by_test_id("wb-run")
    done(panel, "failed")
    panel.get_by_test_id("wb-tab-certificate").click()
    panel.get_by_test_id("wb-certificate").get_by_text("the other machine has the data").wait_for()
    assert ws.run("job-1").info().more["override"] == "the other machine has the data"


def test_the_certificate_stands_beside_the_run_and_has_a_page_of_its_own(lab, open_lab) -> None:
    wb.open(lab.root / "line-3", environment={})
    notebook(lab.root / "train.ipynb", "print('same')")
    page = opened(lab, open_lab, "train.ipynb")
    dialog = promote(page)
    dialog.get_by_test_id("wb-rehearsal-verdict").wait_for()
    panel = confirm(page)
    done(panel)
    panel.get_by_test_id("wb-tab-certificate").click()
    shown = panel.get_by_test_id("wb-certificate")
    shown.get_by_test_id("wb-proof-verdict").wait_for()
    with page.expect_popup() as popup:
        shown.get_by_role("link", name="Open the page").click()
    popup.value.get_by_text("train.ipynb").first.wait_for()


def test_a_run_is_verified_from_its_panel(lab, open_lab) -> None:
    wb.open(lab.root / "line-3", environment={})
    notebook(lab.root / "train.ipynb", "print('the same again')")
    page = opened(lab, open_lab, "train.ipynb")
    promote(page)
    panel = confirm(page)
    done(panel)
    panel.get_by_test_id("wb-run-verify").click()
    panel.get_by_test_id("wb-verdict").get_by_test_id("wb-proof-verdict").get_by_text("identical").wait_for()


def test_two_runs_are_compared_and_a_run_goes_again_with_other_parameters(lab, open_lab) -> None:
    wb.open(lab.root / "line-3", environment={})
    notebook(lab.root / "train.ipynb", "steps = 2", "print('step', steps)", tags={1: "parameters"})
    page = opened(lab, open_lab, "train.ipynb")
    promote(page)
    panel = confirm(page)
    done(panel)
    panel.get_by_test_id("wb-run-rerun").click()
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_test_id("wb-field-steps").input_value() == "2"
    dialog.get_by_test_id("wb-field-steps").fill("9")
    dialog.get_by_role("button", name="Run again").click()
    again = page.locator("#workbench-run-job-2")
    again.get_by_test_id("wb-log").get_by_text("step 9", exact=True).wait_for()
    done(again)
    side = sidebar(page)
    for name in ("job-1", "job-2"):
        side.get_by_test_id(f"wb-choose-{name}").check()
    side.get_by_test_id("wb-compare-chosen").click()
    row = page.get_by_test_id("wb-compare-parameters").get_by_role("row").nth(1)
    row.wait_for()
    assert row.get_by_role("cell").all_inner_texts() == ["steps", "2", "9"]


def test_what_runs_is_told_apart_from_what_the_notebook_is_now(lab, open_lab) -> None:
    wb.open(lab.root / "line-3", environment={})
    path = notebook(lab.root / "train.ipynb", "print('before')")
    page = opened(lab, open_lab, "train.ipynb")
    promote(page)
    panel = confirm(page)
    panel.get_by_test_id("wb-versions").get_by_text("as it is now").wait_for()
    notebook(path, "print('after')")
    panel.get_by_test_id("wb-versions-diff").click()
    panel.get_by_test_id("wb-versions").get_by_text("+print('after')").wait_for()


def test_a_thousand_runs_are_a_list_that_draws_only_what_is_in_sight(lab, open_lab) -> None:
    ws = wb.open(lab.root / "line-3", environment={})
    for i in range(1000):
        fields = {"kind": "job", "title": "sweep.ipynb" if i % 100 else "best.ipynb", "created": f"2026-01-01T00:{i:05}"}
        ws.records.put("run", f"job-{i}", fields, state="failed" if i == 7 else "done")
    page = open_lab(lab)
    side = sidebar(page)
    side.get_by_role("button", name="Show all 1,000").click()
    side.get_by_test_id("wb-row-run-job-999").wait_for()
    assert side.locator("[data-kind='run']").count() < 40
    side.get_by_test_id("wb-all-runs").evaluate("box => { box.scrollTop = box.scrollHeight; }")
    side.get_by_test_id("wb-row-run-job-0").wait_for()
    side.get_by_test_id("wb-filter-runs").fill("failed sweep")
    side.get_by_text("1 of 1,000").wait_for()
    assert side.locator("[data-kind='run']").all_inner_texts()[0].startswith("job-7")


def test_a_schedule_shows_its_times_and_is_paused_and_fired(lab, open_lab) -> None:
    ws = wb.open(lab.root / "line-3", environment={})
    path = notebook(lab.root / "night.ipynb", "print('at night')")
    wb.schedule(path, "0 3 * * *", name="nightly", ws=ws)
    page = open_lab(lab)
    side = sidebar(page)
    row = side.get_by_test_id("wb-row-schedule-nightly")
    row.get_by_text("0 3 * * * UTC").wait_for()
    row.get_by_test_id("wb-action-pause").click()
    row.get_by_test_id("wb-action-unpause").wait_for()
    assert ws.schedule("nightly").state == "paused"
    row.get_by_test_id("wb-action-fire").click()
    page.get_by_test_id("wb-log").get_by_text("at night", exact=True).wait_for()


def test_the_end_of_a_job_is_told_once_and_leads_to_its_panel(lab, open_lab) -> None:
    ws = wb.open(lab.root / "line-3", environment={})
    run = begin(ws, "job", title="train.ipynb")
    page = open_lab(lab)
    sidebar(page).get_by_test_id("wb-row-run-job-1").wait_for()
    run.finish(state="failed", error={"code": "run", "message": "ZeroDivisionError in cell 2."})
    toast = page.locator(".Toastify__toast").filter(has_text="job-1 (train.ipynb) failed")
    toast.get_by_text("ZeroDivisionError in cell 2.").wait_for()
    toast.get_by_role("button", name="Open").click()
    page.get_by_test_id("wb-run").get_by_test_id("wb-run-error").wait_for()
    page.reload()
    page.get_by_test_id("wb-row-run-job-1").wait_for()
    assert toast.count() == 0


def test_the_end_of_a_job_is_told_when_the_page_comes_back(lab, open_lab) -> None:
    ws = wb.open(lab.root / "line-3", environment={})
    run = begin(ws, "job", title="train.ipynb")
    page = open_lab(lab)
    sidebar(page).get_by_test_id("wb-row-run-job-1").wait_for()
    page.goto("about:blank")
    run.finish()
    page.goto(lab.address())
    page.locator(".Toastify__toast").filter(has_text="job-1 (train.ipynb) done").wait_for()
