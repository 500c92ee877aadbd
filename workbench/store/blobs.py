"""Content-addressed files: media and selections, stored once under their SHA-256."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from workbench.core.errors import InputError, not_found
from workbench.core.files import write_bytes

_KEY = re.compile(r"[0-9a-f]{64}(\.[A-Za-z0-9]{1,10})?")
_PREFIX = re.compile(r"[0-9a-f]{4,64}")


class FileBlobs:
    """Blobs in a folder, spread over 256 subfolders so that none grows too long to list."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, content: bytes, *, suffix: str = "") -> str:
        """Store *content* and return its key, `<sha256><suffix>`."""
        key = hashlib.sha256(content).hexdigest() + suffix
        path = self._where(key)
        if not path.exists():
            write_bytes(path, content)
        return key

    def path(self, key: str) -> Path:
        """Return the file that holds *key*; raise `NotFoundError`."""
        path = self._where(key)
        if not path.exists():
            raise not_found("blob", key, [])
        return path

    def find(self, prefix: str) -> str:
        """Return the one key that starts with *prefix*; raise `NotFoundError`."""
        if not _PREFIX.fullmatch(prefix):
            raise InputError(f"A digest has 4 to 64 hexadecimal digits, got {prefix!r}.")
        found = sorted((self._root / prefix[:2]).glob(f"{prefix}*"))
        if len(found) != 1:
            raise not_found("content", f"#{prefix}", [f"#{p.name[:16]}" for p in found])
        return found[0].name

    def _where(self, key: str) -> Path:
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise InputError(f"{key!r} is not the key of a blob.", hint="A key is a SHA-256 in hex, with or without a suffix.")
        return self._root / key[:2] / key
