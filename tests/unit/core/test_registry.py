"""Names become things when they are asked for."""

from __future__ import annotations

import sys

import pytest

from workbench.core.errors import DependencyError, NotFoundError
from workbench.core.need import need
from workbench.core.registry import Registry


def test_a_value_is_imported_when_it_is_asked_for() -> None:
    registry: Registry[object] = Registry("thing", {"tree": "this_module_is_not_there:x", "join": "posixpath:join"})
    assert "this_module_is_not_there" not in sys.modules
    assert list(registry) == ["tree", "join"]
    import posixpath

    assert registry["join"] is posixpath.join
    assert registry.target("join") == "posixpath:join"


def test_an_unknown_name_lists_close_ones() -> None:
    registry: Registry[object] = Registry("backbone", {"resnet-18": "a:b", "small-cnn": "a:b"})
    with pytest.raises(NotFoundError, match="No backbone named 'resnet-19'. Did you mean 'resnet-18'?"):
        registry["resnet-19"]


def test_a_missing_package_is_named_with_its_extra_and_the_reason() -> None:
    with pytest.raises(DependencyError) as told:
        need("not_there_at_all.inner", extra="optimize", use="int8 on this CPU")
    assert told.value.message == "int8 on this CPU needs the package 'not_there_at_all', which is not installed."
    assert told.value.hint == "Run: pip install 'perception-workbench[optimize]'"


def test_an_import_that_breaks_inside_a_package_is_not_blamed_on_the_package(tmp_path, monkeypatch) -> None:
    (tmp_path / "broken_inside.py").write_text("import missing_inside_broken\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="missing_inside_broken"):
        need("broken_inside", extra="train", use="x")
