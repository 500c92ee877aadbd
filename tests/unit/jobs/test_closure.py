"""Which cells a tag stands for."""

from __future__ import annotations

import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.jobs.reading.closure import choose
from workbench.jobs.reading.notebook import Cell


def cells(*sources: str | tuple[str, str]) -> list[Cell]:
    told = [(s, ()) if isinstance(s, str) else (s[0], (s[1],)) for s in sources]
    return [Cell(number, "code", source, tags) for number, (source, tags) in enumerate(told, 1)]


def taken(*sources: str | tuple[str, str]) -> list[int]:
    return [choice.cell.number for choice in choose(cells(*sources), "run") if choice.taken]


def test_without_a_tag_every_cell_is_taken() -> None:
    assert [c.taken for c in choose(cells("a = 1", "b = 2"), "")] == [True, True]


def test_the_tagged_cell_brings_what_it_needs_and_no_more() -> None:
    assert taken("a = 1", "junk = 2", "b = a + 1", ("print(b)", "run"), "after = b") == [1, 3, 4]


def test_only_the_last_sure_assignment_counts() -> None:
    assert taken("a = 1", "a = 2", ("a", "run")) == [2, 3]


def test_an_assignment_on_one_path_only_keeps_the_earlier_one() -> None:
    assert taken("a = 1", "if True:\n    a = 2", ("a", "run")) == [1, 2, 3]


def test_what_a_function_uses_is_found_at_its_call() -> None:
    assert taken("def f():\n    return g() + n", "n = 1", "def g():\n    return 2", "n = 5", ("f()", "run")) == [1, 3, 4, 5]


def test_a_function_is_satisfied_by_an_import_of_its_own_cell() -> None:
    assert taken("import math", "import math\ndef f():\n    return math.pi", ("f()", "run")) == [2, 3]


@pytest.mark.parametrize(
    "change",
    ["a.append(1)", "a[0] = 1", "a.x = 1", "a += [1]", "fill(a)", "del a[0]", "h = a.fit(3)", "for i in []:\n    a.append(i)"],
)
def test_a_cell_that_may_change_an_object_is_taken(change: str) -> None:
    assert 2 in taken("a = []", change, ("a", "run"))


@pytest.mark.parametrize("look", ["print(a)", "a.head()", "a.plot()", "len(a)", "b = a[0]", "b = sum(a)", "wb.browse(a)"])
def test_a_cell_that_only_looks_is_left(look: str) -> None:
    assert taken("a = []", look, ("a", "run")) == [1, 3]


def test_a_seed_is_a_change_of_its_module() -> None:
    assert taken("import numpy as np", "np.random.seed(3)", ("np.random.rand()", "run")) == [1, 2, 3]


def test_cells_tagged_parameters_and_setup_are_always_taken() -> None:
    assert taken(("epochs = 3", "parameters"), ("import sys", "setup"), "junk = 1", ("1 + 1", "run")) == [1, 2, 4]


def test_a_star_import_keeps_every_earlier_import() -> None:
    assert taken("import os", "from math import *", "junk = 1", ("print(pi)", "run")) == [1, 2, 4]


def test_magics_and_shell_lines_are_read_for_their_names() -> None:
    assert taken("folder = '.'", "files = !ls {folder}", "%time n = len(files)", ("print(n)", "run")) == [1, 2, 3, 4]


def test_a_magic_that_sets_up_the_kernel_is_taken() -> None:
    assert taken("%env A=1", "!ls", ("1", "run")) == [1, 3]


def test_a_cell_in_another_language_is_left_alone() -> None:
    assert taken("%%bash\nfor x in *; do echo $x; done", "a = 1", ("a", "run")) == [2, 3]


def test_a_timed_cell_makes_its_names() -> None:
    assert taken("%%time\na = 1", ("a", "run")) == [1, 2]


def test_await_at_the_top_of_a_cell_is_python() -> None:
    assert taken("async def f():\n    return 1", "a = await f()", ("a", "run")) == [1, 2, 3]


def test_a_comprehension_has_its_own_names() -> None:
    assert taken("x = 1", "n = 3", ("[x for x in range(n)]", "run")) == [2, 3]


def test_a_broken_cell_is_left_when_nothing_needs_it() -> None:
    assert taken("a = (", "b = 1", ("b", "run")) == [2, 3]


@pytest.mark.parametrize(
    ("sources", "numbers"),
    [
        (["a = []", "b = a", "b.append(1)", "junk = 2", ("a", "run")], [1, 2, 3, 5]),
        (["a = [[]]", "b = a[0]", "b.append(1)", ("a", "run")], [1, 2, 3, 4]),
        (["a = [[]]", "for row in a:\n    row.append(1)", ("a", "run")], [1, 2, 3]),
        (["a = []", "kept = {'a': a}", "kept['a'].append(1)", ("a", "run")], [1, 2, 3, 4]),
        (["model = make()", "step = sgd(model.parameters())", "step.step()", ("model(1)", "run")], [1, 2, 3, 4]),
    ],
)
def test_a_change_by_another_name_of_the_same_object_is_taken(sources: list, numbers: list[int]) -> None:
    assert taken(*sources) == numbers


@pytest.mark.parametrize(
    "cells",
    [
        ["def bump():\n    global n\n    n += 1", "bump()"],
        ["def bump():\n    n.append(1)", "bump()"],
        ["def outer():\n    def inner():\n        n.append(1)\n    inner()", "outer()"],
        ["def inner():\n    n.append(1)\ndef outer():\n    inner()", "x = outer()"],
        ["class C:\n    def go(self):\n        n.append(1)", "c = C()\nc.go()"],
        ["def fill(x):\n    x.append(1)\n    return 3", "m = fill(n)"],
        ["def get():\n    return n", "mine = get()\nmine.append(1)"],
        ["button = make()", "button.on_click(lambda _: n.append(1))"],
    ],
)
def test_a_change_by_a_function_is_taken(cells: list[str]) -> None:
    assert taken("n = []", *cells, "junk = 1", ("n", "run")) == [1, 2, 3, 5]


def test_a_function_that_only_looks_is_not_a_change() -> None:
    assert taken("def look(x):\n    return len(x)", "a = []", "n = look(a)", ("a", "run")) == [2, 4]


def test_results_of_one_function_are_not_taken_for_one_object() -> None:
    cells = ["def clean(d):\n    return d", "train = clean(a)", "test = clean(b)", "test.drop()"]
    assert taken(*cells, ("train", "run")) == [1, 2, 5]


def test_code_in_a_text_is_read_where_it_is_spelled_out() -> None:
    assert taken("a = 1", "exec('b = a')", "c = 1", ("b", "run")) == [1, 2, 4]
    assert taken("limit = 1", "junk = 1", ("table.query('x > @limit')", "run")) == [1, 3]


def test_code_in_a_text_that_cannot_be_read_brings_all_that_it_may_need() -> None:
    assert taken("a = 1", "b = 1", ("eval(text)", "run"), "c = 1") == [1, 2, 3]
    assert taken("a = 1", "exec(text)", "junk = 1", ("b", "run")) == [1, 2, 4]


def test_a_deletion_is_taken_as_it_happened() -> None:
    assert taken("a = 1", "del a", ("a", "run")) == [1, 2, 3]


def test_cells_are_chosen_by_their_numbers() -> None:
    found = choose(cells("a = 1", "junk = 2", "b = a", "c = 3"), "3-4")
    assert [(c.cell.number, c.why) for c in found if c.taken] == [
        (1, "makes 'a', which cell 3 uses"),
        (3, "chosen"),
        (4, "chosen"),
    ]
    assert [c.taken for c in choose(cells("a", ("b", "3")), "3")] == [False, True]  # a tag of that name is meant first


@pytest.mark.parametrize("wrong", ["4", "0", "2-9", "3-1", "1,7"])
def test_numbers_that_no_cell_has_are_refused(wrong: str) -> None:
    with pytest.raises(InputError, match="the notebook has 3 code cells"):
        choose(cells("a = 1", "b = 2", "c = 3"), wrong)


def test_an_unknown_tag_is_named_with_its_neighbours() -> None:
    with pytest.raises(NotFoundError, match=r"No tag named 'runs'\. Did you mean 'run'\?"):
        choose(cells(("a", "run")), "runs")


def test_each_choice_says_why() -> None:
    told = [choice.to_json() for choice in choose(cells("a = 1", "b = 1", ("a", "run")), "run")]
    assert told == [
        {"cell": 1, "taken": True, "tags": [], "why": "makes 'a', which cell 3 uses"},
        {"cell": 2, "taken": False, "tags": [], "why": "nothing that runs needs it"},
        {"cell": 3, "taken": True, "tags": ["run"], "why": "tagged 'run'"},
    ]
