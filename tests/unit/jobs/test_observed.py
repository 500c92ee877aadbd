"""What the file of a notebook tells of hidden state."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.jobs.reading.notebook import Cell, Notebook
from workbench.jobs.reading.observed import edited, findings


def notebook(*cells: str | tuple[str, int], folder: Path = Path("/nowhere")) -> Notebook:
    told = [(c, 0) if isinstance(c, str) else c for c in cells]
    return Notebook(folder / "a.ipynb", [Cell(n, "code", source, count=count) for n, (source, count) in enumerate(told, 1)])


def says(*cells: str | tuple[str, int], folder: Path = Path("/nowhere")) -> list[str]:
    return [problem.message for problem in findings(notebook(*cells, folder=folder))]


def test_a_notebook_that_runs_from_top_to_bottom_has_nothing_to_tell() -> None:
    assert says(("a = 1", 1), ("def f(x):\n    return x + a", 2), ("for i in range(3):\n    print(f(i))", 3)) == []


def test_a_name_that_no_cell_makes_is_told_with_its_line() -> None:
    found = findings(notebook("x = 1", "y = x\nz = y * scale"))
    assert [(p.cell, p.line) for p in found] == [(2, 2)]
    assert found[0].message == ("Cell 2 uses `scale`, which no cell makes: the cell that made it is gone, or was edited since.")
    assert says("y = x", "x = 1") == ["Cell 1 uses `x`, which is made below, in cell 2."]
    assert says("x = 1", "del x", "print(x)") == ["Cell 3 uses `x`, which cell 2 deletes."]


def test_a_function_that_needs_a_name_from_below_its_call_is_told() -> None:
    told = says("def f():\n    return scale", "f()", "scale = 2")
    assert told == ["Cell 2 uses `f`, which needs `scale`, which is made below, in cell 3."]
    assert says("def f():\n    return scale", "scale = 2", "f()") == []


@pytest.mark.parametrize(
    "code",
    [
        "with open('a') as f:\n    f.read()",
        "try:\n    import q\nexcept ImportError as e:\n    print(e)\nq.f",
        "if (m := len('a')):\n    print(m)",
        "[k for k in 'ab' if k]",
        "match 1:\n    case [a, *r]:\n        print(a, r)",
        "class A:\n    def top(self) -> A:\n        return self",
        "async def g():\n    return 1\nawait g()",
        "files = !ls\nprint(files)",
        "%%capture out\nprint(1)",
        "%matplotlib inline\ndisplay(_)",
        "import a.b\na.b",
        "def f(n: T): return n",
    ],
)
def test_a_name_that_its_own_cell_makes_is_not_missed(code: str) -> None:
    assert says(code) == []


@pytest.mark.parametrize("hides", ["exec(text)", "from elsewhere import *", "%store -r x", "globals()['x'] = 1", "%pylab"])
def test_nothing_is_said_of_names_below_what_cannot_be_read(hides: str) -> None:
    assert [said for said in says("text = ''", hides, "print(x)") if "`x`" in said] == []


def test_names_of_star_imports_are_read_where_that_runs_nothing(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("from math import *\n_hidden = 1\nshown = 2\n")
    told = says("from helper import *", "print(shown, pi, gone, _hidden)", folder=tmp_path)
    assert ["`_hidden`" in told[0], "`gone`" in told[1], len(told)] == [True, True, 2]


def test_counts_tell_the_order_that_was_run() -> None:
    assert says(("a = 1", 4), ("b = 2", 3)) == ["Cell 2 ran before cell 1, as [3] and [4]."]
    assert says(("a = 1", 1), ("b = 2", 1)) == ["Cells 1 and 2 both ran as [1]: the kernel was restarted in between."]
    assert says(("a = 1", 1), ("b = 2", 0)) == ["Cell 2 has not run here."]
    assert says("a = 1", "b = 2") == []  # outputs were cleared


def test_a_cell_that_ran_with_a_name_from_below_is_told() -> None:
    told = says(("lr = 1", 1), ("print(lr)", 3), ("lr = 2", 2))
    assert "Cell 2 last ran with the `lr` of cell 3, which stands below it." in told


def test_a_cell_that_changes_what_it_uses_may_have_run_twice() -> None:
    told = says(("a = [1]", 1), ("a.append(2)", 4))
    assert told == [
        "Cell 2 changes `a` that it uses, and may have run more than once: before [4] 2 runs are missing.",
    ]
    assert says(("a = [1]", 1), ("print(a)", 4)) == []


def test_a_cell_that_ended_in_an_error_is_told() -> None:
    cell = Cell(1, "code", "1 / 0", count=1, error="ZeroDivisionError")
    assert findings(Notebook(Path("/a.ipynb"), [cell]))[0].message == "Cell 1 ended in ZeroDivisionError when it ran last."


def test_cells_that_were_edited_after_they_ran_are_known_to_the_kernel() -> None:
    cells = notebook(("a = 1", 1), ("b = 3", 2)).code
    assert [p.message for p in edited(cells, ["", "a = 1", "b = 2"])] == ["Cell 2 was edited after it ran as [2]."]
    assert edited(cells, ["", "x", "y"]) == []  # another notebook's history
