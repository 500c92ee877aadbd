"""Texts that anybody may have sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.errors import InputError
from workbench.tasks import writings


def test_a_path_bytes_and_a_text_are_the_same_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbf" + "裂け目\r\n".encode())
    for item in (path, path.read_bytes(), "裂け目\r\n"):
        assert writings.read(item) == "裂け目\r\n"


def test_what_is_no_text_is_refused_with_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="The upload is not UTF-8: invalid start byte at byte 2"):
        writings.read(b"ab\xff")
    with pytest.raises(InputError, match="There is no file"):
        writings.read(tmp_path / "none.txt")
    with pytest.raises(InputError, match="got int"):
        writings.read(7)
    monkeypatch.setattr(writings, "MAX_BYTES", 5)
    (tmp_path / "a.txt").write_text("abcdef")
    for item in ("ab\U0001f600", tmp_path / "a.txt", b"abcdef"):
        with pytest.raises(InputError, match="is too long: texts of at most 5 bytes are read"):
            writings.read(item)
