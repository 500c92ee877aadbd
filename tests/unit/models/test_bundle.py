"""The model bundle: whole or not there, and refused when anything in it was changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.core.errors import ConflictError, InputError
from workbench.models import bundle
from workbench.models.bundle import Spec

SPEC = Spec(task="image-classification", classes=("a", "b"), runtime="onnxruntime", backbone="x", settings={"image_size": 8})


@pytest.fixture
def written(tmp_path: Path) -> Path:
    bundle.write(tmp_path / "m", SPEC, {"model.onnx": b"weights", "more.json": b"{}"})
    return tmp_path / "m"


def change(folder: Path, **fields: object) -> None:
    head = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(head | fields))


def test_what_was_written_is_read(written: Path) -> None:
    spec = bundle.read(written)
    assert (spec.task, spec.classes, spec.settings) == (SPEC.task, SPEC.classes, SPEC.settings)
    assert sorted(spec.files) == ["model.onnx", "more.json"]


def test_a_file_may_be_given_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "w.onnx").write_bytes(b"123")
    bundle.write(tmp_path / "m", SPEC, {"model.onnx": tmp_path / "w.onnx"})
    assert (tmp_path / "m" / "model.onnx").read_bytes() == b"123"


def test_one_changed_byte_is_refused_with_the_file(written: Path) -> None:
    (written / "model.onnx").write_bytes(b"Weights")
    with pytest.raises(InputError, match=r"was changed after it was written: 'model.onnx' has other content"):
        bundle.read(written)


def test_a_missing_file_and_a_changed_one_are_told_together(written: Path) -> None:
    (written / "model.onnx").unlink()
    (written / "more.json").write_bytes(b"[]")
    with pytest.raises(InputError, match=r"'model.onnx' is missing; 'more.json' has other content"):
        bundle.read(written)


@pytest.mark.parametrize(
    "name", ["../model.onnx", "/etc/passwd", "a/b.onnx", "..", "model.json", ".hidden.onnx", "weights.pkl", "w.pt", ""]
)
def test_a_name_that_leads_out_or_may_hold_code_is_refused(written: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        bundle.write(tmp_path / "new", SPEC, {name: b""})
    assert not (tmp_path / "new").exists()
    change(written, files={name: "0" * 64})
    with pytest.raises(InputError):
        bundle.read(written)


def test_a_link_that_leads_out_is_refused(written: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.onnx").write_bytes(b"weights")
    (written / "model.onnx").unlink()
    (written / "model.onnx").symlink_to(tmp_path / "secret.onnx")
    with pytest.raises(InputError, match="leads out"):
        bundle.read(written)


def test_a_newer_protocol_is_named_with_the_way_out(written: Path) -> None:
    change(written, protocol=2)
    with pytest.raises(ConflictError, match="protocol 2; this workbench reads up to 1") as caught:
        bundle.read(written)
    assert "pip install -U" in caught.value.hint


def test_an_unknown_key_is_refused(written: Path) -> None:
    change(written, code="import os")
    with pytest.raises(InputError, match="unknown key 'code'"):
        bundle.read(written)


@pytest.mark.parametrize("head", ["[]", "{}", "{", '{"protocol": "1"}'])
def test_a_head_that_is_none_is_refused(written: Path, head: str) -> None:
    (written / "model.json").write_text(head)
    with pytest.raises(InputError):
        bundle.read(written)


def test_a_folder_without_a_head_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a model bundle"):
        bundle.read(tmp_path)


def test_a_bundle_never_changes(written: Path) -> None:
    with pytest.raises(ConflictError, match="is there already"):
        bundle.write(written, SPEC, {"model.onnx": b"other"})
    assert bundle.read(written)


def test_what_breaks_in_mid_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        bundle.write(tmp_path / "m", SPEC, {"model.onnx": b"1", "more.onnx": tmp_path / "missing"})
    assert list(tmp_path.iterdir()) == []
