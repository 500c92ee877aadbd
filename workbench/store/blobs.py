"""Content-addressed bytes: the same content is stored once, under its SHA-256."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from workbench.core.errors import ConflictError, InputError, not_found
from workbench.core.files import digest, disk, write_bytes
from workbench.store.files import Files, is_remote, opened, reached

_KEY = re.compile(r"[0-9a-f]{64}[\w.-]*")
_PREFIX = re.compile(r"[0-9a-f]{4,64}")
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}")
#: A medium that is larger than this is not fetched.
MAX_BYTES = 4 * 2**30


class FileBlobs:
    """Blobs in a folder, spread over 256 subfolders so that none grows too long to list.

    *elsewhere* tells of places that may have what is not here: those of linked datasets.
    """

    def __init__(self, root: Path, *, elsewhere: Callable[[], Sequence[str]] = tuple) -> None:
        self._root = root
        self._elsewhere = elsewhere
        self._checked: dict[tuple[str, int, int], str] = {}

    def put(self, content: bytes, *, suffix: str = "") -> str:
        """Store *content* and return its key, `<sha256><suffix>`."""
        key = hashlib.sha256(content).hexdigest() + suffix
        path = self._where(key)
        if not path.exists():
            write_bytes(path, content)
        return key

    def fetch(self, address: str, *, sha256: str = "") -> Path:
        """Return a file with what lies at *address*, after a look whether it has that hash.

        A file is returned as it lies there; what comes from elsewhere is kept under its hash.
        """
        if not is_remote(address):
            path = Path(unquote(urlsplit(address).path) if address.startswith("file://") else address)
            if not path.is_file():
                raise not_found("file", str(path), None)
            self._check(path, address, sha256)
            return path
        suffix = _SUFFIX.fullmatch(Path(urlsplit(address).path).suffix.lower())
        kept = self._where(sha256 + (suffix[0] if suffix else "")) if sha256 else None
        return kept if kept is not None and kept.exists() else self._download(address, sha256, suffix[0] if suffix else "")

    def path(self, key: str) -> Path:
        """Return the file that holds *key*; raise `NotFoundError`."""
        path = self._where(key)
        if path.exists():
            return path
        for root in self._elsewhere():
            there = Path(root, key[:2], key)
            if not is_remote(root) and there.is_file():
                return there
            if is_remote(root) and self._copied(root, key):
                return path
        raise not_found("blob", key, None)

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

    def _copied(self, root: str, key: str) -> bool:
        """Bring a blob here from behind an address; return whether it was there."""
        try:
            content = Files(root).read(f"{key[:2]}/{key}")
        except FileNotFoundError:
            return False
        if hashlib.sha256(content).hexdigest() != key[:64]:
            raise _changed(f"{root}/{key[:2]}/{key}", key[:64])
        write_bytes(self._where(key), content)
        return True

    def _check(self, path: Path, address: str, sha256: str) -> None:
        """Compare a file with its hash, once for as long as it is not written."""
        facts = path.stat()
        seen = (str(path), facts.st_mtime_ns, facts.st_size)
        if sha256 and self._checked.setdefault(seen, digest(path) if seen not in self._checked else "") != sha256:
            raise _changed(address, sha256)

    def _download(self, address: str, sha256: str, suffix: str) -> Path:
        """Copy what lies at *address* into the folder, a piece at a time, never half."""
        found = hashlib.sha256()
        with disk(self._root):
            self._root.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._root, prefix=".fetch.")
        try:
            try:
                with reached(address), opened(address) as source, os.fdopen(handle, "wb") as target:
                    while piece := source.read(1 << 20):
                        found.update(piece)
                        target.write(piece)
                        if target.tell() > MAX_BYTES:
                            raise InputError(f"{address} is larger than {MAX_BYTES >> 30} GB.")
            except FileNotFoundError:
                raise not_found("file", address, None) from None
            if sha256 and found.hexdigest() != sha256:
                raise _changed(address, sha256)
            path = self._where(found.hexdigest() + suffix)
            with disk(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(temporary, path)
            return path
        finally:
            Path(temporary).unlink(missing_ok=True)


def _changed(address: str, sha256: str) -> ConflictError:
    return ConflictError(
        f"{address} is not what it was when it was added: its SHA-256 does not begin with {sha256[:12]}.",
        hint="Bring back the file, or add the new one as another item.",
    )
