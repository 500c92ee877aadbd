"""Which files a notebook carries, and which it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.jobs.reading import files_used as module
from workbench.jobs.reading.files_used import files_used
from workbench.jobs.reading.imports import Source
from workbench.jobs.reading.problem import Findings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "notebooks"
    for name in ("x.csv", "conf.yaml", "data/a.csv", "data/b.csv", "photos/1.png", "project/workbench.toml"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("1")
    (tmp_path / "out.csv").write_text("1")
    return home


def used(folder: Path, *cells: str, is_far: bool = False) -> tuple[list[str], Findings]:
    return files_used(folder, [Source(text, number) for number, text in enumerate(cells, 1)], is_far=is_far)


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (["pd.read_csv('x.csv')"], ["x.csv"]),
        (["path = 'x.csv'", "open(path)"], ["x.csv"]),
        (["with open('x.csv') as f:\n    f.read()"], ["x.csv"]),
        (["Image.open('photos/1.png')"], ["photos/1.png"]),
        (["DATA = Path('data')", "pd.read_csv(DATA / 'a.csv')"], ["data/a.csv"]),
        (["DATA = Path('data')", "pd.read_csv(DATA / name)"], ["data/a.csv", "data/b.csv"]),
        (["open(f'data/{name}.csv')"], ["data/a.csv", "data/b.csv"]),
        (["open(os.path.join('data', 'b.csv'))"], ["data/b.csv"]),
        (["glob.glob('data/*.csv')"], ["data/a.csv", "data/b.csv"]),
        (["for p in Path('photos').iterdir():\n    pass"], ["photos/1.png"]),
        (["wb.ingest('photos')"], ["photos/1.png"]),
        (["load(conf='conf.yaml')"], ["conf.yaml"]),
        (["!head x.csv"], ["x.csv"]),
        (["for name in ['data/a.csv']:\n    pass"], ["data/a.csv"]),
        (["open('photos/../x.csv')"], ["x.csv"]),
        (["table['data']", "kind = 'data'", "print('see x.csv')"], []),  # words, not paths
        (["open('new.csv', 'w')", "plt.savefig('plot.png')"], []),
        (["wb.open('project')"], []),
        (["pd.read_csv('https://host/x.csv')"], []),
    ],
)
def test_files_that_the_code_spells_out_are_carried(folder: Path, cells: list[str], names: list[str]) -> None:
    found, findings = used(folder, *cells)
    assert (found, findings.problems) == (names, [])


def test_a_file_that_is_not_there_is_a_problem_with_its_line(folder: Path) -> None:
    _, findings = used(folder, "import pandas as pd\npd.read_csv('gone.csv')")
    assert [(p.message, p.cell, p.line) for p in findings.problems] == [
        ("Cell 1 reads 'gone.csv', which is not beside the notebook.", 1, 2)
    ]


@pytest.mark.parametrize(
    "cells",
    [
        ["table.to_csv('gone.csv')", "pd.read_csv('gone.csv')"],
        ["!wget http://host/gone.csv", "pd.read_csv('gone.csv')"],
        ["if False:\n    pd.read_csv('gone.csv')"],
        ["try:\n    open('gone.csv')\nexcept OSError:\n    pass"],
        ["%%writefile gone.csv\na,b", "pd.read_csv('gone.csv')"],
    ],
)
def test_a_file_that_the_notebook_may_make_is_not_missed(folder: Path, cells: list[str]) -> None:
    assert used(folder, *cells)[1].problems == []


def test_a_path_that_leads_out_is_a_problem_and_not_carried(folder: Path) -> None:
    found, findings = used(folder, "open('../out.csv')")
    said = "Cell 1 names '../out.csv', which leads out of the notebook's folder and is not carried."
    assert (found, [p.message for p in findings.problems]) == ([], [said])


def test_an_absolute_path_is_a_warning_here_and_a_problem_on_a_cluster(folder: Path) -> None:
    code = f"open({str(folder.parent / 'out.csv')!r})"
    near, far = used(folder, code)[1], used(folder, code, is_far=True)[1]
    assert (len(near.problems), len(near.warnings), len(far.problems)) == (0, 1, 1)


def test_a_link_that_leads_out_is_refused(folder: Path) -> None:
    (folder / "link.csv").symlink_to(folder.parent / "out.csv")
    found, findings = used(folder, "open('link.csv')")
    assert found == []
    assert "leads out of" in findings.problems[0].message


def test_too_much_is_a_dataset(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1)
    found, findings = used(folder, "Path('data').glob('*')")
    assert (found, findings.problems[0].hint) == (
        [],
        "Make a dataset of them with wb.ingest(), and name that by its reference.",
    )
