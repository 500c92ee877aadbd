"""Writing files whole: a reader, or the next start after a power cut, sees the old content or the new, never half."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from workbench.core.errors import ExternalError, InputError


def write_bytes(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write *content* to *path* by a temporary file, fsync and rename."""
    with disk(path):
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        try:
            with _made(temporary) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(mode)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _made(path: Path) -> BinaryIO:
    """Open a new file, for its owner only; its folder is made when it is not there yet."""
    try:
        return open(path, "xb", opener=_private)  # `Path.open` takes no opener
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return open(path, "xb", opener=_private)  # `Path.open` takes no opener


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def write_text(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Write *text* as UTF-8, whole."""
    write_bytes(path, text.encode(), mode=mode)


def write_json(path: Path, value: Any, *, mode: int = 0o644) -> None:
    """Write *value* as indented JSON, whole."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True) + "\n", mode=mode)


def read_json(path: Path) -> Any:
    """Return the JSON in *path*."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as exc:
        raise InputError(f"{path} is not JSON: {exc}.") from exc


def digest(path: Path) -> str:
    """Return the SHA-256 of the file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def within(root: Path, name: str) -> Path:
    """Return *root*/*name*, refusing a name that leads out of *root* (by '..', an absolute path or a link)."""
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()):
        raise InputError(f"The path {name!r} leads out of {root}.", hint="Use a path below that folder.")
    return path


def cache_place(name: str, *, environment: Mapping[str, str] = os.environ) -> Path:
    """Return where this user keeps what can be made again, whether it is there or not."""
    base = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "perception-workbench" / name


def user_cache(name: str, *, environment: Mapping[str, str] = os.environ) -> Path:
    """Return this user's own folder for what can be made again; made on first use, closed to others."""
    folder = cache_place(name, environment=environment)
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@contextlib.contextmanager
def disk(path: Path) -> Iterator[None]:
    """Translate what a disk says (full, read-only, not permitted) into an error that names *path* and the way out."""
    try:
        yield
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ExternalError(
                f"The disk that holds {path} is full.",
                hint="Nothing that was there is lost. Free some space, then do it again.",
                system="disk",
                retryable=True,
            ) from exc
        if exc.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise ExternalError(
                f"{path} cannot be written: {exc.strerror}.",
                hint="Choose another folder or change its permissions.",
                system="disk",
                retryable=False,
            ) from exc
        raise
