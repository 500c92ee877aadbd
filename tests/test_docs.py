"""The docs keep up with the code: every public name, error, setting, extra, port and rule stands in them."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import workbench
from workbench import wiring
from workbench.core import verbs
from workbench.core.errors import STATUS, WorkbenchError

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("*.md")}
EVERYTHING = "\n".join(PAGES.values())


@pytest.mark.parametrize("verb", sorted(name for name in workbench._HOME if name[0].islower()))
def test_every_verb_is_told_on_a_page(verb: str) -> None:
    assert re.search(rf"`?wb\.{verb}\(", EVERYTHING), f"no page shows wb.{verb}()"


@pytest.mark.parametrize("action", sorted(verbs.ACTIONS))
def test_every_action_is_told_on_a_page(action: str) -> None:
    method = {"ask": "predict"}.get(action, action)
    assert f".{method}(" in EVERYTHING or f"`workbench {action}`" in EVERYTHING, f"no page shows .{method}()"


def test_every_error_is_told_with_its_statuses() -> None:
    for cls in WorkbenchError.__subclasses__():
        status = STATUS[cls.code]
        assert re.search(rf"`{cls.__name__}`.*`{cls.code}`.*\| {status.http} \| {status.exit} \|", PAGES["errors.md"])


def test_every_setting_and_port_is_told() -> None:
    assert [f.name for f in dataclasses.fields(wiring.Settings) if f"`{f.name}`" not in PAGES["settings.md"]] == []
    assert [port for port in wiring.ADAPTERS if f"| `{port}` |" not in PAGES["architecture.md"]] == []


def test_the_rules_on_the_page_are_the_rules_that_are_checked() -> None:
    assert (ROOT / ".importlinter").read_text(encoding="utf-8") in PAGES["architecture.md"]


def test_every_extra_is_told_in_the_readme() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [extra for extra in extras if f"`{extra}`" not in readme] == []


def test_links_between_pages_lead_somewhere() -> None:
    links = [
        (page, target)
        for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    ]
    assert [f"{page.name} -> {to}" for page, to in links if "://" not in to and not (page.parent / to).exists()] == []


def test_what_the_feature_table_names_is_there() -> None:
    named = re.findall(r"`((?:workbench|tests|extensions|notebooks)/[\w./-]+)(?:::(\w+))?`", PAGES["features.md"])
    missing = [path for path, _ in named if not (ROOT / path).exists()]
    untold = [name for path, name in named if name and f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8")]
    assert (missing, untold) == ([], [])


def test_notebooks_are_committed_without_outputs() -> None:
    import nbformat

    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        if ".ipynb_checkpoints" in path.parts:
            continue
        cells = nbformat.read(path, as_version=4).cells
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells), path


def test_the_changelog_tells_of_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in changelog or f"## [{workbench.__version__}]" in changelog


def test_nothing_names_a_place_of_one_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    texts = [p for p in listed if Path(p).suffix in {".py", ".md", ".ts", ".tsx", ".toml", ".ipynb", ".json", ".sh"}]
    home = re.compile(r"/(?:home|Users|root)/[\w.]+/")
    found = [p for p in texts if (ROOT / p).exists() and home.search((ROOT / p).read_text(encoding="utf-8"))]
    assert found == []
