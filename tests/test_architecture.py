"""The rules of the house, as tests; each check also meets a planted violation, so that it is known to bite."""

from __future__ import annotations

import ast
import inspect
import json
import pickle
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import workbench
from workbench.core import errors, verbs

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "workbench"
FILES = sorted(PACKAGE.rglob("*.py"))
LINES = 320
NEVER = re.compile(r"\b(please|invalid|illegal|oops|failed to|something went wrong)\b|error:|!(?!r\b|=)", re.IGNORECASE)
PYTHONS_OWN = {"TypeError", "AttributeError", "NotImplementedError", "SystemExit", "StopIteration", "KeyError", "OSError"}


def names_below(text: str) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in FILES if text in path.read_text(encoding="utf-8")]


def test_imports_follow_the_layers() -> None:
    done = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("where", "planted"),
    [
        ("core/planted.py", "import numpy\n"),
        ("data/planted.py", "import workbench.training\n"),
        ("ops/planted.py", "import workbench.store\n"),
        ("evaluation/planted.py", "import matplotlib\n"),
        ("new_layer/__init__.py", ""),
    ],
)
def test_a_planted_violation_is_found(tmp_path: Path, where: str, planted: str) -> None:
    house = tmp_path / "workbench"
    for path in FILES:
        copy = house / path.relative_to(PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        # Only the package skeleton: the rule must bite on the planted line, not need the whole house.
        copy.write_text("" if path.name == "__init__.py" else path.read_text(encoding="utf-8"), encoding="utf-8")
    target = house / where
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(planted, encoding="utf-8")
    rules = (ROOT / ".importlinter").read_text(encoding="utf-8")
    (tmp_path / ".importlinter").write_text(rules, encoding="utf-8")
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    done = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.returncode != 0, done.stdout


def test_importing_the_face_loads_only_the_standard_library() -> None:
    code = "import sys, json; before = set(sys.modules); import workbench; print(json.dumps(sorted(set(sys.modules) - before)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    foreign = {name.partition(".")[0] for name in json.loads(done.stdout)} - {"workbench"} - set(sys.stdlib_module_names)
    assert foreign == set()


@pytest.mark.parametrize("module", ["workbench.core.verbs", "workbench.server", "workbench.store.records"])
def test_what_the_jupyter_server_loads_is_light(module: str) -> None:
    code = f"import sys, json, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert loaded.isdisjoint(
        {"torch", "numpy", "PIL", "lance", "pyarrow", "mlflow", "transformers", "matplotlib", "ipywidgets"}
    )


@pytest.mark.parametrize("verb", sorted({*verbs.VERBS, *verbs.ACTIONS}))
def test_reading_the_arguments_of_a_verb_loads_nothing_heavy(verb: str) -> None:
    code = f"import sys; from workbench.core.verbs import parameters; parameters({verb!r}); print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint(
        {"torch", "lance", "pyarrow", "mlflow", "transformers", "matplotlib", "label_studio_sdk", "papermill"}
    )


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_file_is_short_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LINES, f"{len(text.splitlines())} lines: one idea per file?"
    if path.name != "__main__.py":
        assert ast.get_docstring(ast.parse(text)), "the first line says what the file is for"


def test_functions_are_short() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {_body_lines(node)} lines"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _body_lines(node) > 50
    ]
    assert long == []


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_public_names_are_few_and_shadow_no_package() -> None:
    public = set(workbench._HOME)
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert len(public) <= 40
    assert public.isdisjoint(packages)


def test_the_lazy_table_equals_the_type_checking_block() -> None:
    block = next(n for n in ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8")).body if isinstance(n, ast.If))
    typed = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert typed == {name: f"workbench.{home}" for name, home in workbench._HOME.items()}


@pytest.mark.parametrize("name", sorted(workbench._HOME))
def test_every_public_name_can_be_had_and_is_documented(name: str) -> None:
    assert inspect.getdoc(getattr(workbench, name))


def test_every_verb_of_the_face_is_in_the_registry() -> None:
    functions = {name: home for name, home in workbench._HOME.items() if name[0].islower() and name != "open"}
    assert {name: f"workbench.{home}:{name}" for name, home in functions.items()} == {
        v: verbs.VERBS.target(v) for v in verbs.VERBS
    }


def test_nothing_inside_imports_the_face() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and any(a.name == "workbench" for a in node.names))
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "workbench"
            and any(a.name in workbench._HOME for a in node.names)
        )
    ]
    assert found == []


def _raises() -> Iterator[tuple[str, ast.Raise]]:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_every_raise_is_one_of_ours_or_pythons_own() -> None:
    ours = {name for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, Exception)}
    strangers = []
    for where, node in _raises():
        call = node.exc
        name = call.func if isinstance(call, ast.Call) else call
        if not isinstance(name, ast.Name) or not name.id[0].isupper():
            continue  # re-raised, or made by a function that returns one of ours
        in_ops = where.startswith("workbench/ops/") and name.id == "ValueError"  # pure mathematics knows no workbench
        local = name.id.startswith("_") or in_ops
        if name.id not in ours | PYTHONS_OWN and not local:
            strangers.append(f"{where} raises {name.id}")
    assert strangers == []


def _messages() -> Iterator[tuple[str, str]]:
    for where, node in _raises():
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield where, part.value


def test_messages_state_and_advise() -> None:
    assert [f"{where}: {text!r}" for where, text in _messages() if NEVER.search(text)] == []


def test_the_wording_rule_bites() -> None:
    assert NEVER.search("Invalid split!")
    assert NEVER.search("Please install it")
    assert not NEVER.search("Shares must sum to 1, got 0.8.")


@pytest.mark.parametrize("cls", errors.WorkbenchError.__subclasses__(), ids=lambda c: c.__name__)
def test_every_error_has_a_status_and_crosses_processes(cls: type[errors.WorkbenchError]) -> None:
    assert cls.code in errors.STATUS
    original = cls("It is so.", hint="Do this.", run_id="train-1", misses={"f1": (0.5, 0.9)})
    back = pickle.loads(pickle.dumps(original))
    assert (type(back), back.message, back.hint, back.details) == (cls, original.message, original.hint, original.details)
    assert type(errors.from_json(original.to_json())) is cls


def test_there_are_seven_errors() -> None:
    assert len(errors.WorkbenchError.__subclasses__()) == len(errors.STATUS) == 7


def test_every_extra_that_an_error_names_is_declared() -> None:
    declared = set(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"])
    named = {match for path in FILES for match in re.findall(r'extra="([a-z-]+)"', path.read_text(encoding="utf-8"))} - {"none"}
    assert named <= declared


def test_nothing_is_unpickled() -> None:
    loads = re.compile(r"\bpickle\.loads?\b|torch\.load\((?!.*weights_only=True)|joblib\.load|allow_pickle=True")
    assert [p.name for p in FILES if loads.search(p.read_text(encoding="utf-8"))] == []


def test_one_file_imports_the_label_studio_sdk() -> None:
    assert len(names_below("import label_studio_sdk") + names_below('need("label_studio_sdk')) <= 1
