"""Reading texts that anybody may have sent: UTF-8 of bounded length, or refused with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.core.errors import InputError

#: A longer text is no item to label or to learn from; it is refused before memory is given for it.
MAX_BYTES = 8 * 2**20


def read(item: Any) -> str:
    r"""Return a path's text, bytes as UTF-8 (with or without its mark), or a `str` as it is.

    >>> read(b"\xe8\xa3\x82")
    '裂'
    """
    if isinstance(item, str):
        content, name = item.encode(errors="surrogatepass"), "The text"
    elif isinstance(item, bytes | bytearray | memoryview):
        content, name = bytes(item), "The upload"
    elif isinstance(item, Path):
        content, name = _content(item), str(item)
    else:
        raise InputError(f"A text is a path, bytes or a `str`, got {type(item).__name__}.")
    if len(content) > MAX_BYTES:
        raise InputError(f"{name} is too long: texts of at most {MAX_BYTES:,} bytes are read.", hint="Split it.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise InputError(f"{name} is not UTF-8: {exc.reason} at byte {exc.start:,}.", hint="Save it as UTF-8.") from exc


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
