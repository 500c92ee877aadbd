"""The command line: the same verbs, answers for people or programs, exit statuses from the error table."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from workbench.cli.main import main


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str) -> tuple[int, str, str]:
        status = main([*arguments, "--workspace", str(tmp_path / "ws")])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def test_a_verb_in_the_shell_gives_the_same_reference_as_in_a_cell(run: Any, photos: Path, tmp_path: Path) -> None:
    import workbench as wb

    status, out, _ = run("ingest", "caps", str(photos), "--labels", "folder", "--json")
    said = json.loads(out)
    assert (status, said["ok"]) == (0, True)
    assert said["result"]["ref"] == wb.ingest(wb.open(tmp_path / "ws"), "caps", str(photos), labels="folder").ref


def test_shares_and_choices_are_read_from_text(run: Any, photos: Path) -> None:
    run("ingest", "caps", str(photos), "--labels", "folder")
    status, out, _ = run("split", "caps", "0.5", "0.5", "--by", "label")
    assert status == 0
    assert [line.partition("#")[0] for line in out.split()] == ["dataset:caps@1", "dataset:caps@1"]


def test_a_wrong_argument_says_what_is_wrong_and_what_to_do(run: Any, photos: Path) -> None:
    run("ingest", "caps", str(photos))
    status, out, err = run("split", "cap", "0.5", "0.5")
    assert (status, out) == (2, "")
    assert err == "No dataset named 'cap'.\nDid you mean 'caps'? Make one with wb.ingest().\n"


def test_programs_get_the_one_shape_of_an_error(run: Any, photos: Path) -> None:
    run("ingest", "caps", str(photos))
    status, out, _ = run("split", "caps", "0.5", "0.6", "--json")
    assert status == 2
    assert json.loads(out) == {
        "ok": False,
        "code": "input",
        "message": "Shares must sum to 1, got 0.5 + 0.6 = 1.1.",
        "hint": "",
    }


def test_a_program_calls_a_verb_with_json_from_standard_input(run: Any, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"name": "caps", "source": str(photos)})))
    status, out, _ = run("call", "ingest", "--arguments", "-")
    assert (status, json.loads(out)["result"]["n_items"]) == (0, 8)
    status, out, _ = run("call", "ingst")
    assert (status, json.loads(out)["code"]) == (2, "not_found")
    status, out, _ = run("call", "ingest", "--arguments", "[1")
    assert (status, json.loads(out)["code"]) == (2, "input")


def test_a_recipe_is_written_out_by_the_shell(run: Any) -> None:
    status, out, _ = run("recipe", "image-classification", "--epochs", "3", "--json")
    assert (status, json.loads(out)["result"]["ref"]) == (0, "recipe:image-classification?epochs=3")


def test_an_empty_workspace_says_how_to_begin(run: Any, photos: Path) -> None:
    assert "is empty. Begin with: workbench ingest NAME FOLDER" in run("show")[1]
    run("ingest", "caps", str(photos))
    assert "dataset:caps" in run("show")[1]
    assert json.loads(run("show", "dataset:caps", "--json")[1])["result"]["n_items"] == 8


def test_a_bug_keeps_its_own_type(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.cli.main.call", lambda *_: {}["bug"])
    with pytest.raises(KeyError, match="bug"):
        run("split", "caps", "0.5", "0.5")


def test_the_verbs_are_listed_with_their_arguments(run: Any) -> None:
    listed = json.loads(run("verbs", "--json")[1])["result"]
    assert {"ingest", "train", "serve", "cancel"} <= set(listed)
    assert listed["split"][0] == {"name": "data", "type": "dataset", "required": True, "default": None}
