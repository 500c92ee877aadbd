"""Named results: JSON only, nouns by reference, every bad value named at once."""

from __future__ import annotations

import numpy as np
import pytest

import workbench as wb
from workbench.core import dataset
from workbench.core.errors import InputError
from workbench.core.run import begin


def test_values_become_json_and_nouns_their_reference(ws: wb.Workspace) -> None:
    data = dataset.commit(ws, "caps", [{"id": "a"}])
    made = wb.result({"f1": np.float32(0.5), "n": np.int64(3), "data": data, "deep": {"k": (1, None, True)}})
    assert made.to_json() == {"f1": 0.5, "n": 3, "data": data.ref, "deep": {"k": [1, None, True]}}
    assert str(made).splitlines()[0] == "f1    0.5"
    assert made._repr_mimebundle_()["application/vnd.workbench.result+json"] == made.to_json()


def test_all_bad_values_are_named() -> None:
    with pytest.raises(InputError) as caught:
        wb.result({"loss": float("nan"), "fine": 1, "table": {"x": object()}})
    assert caught.value.message == "'loss' is nan, which JSON does not hold; 'table.x' is a object, which JSON does not hold."


def test_in_a_job_they_are_kept_with_the_run(real_ws: wb.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run = begin(real_ws, "job")
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(real_ws.root))
    monkeypatch.setenv("WORKBENCH_RUN", run.ref)
    wb.result({"f1": 0.5})
    wb.result({"f1": 0.6, "n": 2})
    assert run.info().results == {"f1": 0.6, "n": 2}
    assert '"f1": 0.6' in (run.folder / "results.json").read_text()
