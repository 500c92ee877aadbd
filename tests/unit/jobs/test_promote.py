"""What a promotion takes, refuses and records; nothing is executed."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from workbench.core.errors import ConflictError, ExternalError, InputError, NotFoundError
from workbench.core.run import Run
from workbench.core.workspace import Workspace
from workbench.jobs.promote import promote as promote_rehearsed
from workbench.jobs.queueing.reconcile import reconcile
from workbench.jobs.reading import notebook as notebooks
from workbench.jobs.submit import submit
from workbench.testing.notebooks import write_notebook

#: What a bundle has besides what was beside the notebook.
MADE = {"requirements.lock", "Containerfile"}
promote = partial(promote_rehearsed, rehearsal_s=0)


def bundle_of(run: Run) -> Path:
    return run.ws.root / "bundles" / run.info().inputs["bundle"]


def facts_of(run: Run) -> dict:
    return json.loads((bundle_of(run) / "bundle.json").read_text())


def test_a_promotion_is_a_queued_run_with_its_parameters(ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", ("epochs = 3\nname = 'a'", "parameters"), "print(epochs)")
    run = promote(path, parameters={"epochs": 5}, ws=ws)
    info = run.info()
    assert (run.id, info.kind, info.state, info.params) == ("job-1", "job", "queued", {"epochs": 5, "name": "a"})
    assert info.inputs["notebook"] == str(path)
    assert json.loads((run.folder / "job.json").read_text())["parameters"] == {"epochs": 5}


def test_the_bundle_says_what_was_taken_and_where_it_ran(ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "data = 'dataset:caps@2'", "junk = 1", ("print(data)", "run"))
    facts = facts_of(promote(path, cells="run", ws=ws))
    assert [cell["taken"] for cell in facts["cells"]] == [True, False, True]
    assert facts["references"] == ["dataset:caps@2"]
    assert facts["packages"]["papermill"]
    assert facts["environment"]["OMP_NUM_THREADS"] == "1"
    assert set(facts["files"]) == {"notebook.ipynb", *MADE}


def test_the_same_content_is_the_same_bundle_even_after_a_run_of_the_notebook(ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "print(1)")
    first = promote(path, ws=ws)
    document = json.loads(path.read_text())
    document["cells"][0] |= {"execution_count": 1, "outputs": [{"output_type": "stream", "name": "stdout", "text": "1\n"}]}
    path.write_text(json.dumps(document))
    second = promote(path, ws=ws)
    assert bundle_of(first) == bundle_of(second)
    assert first.id != second.id


def test_modules_beside_the_notebook_travel_with_those_that_they_import(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("from pack import thing\nimport json\n")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("from . import thing\n")
    (tmp_path / "pack" / "thing.py").write_text("import deep\n")
    (tmp_path / "deep.py").write_text("")
    (tmp_path / "unused.py").write_text("")
    run = promote(write_notebook(tmp_path / "a.ipynb", "def f():\n    import helper"), ws=ws)
    names = {"helper.py", "pack/__init__.py", "pack/thing.py", "deep.py"}
    assert set(facts_of(run)["files"]) == {"notebook.ipynb", *MADE, *names}
    assert (run.folder / "work" / "pack" / "thing.py").is_file()


def test_a_module_that_leads_out_of_the_folder_is_refused(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("key = 1")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "helper.py").symlink_to(tmp_path / "secret.py")
    with pytest.raises(InputError, match=r"The path 'helper\.py' leads out of"):
        promote(write_notebook(tmp_path / "notebooks" / "a.ipynb", "import helper"), ws=ws)


def test_a_changed_bundle_is_refused(ws: Workspace, tmp_path: Path) -> None:
    bundle = bundle_of(promote(write_notebook(tmp_path / "a.ipynb", "print(1)"), ws=ws))
    inside = bundle / "notebook.ipynb"
    inside.chmod(0o644)
    inside.write_text("{}")
    with pytest.raises(InputError, match=r"is not what it was: notebook\.ipynb has changed"):
        submit(bundle, ws=ws)


def test_submit_runs_a_bundle_again_by_the_first_letters_of_its_digest(ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", ("n = 1", "parameters"))
    digest = promote(path, ws=ws).info().inputs["bundle"]
    path.unlink()
    again = submit(Path(digest[:8]), parameters={"n": 2}, ws=ws)
    assert (again.id, again.info().params) == ("job-2", {"n": 2})
    with pytest.raises(NotFoundError, match="No bundle named"):
        submit(Path("ffffffffffff"), ws=ws)


@pytest.mark.parametrize("limit", [-1.0, float("nan"), float("inf")])
def test_a_limit_that_is_no_time_is_refused(ws: Workspace, tmp_path: Path, limit: float) -> None:
    with pytest.raises(InputError, match="`time_limit_s` must be 0 or more"):
        promote(write_notebook(tmp_path / "a.ipynb", "1"), time_limit_s=limit, ws=ws)


def test_a_missing_notebook_is_named_with_its_neighbours(ws: Workspace, tmp_path: Path) -> None:
    write_notebook(tmp_path / "train.ipynb", "1")
    with pytest.raises(NotFoundError, match=r"Did you mean '.*train\.ipynb'"):
        promote(tmp_path / "trian.ipynb", ws=ws)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"print(1)", "is not a notebook: it is not JSON"),
        (b"\xff\xfe\x00", "is not a notebook: it is not JSON"),
        (b"[1]", "is not a notebook: it is JSON of another kind"),
        (b'{"cells": []}', "is not a notebook: it is JSON of another kind"),
        (b'{"nbformat": 3, "worksheets": []}', "has notebook format 3, expected 4"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "markdown", "source": "x", "metadata": {}}]}', "has no code to run"),
        (b'{"nbformat": 4, "metadata": {"language_info": {"name": "R"}}, "cells": []}', "is written in 'R'; jobs run Python"),
    ],
)
def test_what_is_no_notebook_is_refused(ws: Workspace, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        promote(path, ws=ws)


def test_an_untidy_notebook_is_read_as_well_as_it_can_be(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": ["a = 1\n", "b"], "metadata": None}, {"cell_type": "raw"}, None]
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "metadata": {"kernelspec": None}, "cells": cells}))
    read = notebooks.read(path)
    assert ([c.source for c in read.cells], read.kernel) == (["a = 1\nb"], "python3")


def test_large_outputs_are_left_out_and_large_sources_refused(ws: Workspace, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "print(1)")
    document = json.loads(path.read_text())
    document["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 20_000_000}]
    path.write_text(json.dumps(document))
    bundle = bundle_of(promote(path, ws=ws))
    assert (bundle / "notebook.ipynb").stat().st_size < 2000
    with pytest.raises(InputError, match=r"hold 3\.0 MB of text, more than 2 MB"):
        promote(write_notebook(tmp_path / "b.ipynb", "a = '" + "x" * 3_000_000 + "'"), ws=ws)


def test_an_unknown_kernel_is_named_with_those_that_are_there(ws: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"No kernel named 'pyton3'\. Did you mean 'python3'\?"):
        promote(write_notebook(tmp_path / "a.ipynb", "1", kernel="pyton3"), ws=ws)


def test_a_run_whose_target_refuses_it_has_failed(ws: Workspace, tmp_path: Path) -> None:
    def refuse(run: str, folder: Path) -> dict:
        raise ExternalError("No room.", system="test", retryable=True)

    ws.target.submit = refuse  # type: ignore[method-assign, assignment]  # the fake's
    with pytest.raises(ExternalError):
        promote(write_notebook(tmp_path / "a.ipynb", "1"), ws=ws)
    assert ws.run("job-1").info().error["message"] == "The job was not started: No room."


def test_cancelling_ends_the_job_and_what_it_trains(ws: Workspace, tmp_path: Path) -> None:
    run = promote(write_notebook(tmp_path / "a.ipynb", "1"), ws=ws)
    ws.records.put("run", "train-1", {"kind": "train", "parent": run.id}, state="running", new=True)
    run.cancel()
    assert (run.state, ws.run("train-1").state) == ("cancelled", "cancelled")
    assert not ws.target.alive(run.info().handle)
    with pytest.raises(ConflictError, match=r"Run job-1 is cancelled already\."):
        run.cancel()


def test_a_run_in_a_kernel_is_asked_to_end(ws: Workspace) -> None:
    ws.records.put("run", "train-1", {"kind": "train"}, state="running", new=True)
    run = ws.run("train-1")
    run.folder.mkdir(parents=True)
    run.cancel()
    assert run.cancel_path.exists()
    assert run.state == "running"


def test_a_run_whose_process_is_gone_is_lost_and_so_are_its_children(ws: Workspace, tmp_path: Path) -> None:
    run = promote(write_notebook(tmp_path / "a.ipynb", "1"), ws=ws)
    ws.records.put("run", "train-1", {"kind": "train", "parent": run.id}, state="running", new=True)
    assert reconcile(ws) == []
    ws.target.end(run.id)  # type: ignore[attr-defined]  # the fake's
    assert [r.id for r in reconcile(ws)] == [run.id]
    assert (run.state, ws.run("train-1").state) == ("lost", "lost")
    assert reconcile(ws) == []


def test_a_training_whose_kernel_is_gone_is_lost(ws: Workspace) -> None:
    ws.records.put("run", "train-1", {"process": {"pid": 2**22 + 1, "started": "1"}}, state="running", new=True)
    assert [r.id for r in reconcile(ws)] == ["train-1"]


def test_a_cell_keeps_the_number_that_it_has_for_its_author(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "1", "2", "3")
    read = notebooks.read(path)
    told = read.to_json([replace(read.cells[2])])
    assert told["cells"][0]["metadata"]["workbench"] == {"cell": 3}
